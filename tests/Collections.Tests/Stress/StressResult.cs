namespace SwmrKit.Tests;

/// <summary>What <see cref="DisposalStress"/> counted: plain numbers, the same for the real code and for its mutants.</summary>
internal sealed record StressResult
{
    public required long Writes { get; init; }

    /// <summary>How many reads were made in each of the ways, and how many found the memory freed before they had ended.</summary>
    public required IReadOnlyDictionary<WayToRead, (long Count, long Violations)> Reads { get; init; }

    public long Violations => Reads.Values.Sum(static reads => reads.Violations);

    /// <summary>When the last write had been made and the readers were still reading.</summary>
    public required long RetiredWhileReading { get; init; }

    public required long ReclaimedWhileReading { get; init; }

    public required long HeavyBarriers { get; init; }

    /// <summary>After the readers had left and everything was unlinked.</summary>
    public required long Retired { get; init; }

    public required long Reclaimed { get; init; }

    public required long Freed { get; init; }

    public required long FreedAgain { get; init; }
}

/// <summary>The ways in which the readers take turns.</summary>
internal enum WayToRead
{
    Cell,
    Guard,
    Nested,
    Stalled,
    Lease,
    Promotion,
    LongLease,
    OnAThreadThatEnds,
}
