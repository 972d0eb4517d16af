using System.Runtime.CompilerServices;

namespace SwmrKit.Testing;

/// <summary>
/// Coherence of reads (CoRR): one thread stores x, the other reads it twice. Having seen the store it never sees the word without it.
/// </summary>
/// <remarks>
/// <para><b>Passing proves nothing about the hardware</b>: every architecture forbids it, fences or not.</para>
/// <para>A compiler may break it. The second thread reads x by one name, by another name that the compiler cannot tell is the same, and by
/// the first again; without a fence the third read may be given the first one's value, older than the second's (W. Pugh, "Fixing the Java
/// memory model", 1999). The outcome is that of the second and third read. The control shows it.</para>
/// </remarks>
public readonly struct CoherenceOfReads : ILitmusTest
{
    /// <inheritdoc/>
    public static LitmusShape Shape { get; } = new(
        "CoRR",
        "x=1; fence || r2=x; r0=x; fence; r1=x",
        ("r0", "r1"),
        new LitmusOutcome(1, 0, LitmusVerdict.Incoherent, "saw the store and then not"),
        new LitmusOutcome(0, 0, LitmusVerdict.Allowed, "read twice before the store"),
        new LitmusOutcome(0, 1, LitmusVerdict.Allowed, "read before and after the store"),
        new LitmusOutcome(1, 1, LitmusVerdict.Allowed, "read twice after the store"));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void First<TFence>(LitmusCell cell)
        where TFence : struct, ILitmusFence
    {
        cell.X = 1;
        TFence.Execute();
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Second<TFence>(LitmusCell cell)
        where TFence : struct, ILitmusFence
    {
        ref long alias = ref AnotherName(ref cell.X);
        long earlier = cell.X;
        long once = EarlierRead.Later(ref alias, earlier);
        TFence.Execute();
        long again = cell.X;
        cell.R0 = once;
        cell.R1 = again;
        cell.R2 = earlier;
    }

    /// <inheritdoc/>
    public static (long A, long B) Observe(LitmusCell cell) => (cell.R0, cell.R1);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static ref long AnotherName(ref long word) => ref word;
}
