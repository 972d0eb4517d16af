using System.Runtime.CompilerServices;
using SwmrKit;

namespace HeadToHead;

/// <summary>A value of so many words, all of which are looked at: what the cells hold.</summary>
internal interface IBlock
{
    long First { set; }

    long Sum { get; }
}

internal struct Block8 : IBlock
{
    private long _a;

    public long First { set => _a = value; }

    public readonly long Sum => _a;
}

internal struct Block64 : IBlock
{
    private long _a, _b, _c, _d, _e, _f, _g, _h;

    public long First { set => (_a, _b, _c, _d, _e, _f, _g, _h) = (value, value, value, value, value, value, value, value); }

    public readonly long Sum => _a + _b + _c + _d + _e + _f + _g + _h;
}

internal struct Block256 : IBlock
{
    private Block64 _a, _b, _c, _d;

    public long First { set => _a.First = _b.First = _c.First = _d.First = value; }

    public readonly long Sum => _a.Sum + _b.Sum + _c.Sum + _d.Sum;
}

/// <summary>Where a block is kept so that a reader gets it whole.</summary>
internal interface IKeeper<TSelf, TBlock>
{
    static abstract string Name { get; }

    static abstract TSelf Create();

    TBlock Read();

    void Write(in TBlock block);
}

internal readonly struct InRing<TBlock> : IKeeper<InRing<TBlock>, TBlock>
    where TBlock : unmanaged
{
    public static string Name => "seqlock cell, ring";

    private SeqLockCell<TBlock> Cell { get; init; }

    public static InRing<TBlock> Create() => new() { Cell = new SeqLockCell<TBlock>() };

    public TBlock Read() => Cell.Read();

    public void Write(in TBlock block) => Cell.Write(block);
}

internal readonly struct InOneSlot<TBlock> : IKeeper<InOneSlot<TBlock>, TBlock>
    where TBlock : unmanaged
{
    public static string Name => "seqlock cell, one slot";

    private SeqLockCell<TBlock> Cell { get; init; }

    public static InOneSlot<TBlock> Create() => new() { Cell = new SeqLockCell<TBlock>(slots: 1) };

    public TBlock Read() => Cell.Read();

    public void Write(in TBlock block) => Cell.Write(block);
}

/// <summary>A field that nothing protects: what is read may be torn.</summary>
internal sealed class Unprotected<TBlock> : IKeeper<Unprotected<TBlock>, TBlock>
    where TBlock : unmanaged
{
    private TBlock _block;

    public static string Name => "unprotected";

    public static Unprotected<TBlock> Create() => new();

    public TBlock Read()
    {
        TBlock block = _block;
        Volatile.ReadBarrier();
        return block;
    }

    public void Write(in TBlock block)
    {
        Volatile.WriteBarrier();
        _block = block;
    }
}

internal sealed class UnderLock<TBlock> : IKeeper<UnderLock<TBlock>, TBlock>
    where TBlock : unmanaged
{
    private readonly Lock _lock = new();
    private TBlock _block;

    public static string Name => "System.Threading.Lock";

    public static UnderLock<TBlock> Create() => new();

    public TBlock Read()
    {
        lock (_lock)
        {
            return _block;
        }
    }

    public void Write(in TBlock block)
    {
        lock (_lock)
        {
            _block = block;
        }
    }
}

#pragma warning disable CA1001 // It lives as long as the process.
internal sealed class UnderReaderWriterLock<TBlock> : IKeeper<UnderReaderWriterLock<TBlock>, TBlock>
#pragma warning restore CA1001
    where TBlock : unmanaged
{
    private readonly ReaderWriterLockSlim _lock = new();
    private TBlock _block;

    public static string Name => "ReaderWriterLockSlim";

    public static UnderReaderWriterLock<TBlock> Create() => new();

    public TBlock Read()
    {
        _lock.EnterReadLock();
        TBlock block = _block;
        _lock.ExitReadLock();
        return block;
    }

    public void Write(in TBlock block)
    {
        _lock.EnterWriteLock();
        _block = block;
        _lock.ExitWriteLock();
    }
}

/// <summary>An immutable object for each value: reads are as good, each write allocates one.</summary>
internal sealed class InNewObject<TBlock> : IKeeper<InNewObject<TBlock>, TBlock>
    where TBlock : unmanaged
{
    private volatile Box _box = new(default);

    public static string Name => "immutable object";

    public static InNewObject<TBlock> Create() => new();

    public TBlock Read() => _box.Block;

    public void Write(in TBlock block) => _box = new Box(block);

    private sealed class Box(TBlock block)
    {
        public readonly TBlock Block = block;
    }
}

/// <summary>Reads a block; if there is a writer, beside one that writes as fast as it can while reads are timed.</summary>
internal sealed class BlockRead<TKeeper, TBlock> : Contender
    where TKeeper : IKeeper<TKeeper, TBlock>
    where TBlock : unmanaged, IBlock
{
    private readonly TKeeper _keeper = TKeeper.Create();
    private readonly PausedThread? _writer;

    public BlockRead(bool besideWriter = false)
        : base(TKeeper.Name)
    {
        if (besideWriter)
        {
            _writer = new PausedThread(() =>
            {
                TBlock block = default;
                for (int i = 0; i < 1_000; i++)
                {
                    block.First = i;
                    _keeper.Write(block);
                }
            });
        }
    }

    public override void Before() => _writer?.Start();

    public override void After() => _writer?.Pause();

    public override void Run(int iterations) => Read(_keeper, iterations);

    public override void Dispose() => _writer?.Dispose();

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Read(TKeeper keeper, int iterations)
    {
        long sum = 0;
        for (int i = 0; i < iterations; i++)
        {
            sum += keeper.Read().Sum;
        }

        Consume(sum);
    }
}

/// <summary>Writes a block.</summary>
internal sealed class BlockWrite<TKeeper, TBlock>() : Contender(TKeeper.Name)
    where TKeeper : IKeeper<TKeeper, TBlock>
    where TBlock : unmanaged, IBlock
{
    private readonly TKeeper _keeper = TKeeper.Create();

    public override void Run(int iterations)
    {
        TBlock block = default;
        for (int i = 0; i < iterations; i++)
        {
            block.First = i;
            _keeper.Write(block);
        }
    }
}
