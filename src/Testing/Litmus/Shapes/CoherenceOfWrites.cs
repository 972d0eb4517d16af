using System.Runtime.CompilerServices;

namespace SwmrKit.Testing;

/// <summary>
/// Coherence of writes (CoWW): one thread stores 1, then 2; the word ends as 2. The other thread looks on.
/// </summary>
/// <remarks><b>Passing proves nothing about the hardware</b>: every architecture forbids it, fences or not.</remarks>
public readonly struct CoherenceOfWrites : ILitmusTest
{
    /// <inheritdoc/>
    public static LitmusShape Shape { get; } = new(
        "CoWW",
        "x=1; fence; x=2 || r0=x; fence",
        ("x", "r0"),
        new LitmusOutcome(1, 0, LitmusVerdict.Incoherent, "the first store was last; seen before both"),
        new LitmusOutcome(1, 1, LitmusVerdict.Incoherent, "the first store was last; it was seen"),
        new LitmusOutcome(1, 2, LitmusVerdict.Incoherent, "the first store was last; the other was seen"),
        new LitmusOutcome(2, 0, LitmusVerdict.Allowed, "seen before both stores"),
        new LitmusOutcome(2, 1, LitmusVerdict.Allowed, "seen between the stores"),
        new LitmusOutcome(2, 2, LitmusVerdict.Allowed, "seen after both"));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void First<TFence>(LitmusCell cell)
        where TFence : struct, ILitmusFence
    {
        cell.X = 1;
        TFence.Execute();
        cell.X = 2;
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Second<TFence>(LitmusCell cell)
        where TFence : struct, ILitmusFence
    {
        cell.R0 = cell.X;
        TFence.Execute();
    }

    /// <inheritdoc/>
    public static (long A, long B) Observe(LitmusCell cell) => (cell.X, cell.R0);
}
