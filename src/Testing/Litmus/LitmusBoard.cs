namespace SwmrKit.Testing;

/// <summary>What the two threads of a litmus test share: the cells, the meeting, and the pressure on the second side's store buffer.</summary>
/// <remarks>The second side leads: it clears the cells, begins each batch and counts its outcomes; the first follows.</remarks>
internal sealed unsafe class LitmusBoard(LitmusOptions options, bool apart) : IDisposable
{
    public const int MostCells = 1_024;
    public const int First = 0;
    public const int Second = 1;

    private const int DelayMask = 31;
    private const int PressureLines = 64 * 1024 * 1024 / 128;
    private const int LeastPressure = 4;
    private const int MostPressure = 40;

    private readonly NativeLines _x = new(options.CellsPerBatch);
    private readonly NativeLines _y = new(options.CellsPerBatch);
    private readonly long[] _r0 = new long[options.CellsPerBatch];
    private readonly long[] _r1 = new long[options.CellsPerBatch];
    private readonly long[] _r2 = new long[options.CellsPerBatch];
    private readonly NativeLines? _pressure = options.StoreBufferPressure ? new NativeLines(PressureLines) : null;
    private readonly Rendezvous _meeting = new(apart);
    private readonly uint[] _seeds = [(uint)options.Seed * 2_654_435_761 | 1, (uint)options.Seed * 2_246_822_519 | 1];
    private readonly int _meetEvery = options.MeetEvery;
    private volatile bool _more;
    private volatile Exception? _failure;

    public int Cells => _r0.Length;

    public LitmusCell Cell(int cell) => new(ref *_x[cell], ref *_y[cell], ref _r0[cell], ref _r1[cell], ref _r2[cell]);

    /// <summary>The second side clears the cells and lets both sides begin.</summary>
    public void Begin()
    {
        _x.Clear();
        _y.Clear();
        Array.Clear(_r0);
        Array.Clear(_r1);
        Array.Clear(_r2);
        _more = true;
        _meeting.Meet(Second);
    }

    /// <summary>The second side leaves, for whatever reason; the first ends at its next batch.</summary>
    public void End()
    {
        _more = false;
        _meeting.Leave(Second);
    }

    /// <summary>Why a side could not go on, or null.</summary>
    public Exception? Failure => _failure;

    /// <summary>A side leaves because it has failed.</summary>
    public void Fail(int side, Exception reason)
    {
        _failure = reason;
        _meeting.Leave(side);
    }

    /// <summary>The first side waits for a batch.</summary>
    /// <returns>Whether there is one.</returns>
    public bool NextBatch()
    {
        _meeting.Meet(First);
        return _more;
    }

    public void EndBatch(int side) => _meeting.Meet(side);

    public void MeetIfDue(int side, int cell)
    {
        if (cell % _meetEvery == 0)
        {
            _meeting.Meet(side);
        }
    }

    public uint NextSeed(int side) => _seeds[side] = XorShift(_seeds[side]);

    public static uint Delay(uint random)
    {
        for (uint i = random & DelayMask; i > 0; i--)
        {
            Thread.SpinWait(0);
        }

        return XorShift(random);
    }

    /// <summary>Stores to random lines out of cache, so that a store that follows waits in the store buffer behind them.</summary>
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

    public void Dispose()
    {
        _x.Dispose();
        _y.Dispose();
        _meeting.Dispose();
        _pressure?.Dispose();
    }

    private static uint XorShift(uint x)
    {
        x ^= x << 13;
        x ^= x >> 17;
        return x ^ (x << 5);
    }
}
