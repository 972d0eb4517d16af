using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace SwmrKit.Testing;

/// <summary>Runs litmus tests of two threads on this machine's hardware.</summary>
/// <remarks>
/// <para>A thousand cells are used in turn, with random delays, by two threads that meet every few iterations, each kept on a
/// processor of its own where that can be done (Linux). Use it alone on the machine.</para>
/// <para>A forbidden outcome that is not seen means something only beside a control that was (<see cref="LitmusControl"/>).
/// On x86 hardware can show none but those of <see cref="LitmusVerdict.AllowedOnX86"/>: whatever else passes there says
/// something about the compiler at most.</para>
/// </remarks>
public static class Litmus
{
    /// <summary>Runs a test for the given time.</summary>
    /// <typeparam name="TTest">The test, for instance <see cref="StoreBuffering"/>.</typeparam>
    /// <typeparam name="TFirst">What the first side executes between its accesses.</typeparam>
    /// <typeparam name="TSecond">What the second side executes there.</typeparam>
    /// <param name="options">How to run it.</param>
    /// <returns>The table of outcomes.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="options"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    /// <exception cref="InvalidOperationException">A side threw (the inner exception), or there was an outcome that the test's table does not
    /// list.</exception>
    public static LitmusResult Run<TTest, TFirst, TSecond>(LitmusOptions options)
        where TTest : struct, ILitmusTest
        where TFirst : struct, ILitmusFence
        where TSecond : struct, ILitmusFence
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        using var board = new LitmusBoard(options, ProcessorPair.Apart);
        LitmusResult? result = null;
        Thread first = StartSide(board, LitmusBoard.First, () => Follow<TTest, TFirst>(board));
        Thread second = StartSide(board, LitmusBoard.Second, () => result = Lead<TTest, TSecond>(board, options.Duration));
        first.Join();
        second.Join();
        return board.Failure is { } reason
            ? throw new InvalidOperationException($"The litmus test {TTest.Shape.Name} failed: {reason.Message}", reason)
            : result!;
    }

    private static Thread StartSide(LitmusBoard board, int side, Action run)
    {
        var thread = new Thread(() =>
        {
            try
            {
                ProcessorPair.Enter(side);
                run();
            }
#pragma warning disable CA1031 // Rethrown on the calling thread.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                board.Fail(side, exception);
            }
        })
        { IsBackground = true, Name = side == LitmusBoard.First ? "litmus, first side" : "litmus, second side" };
        thread.Start();
        return thread;
    }

    private static void Follow<TTest, TFence>(LitmusBoard board)
        where TTest : struct, ILitmusTest
        where TFence : struct, ILitmusFence
    {
        while (board.NextBatch())
        {
            RunFirst<TTest, TFence>(board);
            board.EndBatch(LitmusBoard.First);
        }
    }

    private static LitmusResult? Lead<TTest, TFence>(LitmusBoard board, TimeSpan duration)
        where TTest : struct, ILitmusTest
        where TFence : struct, ILitmusFence
    {
        try
        {
            long start = Stopwatch.GetTimestamp();
            var counts = new long[TTest.Shape.Outcomes.Count];
            TimeSpan elapsed;
            do
            {
                board.Begin();
                RunSecond<TTest, TFence>(board);
                board.EndBatch(LitmusBoard.Second);
                if (board.Failure is not null)
                {
                    return null;
                }

                Tally<TTest>(board, counts);
                elapsed = Stopwatch.GetElapsedTime(start);
            }
            while (elapsed < duration);
            return new LitmusResult(TTest.Shape, counts, elapsed);
        }
        finally
        {
            board.End();
        }
    }

    // Compiled once a test and fence: between the first access of an iteration and its last there is nothing but the test itself.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void RunFirst<TTest, TFence>(LitmusBoard board)
        where TTest : struct, ILitmusTest
        where TFence : struct, ILitmusFence
    {
        uint random = board.NextSeed(LitmusBoard.First);
        for (int i = 0; i < board.Cells; i++)
        {
            LitmusCell cell = board.Cell(i);
            board.MeetIfDue(LitmusBoard.First, i);
            random = LitmusBoard.Delay(random);
            TTest.First<TFence>(cell);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void RunSecond<TTest, TFence>(LitmusBoard board)
        where TTest : struct, ILitmusTest
        where TFence : struct, ILitmusFence
    {
        uint random = board.NextSeed(LitmusBoard.Second);
        for (int i = 0; i < board.Cells; i++)
        {
            LitmusCell cell = board.Cell(i);
            board.MeetIfDue(LitmusBoard.Second, i);
            random = LitmusBoard.Delay(random);
            random = board.Press(random);
            TTest.Second<TFence>(cell);
        }
    }

    private static void Tally<TTest>(LitmusBoard board, long[] counts)
        where TTest : struct, ILitmusTest
    {
        LitmusShape shape = TTest.Shape;
        for (int i = 0; i < board.Cells; i++)
        {
            (long a, long b) = TTest.Observe(board.Cell(i));
            int row = shape.RowOf(a, b);
            if (row < 0)
            {
                throw new InvalidOperationException(
                    $"{shape.Name} ended in {shape.Observed.A}={a}, {shape.Observed.B}={b}, which its table of outcomes does not list.");
            }

            counts[row]++;
        }
    }
}
