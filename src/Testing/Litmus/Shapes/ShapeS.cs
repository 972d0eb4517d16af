using System.Runtime.CompilerServices;

namespace SwmrKit.Testing;

/// <summary>
/// The test the literature calls S: the first thread stores 2 to x, fences, and raises the flag y; the second, if it sees the flag,
/// overwrites x with 1, and its store must be the last.
/// </summary>
/// <remarks>
/// <b>On x86 passing proves nothing about the hardware</b>, which keeps stores in order and never lets a store pass an earlier load.
/// </remarks>
public readonly struct ShapeS : ILitmusTest
{
    /// <inheritdoc/>
    public static LitmusShape Shape { get; } = new(
        "S",
        "x=2; fence; y=1 || r0=y; fence; x=1",
        ("r0", "x"),
        new LitmusOutcome(1, 2, LitmusVerdict.AllowedOnWeaker, "saw the flag, yet its store came first"),
        new LitmusOutcome(0, 1, LitmusVerdict.Allowed, "missed the flag, its store was last"),
        new LitmusOutcome(0, 2, LitmusVerdict.Allowed, "missed the flag, its store came first"),
        new LitmusOutcome(1, 1, LitmusVerdict.Allowed, "saw the flag, its store was last"));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void First<TFence>(LitmusCell cell)
        where TFence : struct, ILitmusFence
    {
        cell.X = 2;
        TFence.Execute();
        cell.Y = 1;
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Second<TFence>(LitmusCell cell)
        where TFence : struct, ILitmusFence
    {
        long flag = cell.Y;
        TFence.Execute();
        cell.X = 1;
        cell.R0 = flag;
    }

    /// <inheritdoc/>
    public static (long A, long B) Observe(LitmusCell cell) => (cell.R0, cell.X);
}
