using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace SwmrKit.Testing;

/// <summary>
/// The store-buffering litmus test (SB, Dekker's): two threads each store to their own word, fence, and load the other's.
/// If both fences suffice, at least one sees the other's store.
/// </summary>
/// <remarks>
/// <para>It is what retirement rests on: a reader that announces itself and then loads the data, a writer that unlinks the data
/// and then looks for announcements. Message passing would prove nothing on x86, which never reorders that.</para>
/// <para>A thousand pairs of words on lines of their own are used in turn, with random delays, by two threads that meet every
/// few iterations. Use it alone on the machine. Not for concurrent use with itself.</para>
/// </remarks>
public static unsafe class StoreBuffering
{
    internal const int Cells = 1_024;

    private const int Writer = 0;
    private const int Reader = 1;
    private const int DelayMask = 31;
    private const int PressureLines = 64 * 1024 * 1024 / 128;
    private const int LeastPressure = 4;
    private const int MostPressure = 40;

    /// <summary>Runs the test for the given time.</summary>
    /// <typeparam name="TWriterFence">What the writing side executes between store and load.</typeparam>
    /// <typeparam name="TReaderFence">What the reading side executes there.</typeparam>
    /// <param name="options">How to run it.</param>
    /// <returns>The outcomes; the first register is the writer's.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="options"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public static LitmusResult Run<TWriterFence, TReaderFence>(LitmusOptions options)
        where TWriterFence : struct, ILitmusFence
        where TReaderFence : struct, ILitmusFence
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        using var board = new Board(options);
        Exception? failure = null;
        var writer = new Thread(() =>
        {
            try
            {
                while (board.NextBatch(Writer))
                {
                    RunWriterBatch<TWriterFence>(board);
                    board.EndBatch(Writer);
                }
            }
#pragma warning disable CA1031 // Rethrown on the calling thread.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                failure = exception;
                board.Meeting.Leave(Writer);
            }
        })
        { IsBackground = true, Name = "litmus writer" };
        writer.Start();
        long start = Stopwatch.GetTimestamp();
        try
        {
            long zeroZero = 0, zeroOne = 0, oneZero = 0, oneOne = 0;
            do
            {
                board.Start();
                RunReaderBatch<TReaderFence>(board);
                board.EndBatch(Reader);
                board.Tally(ref zeroZero, ref zeroOne, ref oneZero, ref oneOne);
            }
            while (Volatile.Read(ref failure) is null && Stopwatch.GetElapsedTime(start) < options.Duration);

            if (failure is not null)
            {
                throw new InvalidOperationException("The writer's fence failed: " + failure.Message, failure);
            }

            return new LitmusResult(zeroZero, zeroOne, oneZero, oneOne, Stopwatch.GetElapsedTime(start));
        }
        finally
        {
            board.End();
            writer.Join();
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void RunWriterBatch<TFence>(Board board)
        where TFence : struct, ILitmusFence
    {
        uint random = board.NextSeed(Writer);
        for (int cell = 0; cell < Cells; cell++)
        {
            board.MeetIfDue(Writer, cell);
            random = Delay(random);
            *board.X[cell] = 1;
            TFence.Execute();
            board.SeenByWriter[cell] = *board.Y[cell];
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void RunReaderBatch<TFence>(Board board)
        where TFence : struct, ILitmusFence
    {
        uint random = board.NextSeed(Reader);
        for (int cell = 0; cell < Cells; cell++)
        {
            board.MeetIfDue(Reader, cell);
            random = Delay(random);
            random = board.Press(random);
            *board.Y[cell] = 1;
            TFence.Execute();
            board.SeenByReader[cell] = *board.X[cell];
        }
    }

    private static uint Delay(uint random)
    {
        for (uint i = random & DelayMask; i > 0; i--)
        {
            Thread.SpinWait(0);
        }

        return XorShift(random);
    }

    private static uint XorShift(uint x)
    {
        x ^= x << 13;
        x ^= x >> 17;
        return x ^ (x << 5);
    }

    /// <summary>What the two threads share.</summary>
    private sealed class Board(LitmusOptions options) : IDisposable
    {
        private readonly NativeLines? _pressure = options.StoreBufferPressure ? new NativeLines(PressureLines) : null;
        private readonly uint[] _seeds = [(uint)options.Seed * 2_654_435_761 | 1, (uint)options.Seed * 2_246_822_519 | 1];
        private readonly int _meetEvery = options.MeetEvery;
        private volatile bool _more;

        public NativeLines X { get; } = new(Cells);

        public NativeLines Y { get; } = new(Cells);

        public long[] SeenByWriter { get; } = new long[Cells];

        public long[] SeenByReader { get; } = new long[Cells];

        public Rendezvous Meeting { get; } = new();

        /// <summary>The reader clears the words and lets both sides begin.</summary>
        public void Start()
        {
            X.Clear();
            Y.Clear();
            _more = true;
            Meeting.Meet(Reader);
        }

        /// <summary>The reader leaves, for whatever reason; the writer ends at its next batch.</summary>
        public void End()
        {
            _more = false;
            Meeting.Leave(Reader);
        }

        public bool NextBatch(int side)
        {
            Meeting.Meet(side);
            return _more;
        }

        public void EndBatch(int side) => Meeting.Meet(side);

        public void MeetIfDue(int side, int cell)
        {
            if (cell % _meetEvery == 0)
            {
                Meeting.Meet(side);
            }
        }

        public uint NextSeed(int side) => _seeds[side] = XorShift(_seeds[side]);

        /// <summary>Stores to random lines out of cache, so that the store that follows waits in the store buffer behind them.</summary>
        public uint Press(uint random)
        {
            if (_pressure is null)
            {
                return random;
            }

            for (uint i = LeastPressure + (random % (MostPressure - LeastPressure + 1)); i > 0; i--)
            {
                random = XorShift(random);
                *_pressure[(int)(random % PressureLines)] = random;
            }

            return random;
        }

        public void Tally(ref long zeroZero, ref long zeroOne, ref long oneZero, ref long oneOne)
        {
            for (int cell = 0; cell < Cells; cell++)
            {
                switch (SeenByWriter[cell], SeenByReader[cell])
                {
                    case (0, 0):
                        zeroZero++;
                        break;
                    case (0, _):
                        zeroOne++;
                        break;
                    case (_, 0):
                        oneZero++;
                        break;
                    default:
                        oneOne++;
                        break;
                }
            }
        }

        public void Dispose()
        {
            X.Dispose();
            Y.Dispose();
            Meeting.Dispose();
            _pressure?.Dispose();
        }
    }
}
