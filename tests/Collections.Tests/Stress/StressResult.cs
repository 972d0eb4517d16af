namespace SwmrKit.Tests;

/// <summary>What a <see cref="Stress"/> counted: plain numbers, the same for the real code and for its mutants.</summary>
internal sealed record StressResult
{
    public required long Writes { get; init; }

    /// <summary>How many reads were made in each of the ways, and how many found the memory freed before they had ended.</summary>
    public required IReadOnlyDictionary<string, (long Count, long Violations)> Reads { get; init; }

    public long Violations => Reads.Values.Sum(static reads => reads.Violations);

    /// <summary>When the last write had been made and the readers were still reading.</summary>
    public required long RetiredWhileReading { get; init; }

    public required long ReclaimedWhileReading { get; init; }

    public required long HeavyBarriers { get; init; }

    /// <summary>After the readers had left and everything was unlinked.</summary>
    public required long Retired { get; init; }

    public required long Reclaimed { get; init; }

    /// <summary>How many blocks there have been, and how many were freed.</summary>
    public required long Taken { get; init; }

    public required long Freed { get; init; }

    public required long FreedAgain { get; init; }
}
