namespace SwmrKit.Testing;

/// <summary>
/// A litmus test of two threads: what each does to a fresh cell, what is observed of it, and the table of outcomes. Implement it
/// by a struct without state and mark its members for aggressive inlining; <see cref="Litmus"/> then compiles one loop a test and fence.
/// </summary>
/// <remarks>
/// The names are those of the literature (SB, MP, R, S, LB, 2+2W, CoRR, CoWW); they and the verdicts are found in Sewell et al.,
/// "x86-TSO", CACM 53(7), 2010, and Alglave, Maranget, Tautschnig, "Herding Cats", ACM TOPLAS 36(2), 2014.
/// </remarks>
public interface ILitmusTest
{
    /// <summary>The test's name, its program and the verdict on each outcome.</summary>
    static abstract LitmusShape Shape { get; }

    /// <summary>What the first side does to the cell, its fence between its accesses.</summary>
    /// <typeparam name="TFence">The first side's fence.</typeparam>
    /// <param name="cell">A cell this side has not seen before.</param>
    static abstract void First<TFence>(LitmusCell cell)
        where TFence : struct, ILitmusFence;

    /// <summary>
    /// What the second side does to the cell. This is the side whose store buffer can be filled beforehand
    /// (<see cref="LitmusOptions.StoreBufferPressure"/>): the one with the lighter fence.
    /// </summary>
    /// <typeparam name="TFence">The second side's fence.</typeparam>
    /// <param name="cell">A cell this side has not seen before.</param>
    static abstract void Second<TFence>(LitmusCell cell)
        where TFence : struct, ILitmusFence;

    /// <summary>The two observed values, read after both sides are done: registers, or words whose final value counts.</summary>
    /// <param name="cell">The cell.</param>
    /// <returns>The values, in the order of the shape's observed names.</returns>
    static abstract (long A, long B) Observe(LitmusCell cell);
}
