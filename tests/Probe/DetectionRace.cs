using System.Reflection;
using System.Runtime.CompilerServices;
using SwmrKit.Memory;

namespace SwmrKit.Tests;

/// <summary>
/// The first light and the first heavy barrier of a process at the same moment, on several threads: each pair of threads runs the
/// store-buffering test once. Detection decides the tier under them.
/// </summary>
/// <remarks>Detection drains the store buffers by itself: the outcome says that all of them came through, not which barrier ordered them.</remarks>
internal static class DetectionRace
{
    private const int Pairs = 2;

    /// <summary>Runs it once.</summary>
    /// <returns>How many pairs ended in the forbidden outcome, and how many there were.</returns>
    public static string Run()
    {
        // Compiled, not run: the first to run a barrier shall be a racing thread.
        const BindingFlags ours = BindingFlags.NonPublic | BindingFlags.Static;
        RuntimeHelpers.PrepareMethod(typeof(DetectionRace).GetMethod(nameof(Write), ours)!.MethodHandle);
        RuntimeHelpers.PrepareMethod(typeof(DetectionRace).GetMethod(nameof(Read), ours)!.MethodHandle);

        var boards = new Board[Pairs];
        var threads = new List<Thread>();
        for (int i = 0; i < Pairs; i++)
        {
            Board board = boards[i] = new Board();
            threads.Add(new Thread(() => Write(board)));
            threads.Add(new Thread(() => Read(board)));
        }

        threads.ForEach(static thread => thread.Start());
        Thread.Sleep(5); // Let them reach the line; the outcome does not depend on it.
        Board.Go.Write(1);
        threads.ForEach(static thread => thread.Join());
        return $"{boards.Count(static board => board.SeenByWriter == 0 && board.SeenByReader == 0)} of {Pairs}";
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Write(Board board)
    {
        Board.WaitForGo();
        board.X.WriteRelaxed(1);
        AsymmetricBarrier.Heavy();
        board.SeenByWriter = board.Y.Read();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Read(Board board)
    {
        Board.WaitForGo();
        board.Y.WriteRelaxed(1);
        AsymmetricBarrier.Light();
        board.SeenByReader = board.X.Read();
    }

    private sealed class Board
    {
        public static SharedInt32 Go;

        public SharedInt32 X;
        public SharedInt32 Y;
        public int SeenByWriter;
        public int SeenByReader;

        public static void WaitForGo()
        {
            while (Go.Read() == 0)
            {
                Thread.SpinWait(1);
            }
        }
    }
}
