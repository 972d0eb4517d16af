namespace SuffixLookup;

/// <summary>What a run of <see cref="FollowedRules"/> came to.</summary>
/// <param name="Reloads">Reloads that were told of.</param>
/// <param name="Added">Rules they added.</param>
/// <param name="Removed">Rules they removed.</param>
/// <param name="Changed">Rules they changed.</param>
/// <param name="Replaced">Native indexes that were replaced for it.</param>
/// <param name="LookUps">Hosts looked up in the indexes.</param>
/// <param name="FreedWhileRead">Look-ups in an index that had been freed.</param>
/// <param name="WrongAnswers">Hosts for which the indexes gave another answer in the end than the rules.</param>
/// <param name="Retired">Indexes given up.</param>
/// <param name="Freed">Those of them that have been freed.</param>
internal sealed record FollowedRulesResult(
    int Reloads, int Added, int Removed, int Changed, int Replaced, long LookUps, long FreedWhileRead, long WrongAnswers, long Retired, long Freed)
{
    /// <summary>How many top-level domains have an index.</summary>
    public required int Domains { get; init; }

    /// <summary>Indexes given up, unread, that nothing has freed.</summary>
    public long NeverFreed => Retired - Freed;

    public long Violations => FreedWhileRead + WrongAnswers + NeverFreed;
}
