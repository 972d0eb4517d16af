using System.Runtime.CompilerServices;
using Microsoft.Win32.SafeHandles;
using SwmrKit;
using SwmrKit.Memory;

namespace HeadToHead;

/// <summary>What all of them read: one field of a shared object.</summary>
internal sealed class Payload : IDisposable
{
    public long Value = 1;

    public void Dispose() => Value = 0;
}

/// <summary>Reads one field of a shared object, protected in one way or another while it does.</summary>
internal sealed class UnprotectedRead() : Contender("unprotected")
{
    private SharedReference<Payload> _shared = new(new Payload());

    public override void Run(int iterations)
    {
        long sum = 0;
        for (int i = 0; i < iterations; i++)
        {
            sum += _shared.Read()!.Value;
        }

        Consume(sum);
    }
}

/// <summary>Contenders whose measuring threads have something of their own.</summary>
internal abstract class PerThread<T>(string name) : Contender(name)
{
    [ThreadStatic]
    private static Dictionary<object, T>? t_own;

    public override void Enlist() => (t_own ??= []).Add(this, Open());

    public sealed override void Run(int iterations) => Run(t_own![this], iterations);

    protected abstract T Open();

    /// <summary>The loop. Never inlined above: the look-up of what the thread owns would take registers from it.</summary>
    protected abstract void Run(T own, int iterations);
}

internal sealed class HandleGuard() : PerThread<ReaderHandle>("guard, handle")
{
    private readonly RetirementDomain _domain = new();
    private SharedReference<Payload> _shared = new(new Payload());

    [MethodImpl(MethodImplOptions.NoInlining)]
    protected override void Run(ReaderHandle own, int iterations)
    {
        long sum = 0;
        for (int i = 0; i < iterations; i++)
        {
            using ReadGuard guard = own.Enter();
            sum += guard.Protect(ref _shared)!.Value;
        }

        Consume(sum);
    }

    protected override ReaderHandle Open() => _domain.Register();
}

internal sealed class ImplicitGuard() : Contender("guard, implicit")
{
    private readonly RetirementDomain _domain = new();
    private SharedReference<Payload> _shared = new(new Payload());

    public override void Run(int iterations)
    {
        long sum = 0;
        for (int i = 0; i < iterations; i++)
        {
            using ReadGuard guard = _domain.Enter();
            sum += guard.Protect(ref _shared)!.Value;
        }

        Consume(sum);
    }
}

internal sealed class HandleCellRead() : PerThread<ReaderHandle>("cell, handle")
{
    private readonly SwmrCell<Payload> _cell = new(new Payload(), new RetirementDomain());

    [MethodImpl(MethodImplOptions.NoInlining)]
    protected override void Run(ReaderHandle own, int iterations)
    {
        long sum = 0;
        for (int i = 0; i < iterations; i++)
        {
            using CellRead<Payload> read = _cell.Read(own);
            sum += read.Value.Value;
        }

        Consume(sum);
    }

    protected override ReaderHandle Open() => _cell.Domain.Register();
}

/// <summary>As a container reads inside: without <c>using</c>, for nothing between the read and its end can throw.</summary>
internal sealed class BareCellRead() : PerThread<ReaderHandle>("cell, handle, no using")
{
    private readonly SwmrCell<Payload> _cell = new(new Payload(), new RetirementDomain());

    [MethodImpl(MethodImplOptions.NoInlining)]
    protected override void Run(ReaderHandle own, int iterations)
    {
        long sum = 0;
        for (int i = 0; i < iterations; i++)
        {
            CellRead<Payload> read = _cell.Read(own);
            sum += read.Value.Value;
            read.Dispose();
        }

        Consume(sum);
    }

    protected override ReaderHandle Open() => _cell.Domain.Register();
}

internal sealed class ImplicitCellRead() : Contender("cell, implicit")
{
    private readonly SwmrCell<Payload> _cell = new(new Payload(), new RetirementDomain());

    public override void Run(int iterations)
    {
        long sum = 0;
        for (int i = 0; i < iterations; i++)
        {
            using CellRead<Payload> read = _cell.Read();
            sum += read.Value.Value;
        }

        Consume(sum);
    }
}

internal sealed class MonitorRead() : Contender("lock (Monitor)")
{
    private readonly object _lock = new();
    private readonly Payload _shared = new();

    public override void Run(int iterations)
    {
        long sum = 0;
        for (int i = 0; i < iterations; i++)
        {
            lock (_lock)
            {
                sum += _shared.Value;
            }
        }

        Consume(sum);
    }
}

internal sealed class LockRead() : Contender("System.Threading.Lock")
{
    private readonly Lock _lock = new();
    private readonly Payload _shared = new();

    public override void Run(int iterations)
    {
        long sum = 0;
        for (int i = 0; i < iterations; i++)
        {
            lock (_lock)
            {
                sum += _shared.Value;
            }
        }

        Consume(sum);
    }
}

internal sealed class ReaderWriterLockRead() : Contender("ReaderWriterLockSlim")
{
    private readonly ReaderWriterLockSlim _lock = new();
    private readonly Payload _shared = new();

    public override void Run(int iterations)
    {
        long sum = 0;
        for (int i = 0; i < iterations; i++)
        {
            _lock.EnterReadLock();
            sum += _shared.Value;
            _lock.ExitReadLock();
        }

        Consume(sum);
    }

    public override void Dispose() => _lock.Dispose();
}

/// <summary>The framework's counted handle, as every P/Invoke uses it.</summary>
internal sealed class SafeHandleRead() : Contender("SafeHandle")
{
    private readonly SafeFileHandle _handle = new(-2, ownsHandle: false);
    private readonly Payload _shared = new();

    public override void Run(int iterations)
    {
        long sum = 0;
        for (int i = 0; i < iterations; i++)
        {
            bool added = false;
            _handle.DangerousAddRef(ref added);
            sum += _shared.Value;
            _handle.DangerousRelease();
        }

        Consume(sum);
    }

    public override void Dispose() => _handle.Dispose();
}

internal sealed class ReferenceCountRead() : Contender("reference count")
{
    private readonly Payload _shared = new();
    private int _count = 1;

    public override void Run(int iterations)
    {
        long sum = 0;
        for (int i = 0; i < iterations; i++)
        {
            Interlocked.Increment(ref _count);
            sum += _shared.Value;
            Interlocked.Decrement(ref _count);
        }

        Consume(sum);
    }
}
