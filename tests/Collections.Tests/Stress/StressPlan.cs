namespace SwmrKit.Tests;

/// <summary>How long a <see cref="Stress"/> goes on, and with whom.</summary>
internal sealed record StressPlan
{
    public required int Readers { get; init; }

    public required int BatchSize { get; init; }

    /// <summary>It ends when so many writes and so many reads have been made,</summary>
    public long Writes { get; init; } = long.MaxValue;

    public long Reads { get; init; } = long.MaxValue;

    /// <summary>or so many violations were seen,</summary>
    public required long EnoughViolations { get; init; }

    /// <summary>or the time is over.</summary>
    public required TimeSpan Limit { get; init; }
}
