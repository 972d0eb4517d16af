namespace SwmrKit.Testing;

/// <summary>One row of a litmus test's table. Immutable.</summary>
/// <param name="A">The first observed value.</param>
/// <param name="B">The second observed value.</param>
/// <param name="Verdict">What theory says of it.</param>
/// <param name="Meaning">What must have happened, in a few words.</param>
public sealed record LitmusOutcome(long A, long B, LitmusVerdict Verdict, string Meaning)
{
    /// <summary>How many times it was seen; 0 in a table that no run has filled in.</summary>
    public long Count { get; init; }

    /// <summary>Whether sufficient fences forbid it.</summary>
    public bool IsForbidden => Verdict != LitmusVerdict.Allowed;
}
