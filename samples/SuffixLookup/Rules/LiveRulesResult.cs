namespace SuffixLookup;

/// <summary>What a run of <see cref="LiveRules"/> came to.</summary>
/// <param name="LookUps">Hosts looked up.</param>
/// <param name="BytesAllocated">What the readers' threads allocated meanwhile.</param>
/// <param name="Edits">Single edits.</param>
/// <param name="Batches">Batches of edits.</param>
/// <param name="Reloads">Replacements of the whole list.</param>
/// <param name="Reports">Snapshots that were reported on while the writer went on.</param>
/// <param name="LateEdits">Look-ups that did not see an edit that had returned before.</param>
/// <param name="HalfBatches">Times a reader saw a batch half.</param>
/// <param name="HalfReloads">Times a reader saw a reload half.</param>
/// <param name="MixedReports">Reports that were not of one moment, or changed when they were made again.</param>
internal sealed record LiveRulesResult(
    long LookUps, long BytesAllocated, long Edits, long Batches, long Reloads, long Reports, long LateEdits, long HalfBatches, long HalfReloads, long MixedReports)
{
    public TimeSpan Elapsed { get; init; }

    /// <summary>A report on the rules as they were in the end.</summary>
    public required RuleReport Report { get; init; }

    public long Violations => LateEdits + HalfBatches + HalfReloads + MixedReports;

    public bool IsClean => Violations == 0 && BytesAllocated == 0;
}
