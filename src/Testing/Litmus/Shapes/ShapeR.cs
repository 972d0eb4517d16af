using System.Runtime.CompilerServices;

namespace SwmrKit.Testing;

/// <summary>
/// The test the literature calls R: the first thread stores x, fences, stores y; the second overwrites y, fences, loads x.
/// If its store to y came last, it must see x.
/// </summary>
/// <remarks>
/// With store buffering the only shape of two threads and two words in which x86 reorders anything: the second thread's store
/// waits while its load goes ahead. The first thread needs no fence on x86, which keeps stores in order.
/// </remarks>
public readonly struct ShapeR : ILitmusTest
{
    /// <inheritdoc/>
    public static LitmusShape Shape { get; } = new(
        "R",
        "x=1; fence; y=1 || y=2; fence; r0=x",
        ("y", "r0"),
        new LitmusOutcome(2, 0, LitmusVerdict.AllowedOnX86, "the second's store was last, yet it missed x"),
        new LitmusOutcome(1, 0, LitmusVerdict.Allowed, "the second was before the first"),
        new LitmusOutcome(1, 1, LitmusVerdict.Allowed, "the second was between the first's stores"),
        new LitmusOutcome(2, 1, LitmusVerdict.Allowed, "the second's store was last, and it saw x"));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void First<TFence>(LitmusCell cell)
        where TFence : struct, ILitmusFence
    {
        cell.X = 1;
        TFence.Execute();
        cell.Y = 1;
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Second<TFence>(LitmusCell cell)
        where TFence : struct, ILitmusFence
    {
        cell.Y = 2;
        TFence.Execute();
        cell.R0 = cell.X;
    }

    /// <inheritdoc/>
    public static (long A, long B) Observe(LitmusCell cell) => (cell.Y, cell.R0);
}
