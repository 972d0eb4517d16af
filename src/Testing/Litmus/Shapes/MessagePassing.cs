using System.Runtime.CompilerServices;

namespace SwmrKit.Testing;

/// <summary>
/// Message passing (MP): the first thread stores the data x, fences, and raises the flag y; the second, if it sees the flag, must
/// see the data.
/// </summary>
/// <remarks>
/// <para><b>On x86 passing proves nothing about the hardware</b>, which keeps stores in order and loads in order.</para>
/// <para>The second thread has looked at x once before. That changes no verdict, and it gives the compiler something to do wrong: without a
/// fence it may use the first value again instead of loading x a second time, which the control shows.</para>
/// </remarks>
public readonly struct MessagePassing : ILitmusTest
{
    /// <inheritdoc/>
    public static LitmusShape Shape { get; } = new(
        "MP",
        "x=1; fence; y=1 || r2=x; r0=y; fence; r1=x",
        ("r0", "r1"),
        new LitmusOutcome(1, 0, LitmusVerdict.AllowedOnWeaker, "saw the flag and missed the data"),
        new LitmusOutcome(0, 0, LitmusVerdict.Allowed, "saw neither"),
        new LitmusOutcome(0, 1, LitmusVerdict.Allowed, "saw the data before the flag"),
        new LitmusOutcome(1, 1, LitmusVerdict.Allowed, "saw both"));

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
        long earlier = cell.X;
        long flag = EarlierRead.Later(ref cell.Y, earlier);
        TFence.Execute();
        long data = cell.X;
        cell.R0 = flag;
        cell.R1 = data;
        cell.R2 = earlier;
    }

    /// <inheritdoc/>
    public static (long A, long B) Observe(LitmusCell cell) => (cell.R0, cell.R1);
}
