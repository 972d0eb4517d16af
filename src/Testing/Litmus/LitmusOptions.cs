namespace SwmrKit.Testing;

/// <summary>How a litmus test is run. Immutable.</summary>
public sealed record LitmusOptions
{
    /// <summary>How long to run; by default half a second.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(0.5);

    /// <summary>
    /// After how many iterations the two threads meet, 1 to 1,024; by default 8. Use 1 when one side's fence is slow, or it falls
    /// behind and the two never overlap.
    /// </summary>
    public int MeetEvery { get; init; } = 8;

    /// <summary>
    /// How many iterations the two threads run between two looks at the clock, 1 to 1,024; by default 1,024. Take few when a
    /// side's fence takes milliseconds.
    /// </summary>
    public int CellsPerBatch { get; init; } = LitmusBoard.MostCells;

    /// <summary>
    /// Whether the second side fills its core's store buffer with cache misses before its own accesses; by default true. Without
    /// it store buffering has hardly any power against a heavy barrier that does nothing.
    /// </summary>
    public bool StoreBufferPressure { get; init; } = true;

    /// <summary>The seed of the random delays and of the lines written; by default 1.</summary>
    public int Seed { get; init; } = 1;

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(Duration, TimeSpan.Zero, nameof(Duration));
        ArgumentOutOfRangeException.ThrowIfLessThan(MeetEvery, 1, nameof(MeetEvery));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MeetEvery, LitmusBoard.MostCells, nameof(MeetEvery));
        ArgumentOutOfRangeException.ThrowIfLessThan(CellsPerBatch, 1, nameof(CellsPerBatch));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(CellsPerBatch, LitmusBoard.MostCells, nameof(CellsPerBatch));
    }
}
