using System.Runtime.CompilerServices;
using SwmrKit;

namespace HeadToHead;

/// <summary>Reads one field of a shared object under the reader-biased lock.</summary>
internal sealed class BiasedLockRead() : PerThread<ReaderHandle>("ReaderBiasedLock")
{
    private readonly ReaderBiasedLock _lock = new();
    private readonly Payload _shared = new();

    [MethodImpl(MethodImplOptions.NoInlining)]
    protected override void Run(ReaderHandle own, int iterations)
    {
        long sum = 0;
        for (int i = 0; i < iterations; i++)
        {
            using SwmrKit.LockRead read = _lock.EnterRead(own);
            sum += _shared.Value;
        }

        Consume(sum);
    }

    protected override ReaderHandle Open() => _lock.Register();
}

internal sealed class ImplicitBiasedLockRead() : Contender("ReaderBiasedLock, implicit")
{
    private readonly ReaderBiasedLock _lock = new();
    private readonly Payload _shared = new();

    public override void Run(int iterations)
    {
        long sum = 0;
        for (int i = 0; i < iterations; i++)
        {
            using SwmrKit.LockRead read = _lock.EnterRead();
            sum += _shared.Value;
        }

        Consume(sum);
    }
}

/// <summary>The same lock as it is after a write: readers fence, and never come often enough to get the bias back.</summary>
internal sealed class UnbiasedLockRead() : PerThread<ReaderHandle>("ReaderBiasedLock, unbiased")
{
    private readonly ReaderBiasedLock _lock = Unbiased();
    private readonly Payload _shared = new();

    [MethodImpl(MethodImplOptions.NoInlining)]
    protected override void Run(ReaderHandle own, int iterations)
    {
        long sum = 0;
        for (int i = 0; i < iterations; i++)
        {
            using SwmrKit.LockRead read = _lock.EnterRead(own);
            sum += _shared.Value;
        }

        Consume(sum);
    }

    protected override ReaderHandle Open() => _lock.Register();

    private static ReaderBiasedLock Unbiased()
    {
        var unbiased = new ReaderBiasedLock(AsymmetricBarrier.Heavy, TimeProvider.System, fewestQuietReads: int.MaxValue);
        unbiased.EnterWrite().Dispose();
        return unbiased;
    }
}

internal sealed class LeftRightRead() : PerThread<ReaderHandle>("LeftRight")
{
    private readonly LeftRight<Payload> _structure = new(new Payload(), static payload => new Payload { Value = payload.Value });

    [MethodImpl(MethodImplOptions.NoInlining)]
    protected override void Run(ReaderHandle own, int iterations)
    {
        long sum = 0;
        for (int i = 0; i < iterations; i++)
        {
            using LeftRightRead<Payload> read = _structure.Read(own);
            sum += read.Value.Value;
        }

        Consume(sum);
    }

    protected override ReaderHandle Open() => _structure.Register();
}

/// <summary>How far a measuring thread is from its next write.</summary>
internal sealed class Turn(ReaderHandle? reader)
{
    public ReaderHandle? Reader => reader;

    public int Reads { get; set; }
}

/// <summary>Reads, and after so many of them one write. The time is that of a read, with its share of the write.</summary>
internal abstract class Mixed(string name, int readsPerWrite) : PerThread<Turn>(name)
{
    [MethodImpl(MethodImplOptions.NoInlining)]
    protected override void Run(Turn own, int iterations)
    {
        long sum = 0;
        for (int left = iterations; left > 0;)
        {
            int reads = Math.Min(left, readsPerWrite - own.Reads);
            sum += Read(own, reads);
            left -= reads;
            own.Reads += reads;
            if (own.Reads == readsPerWrite)
            {
                own.Reads = 0;
                Write();
            }
        }

        Consume(sum);
    }

    protected override Turn Open() => new(reader: null);

    protected abstract long Read(Turn own, int times);

    protected abstract void Write();
}

internal sealed class MixedBiasedLock(int readsPerWrite) : Mixed("ReaderBiasedLock", readsPerWrite)
{
    private readonly ReaderBiasedLock _lock = new();
    private readonly Payload _shared = new();

    protected override Turn Open() => new(_lock.Register());

    protected override long Read(Turn own, int times)
    {
        ReaderHandle handle = own.Reader!;
        long sum = 0;
        for (int i = 0; i < times; i++)
        {
            using SwmrKit.LockRead read = _lock.EnterRead(handle);
            sum += _shared.Value;
        }

        return sum;
    }

    protected override void Write()
    {
        using LockWrite write = _lock.EnterWrite();
        _shared.Value++;
    }
}

internal sealed class MixedLeftRight(int readsPerWrite) : Mixed("LeftRight", readsPerWrite)
{
    private readonly LeftRight<Payload> _structure = new(new Payload(), static payload => new Payload { Value = payload.Value });

    protected override Turn Open() => new(_structure.Register());

    protected override long Read(Turn own, int times)
    {
        ReaderHandle handle = own.Reader!;
        long sum = 0;
        for (int i = 0; i < times; i++)
        {
            using LeftRightRead<Payload> read = _structure.Read(handle);
            sum += read.Value.Value;
        }

        return sum;
    }

    protected override void Write() => _structure.Write(static payload => { payload.Value++; });
}

internal sealed class MixedReaderWriterLock(int readsPerWrite) : Mixed("ReaderWriterLockSlim", readsPerWrite)
{
    private readonly ReaderWriterLockSlim _lock = new();
    private readonly Payload _shared = new();

    public override void Dispose() => _lock.Dispose();

    protected override long Read(Turn own, int times)
    {
        long sum = 0;
        for (int i = 0; i < times; i++)
        {
            _lock.EnterReadLock();
            sum += _shared.Value;
            _lock.ExitReadLock();
        }

        return sum;
    }

    protected override void Write()
    {
        _lock.EnterWriteLock();
        _shared.Value++;
        _lock.ExitWriteLock();
    }
}

internal sealed class MixedLock(int readsPerWrite) : Mixed("System.Threading.Lock", readsPerWrite)
{
    private readonly Lock _lock = new();
    private readonly Payload _shared = new();

    protected override long Read(Turn own, int times)
    {
        long sum = 0;
        for (int i = 0; i < times; i++)
        {
            lock (_lock)
            {
                sum += _shared.Value;
            }
        }

        return sum;
    }

    protected override void Write()
    {
        lock (_lock)
        {
            _shared.Value++;
        }
    }
}
