using System.Runtime.CompilerServices;

namespace SwmrKit.Testing;

/// <summary>
/// Two writes on either side (2+2W): the threads store to the same two words in opposite order. Not both first stores can be
/// the last to their word.
/// </summary>
/// <remarks><b>On x86 passing proves nothing about the hardware</b>, which keeps stores in order.</remarks>
public readonly struct TwoPlusTwoWrites : ILitmusTest
{
    /// <inheritdoc/>
    public static LitmusShape Shape { get; } = new(
        "2+2W",
        "x=1; fence; y=2 || y=1; fence; x=2",
        ("x", "y"),
        new LitmusOutcome(1, 1, LitmusVerdict.AllowedOnWeaker, "each side's first store was the last to its word"),
        new LitmusOutcome(1, 2, LitmusVerdict.Allowed, "the second was before the first"),
        new LitmusOutcome(2, 1, LitmusVerdict.Allowed, "the first was before the second"),
        new LitmusOutcome(2, 2, LitmusVerdict.Allowed, "the first stores came first"));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void First<TFence>(LitmusCell cell)
        where TFence : struct, ILitmusFence
    {
        cell.X = 1;
        TFence.Execute();
        cell.Y = 2;
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Second<TFence>(LitmusCell cell)
        where TFence : struct, ILitmusFence
    {
        cell.Y = 1;
        TFence.Execute();
        cell.X = 2;
    }

    /// <inheritdoc/>
    public static (long A, long B) Observe(LitmusCell cell) => (cell.X, cell.Y);
}
