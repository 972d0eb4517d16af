using System.Runtime.CompilerServices;

namespace SwmrKit.Testing;

/// <summary>
/// Store buffering (SB, Dekker's): two threads each store to their own word, fence, and load the other's. If both fences
/// suffice, at least one sees the other's store.
/// </summary>
/// <remarks>
/// It is what retirement rests on: a reader that announces itself and then loads the data, a writer that unlinks the data and
/// then looks for announcements. x86 shows the forbidden outcome as soon as one fence does not suffice.
/// </remarks>
public readonly struct StoreBuffering : ILitmusTest
{
    /// <inheritdoc/>
    public static LitmusShape Shape { get; } = new(
        "SB",
        "x=1; fence; r0=y || y=1; fence; r1=x",
        ("r0", "r1"),
        new LitmusOutcome(0, 0, LitmusVerdict.AllowedOnX86, "neither saw the other's store"),
        new LitmusOutcome(0, 1, LitmusVerdict.Allowed, "the second saw the first's store"),
        new LitmusOutcome(1, 0, LitmusVerdict.Allowed, "the first saw the second's store"),
        new LitmusOutcome(1, 1, LitmusVerdict.Allowed, "each saw the other's store"));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void First<TFence>(LitmusCell cell)
        where TFence : struct, ILitmusFence
    {
        cell.X = 1;
        TFence.Execute();
        cell.R0 = cell.Y;
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Second<TFence>(LitmusCell cell)
        where TFence : struct, ILitmusFence
    {
        cell.Y = 1;
        TFence.Execute();
        cell.R1 = cell.X;
    }

    /// <inheritdoc/>
    public static (long A, long B) Observe(LitmusCell cell) => (cell.R0, cell.R1);
}
