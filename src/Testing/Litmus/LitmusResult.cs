namespace SwmrKit.Testing;

/// <summary>How often each outcome of a two-register litmus test was seen.</summary>
/// <param name="ZeroZero">Neither side saw the other's store.</param>
/// <param name="ZeroOne">The writer missed the reader's store, the reader saw the writer's.</param>
/// <param name="OneZero">The writer saw the reader's store, the reader missed the writer's.</param>
/// <param name="OneOne">Each side saw the other's store.</param>
/// <param name="Elapsed">How long it ran.</param>
public sealed record LitmusResult(long ZeroZero, long ZeroOne, long OneZero, long OneOne, TimeSpan Elapsed)
{
    /// <summary>How many times the test was run.</summary>
    public long Iterations => ZeroZero + ZeroOne + OneZero + OneOne;

    /// <summary>Outcome (0, 0) per million iterations: what sufficient fences forbid.</summary>
    public double ForbiddenPerMillion => Iterations == 0 ? 0 : ZeroZero * 1e6 / Iterations;
}
