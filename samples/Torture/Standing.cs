using SwmrKit;

namespace Torture;

/// <summary>How a run stands at one moment, or how it ended.</summary>
internal sealed record Standing
{
    private const double NearlyAll = 0.99;
    private const long EnoughToTell = 100_000;

    public bool IsFinal { get; init; }

    public required TimeSpan Elapsed { get; init; }

    public required IReadOnlyDictionary<Deed, long> Counts { get; init; }

    /// <summary>Of the lasting domain, when its readers were told to stop.</summary>
    public required RetirementStatistics WhileReading { get; init; }

    /// <summary>Of the lasting domain and of all those that have come to their end.</summary>
    public required RetirementStatistics Retirement { get; init; }

    public required long Violations { get; init; }

    public required long Failures { get; init; }

    public Exception? FirstFailure { get; init; }

    /// <summary>How many things were made that must be disposed,</summary>
    public required long Made { get; init; }

    /// <summary>how many were, each once,</summary>
    public required long Disposed { get; init; }

    /// <summary>and how often one was again.</summary>
    public required long DisposedAgain { get; init; }

    /// <summary>The bytes that the process occupies; the lowest figures of the second and of the last quarter of the time.</summary>
    public required long Memory { get; init; }

    /// <inheritdoc cref="Memory"/>
    public required long MemoryEarly { get; init; }

    /// <inheritdoc cref="Memory"/>
    public required long MemoryLate { get; init; }

    public required bool MemoryHasGrown { get; init; }

    /// <summary>Leases taken, in any of the ways.</summary>
    public long Leases => Counts[Deed.Lease] + Counts[Deed.Promotion] + Counts[Deed.LeaseAcrossAwait] + Counts[Deed.DroppedLease];

    public long Publications => Counts[Deed.Publication] + Counts[Deed.Republication];

    /// <summary>Which part of what the lasting domain had retired was settled while its readers were still reading.</summary>
    public double SettledWhileReading => WhileReading.Retired == 0 ? 1 : 1 - ((double)WhileReading.Pending / WhileReading.Retired);

    /// <summary>What is wrong with a run that ended so; nothing when it is as it should be.</summary>
    public IEnumerable<string> Complaints()
    {
        if (Violations > 0)
        {
            yield return $"{Violations:N0} violations: something was disposed under a reader or a lease, or not yet although it had been waited for";
        }

        if (Failures > 0)
        {
            yield return $"{Failures:N0} failures, the first: {FirstFailure}";
        }

        if (DisposedAgain > 0)
        {
            yield return $"{DisposedAgain:N0} times something was disposed again";
        }

        if (Counts[Deed.Read] == 0 || Publications == 0)
        {
            yield return "nothing was read, or nothing published";
        }

        if (!IsFinal || Failures > 0)
        {
            yield break; // What follows are the books at the end, which a failure leaves open.
        }

        long refused = Counts[Deed.Refusal];
        if (Retirement.Pending != 0)
        {
            yield return $"{Retirement.Retired:N0} were retired, {Retirement.Reclaimed:N0} reclaimed and {Retirement.Abandoned:N0} abandoned: {Retirement.Pending:N0} are missing";
        }

        if (Made != Retirement.Retired + refused)
        {
            yield return $"{Made:N0} were made, {Retirement.Retired:N0} retired and {refused:N0} refused";
        }

        if (Disposed != Retirement.Reclaimed + refused)
        {
            yield return $"{Retirement.Reclaimed:N0} were reclaimed and {refused:N0} refused, and {Disposed:N0} disposed";
        }

        if (Retirement.LeakedLeases != Counts[Deed.DroppedLease] || Retirement.Abandoned > Retirement.LeakedLeases)
        {
            yield return $"{Counts[Deed.DroppedLease]:N0} leases were dropped, {Retirement.LeakedLeases:N0} found, {Retirement.Abandoned:N0} objects abandoned";
        }

        if (Retirement.CallbackFailures != Counts[Deed.ThrowingCallback] || Retirement.ReclaimFailures != 0)
        {
            yield return $"{Retirement.CallbackFailures:N0} callbacks failed, {Counts[Deed.ThrowingCallback]:N0} on purpose; {Retirement.ReclaimFailures:N0} passes failed";
        }

        if (WhileReading.Retired >= EnoughToTell && SettledWhileReading < NearlyAll)
        {
            yield return $"only {SettledWhileReading:P1} was reclaimed while readers ran";
        }

        if (MemoryHasGrown)
        {
            yield return $"memory grew from {MemoryEarly >> 20:N0} to {MemoryLate >> 20:N0} MiB";
        }
    }
}
