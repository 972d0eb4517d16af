using System.Runtime.CompilerServices;

namespace SwmrKit.Testing;

/// <summary>
/// Load buffering (LB): each thread loads one word, fences, and stores to the other. Not both can see the other's store.
/// </summary>
/// <remarks><b>On x86 passing proves nothing about the hardware</b>, which never lets a store pass an earlier load.</remarks>
public readonly struct LoadBuffering : ILitmusTest
{
    /// <inheritdoc/>
    public static LitmusShape Shape { get; } = new(
        "LB",
        "r0=x; fence; y=1 || r1=y; fence; x=1",
        ("r0", "r1"),
        new LitmusOutcome(1, 1, LitmusVerdict.AllowedOnWeaker, "each saw the store that followed the other's load"),
        new LitmusOutcome(0, 0, LitmusVerdict.Allowed, "neither saw the other's store"),
        new LitmusOutcome(0, 1, LitmusVerdict.Allowed, "the first was before the second"),
        new LitmusOutcome(1, 0, LitmusVerdict.Allowed, "the second was before the first"));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void First<TFence>(LitmusCell cell)
        where TFence : struct, ILitmusFence
    {
        long seen = cell.X;
        TFence.Execute();
        cell.Y = 1;
        cell.R0 = seen;
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Second<TFence>(LitmusCell cell)
        where TFence : struct, ILitmusFence
    {
        long seen = cell.Y;
        TFence.Execute();
        cell.X = 1;
        cell.R1 = seen;
    }

    /// <inheritdoc/>
    public static (long A, long B) Observe(LitmusCell cell) => (cell.R0, cell.R1);
}
