using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using SwmrKit;

namespace HeadToHead;

/// <summary>An announcement, a barrier, a look at the shared word: the reader's side of the protocol.</summary>
internal abstract class AnnounceContender(string name) : Contender(name)
{
    private protected long Slot;
    private protected long Shared = 1;
}

internal sealed class AnnounceLight : AnnounceContender
{
    public AnnounceLight()
        : base("Light") =>
        _ = AsymmetricBarrier.Tier; // Decided before Run is compiled, as a program would at start-up.

    public override void Run(int iterations)
    {
        long sum = 0;
        for (int i = 0; i < iterations; i++)
        {
            Volatile.Write(ref Slot, i);
            AsymmetricBarrier.Light();
            sum += Volatile.Read(ref Shared);
        }

        Consume(sum);
    }
}

internal sealed class AnnounceNothing() : AnnounceContender("no barrier")
{
    public override void Run(int iterations)
    {
        long sum = 0;
        for (int i = 0; i < iterations; i++)
        {
            Volatile.Write(ref Slot, i);
            sum += Volatile.Read(ref Shared);
        }

        Consume(sum);
    }
}

internal sealed class AnnounceFullFence() : AnnounceContender("full fence")
{
    public override void Run(int iterations)
    {
        long sum = 0;
        for (int i = 0; i < iterations; i++)
        {
            Volatile.Write(ref Slot, i);
            Interlocked.MemoryBarrier();
            sum += Volatile.Read(ref Shared);
        }

        Consume(sum);
    }
}

internal sealed class HeavyBarrier(bool withAnotherCoreBusy) : Contender("Heavy")
{
    private readonly BusyThread? _busy = withAnotherCoreBusy ? new BusyThread(static () => Thread.SpinWait(100)) : null;

    public override void Dispose() => _busy?.Dispose();

    public override void Run(int iterations)
    {
        for (int i = 0; i < iterations; i++)
        {
            AsymmetricBarrier.Heavy();
        }
    }
}

internal sealed class ProcessWideBarrier() : Contender("MemoryBarrierProcessWide")
{
    public override void Run(int iterations)
    {
        for (int i = 0; i < iterations; i++)
        {
            Interlocked.MemoryBarrierProcessWide();
        }
    }
}

/// <summary>The same system call in a loop of C, compiled here; only where there is a C compiler.</summary>
internal sealed unsafe class RawMembarrierLoop : Contender
{
    /// <summary>What targets call it, whether or not it can be compiled here.</summary>
    public const string PeerName = "raw C loop";

    private readonly string _library;
    private readonly nint _handle;
    private readonly delegate* unmanaged<long, long> _loop;

    private RawMembarrierLoop(string library)
        : base(PeerName)
    {
        _library = library;
        _handle = NativeLibrary.Load(library);
        _loop = (delegate* unmanaged<long, long>)NativeLibrary.GetExport(_handle, "membarrier_loop");
    }

    /// <summary>Compiles the loop, or returns null where that is not possible.</summary>
    public static RawMembarrierLoop? TryCreate()
    {
        if (!OperatingSystem.IsLinux() || AsymmetricBarrier.Tier != BarrierTier.PrivateExpedited)
        {
            return null;
        }

        string library = Path.Combine(Path.GetTempPath(), $"membarrier-loop-{Environment.ProcessId}.so");
        try
        {
            using var compiler = Process.Start(new ProcessStartInfo(
                "gcc", ["-O2", "-shared", "-fPIC", "-o", library, Path.Combine(AppContext.BaseDirectory, "membarrier-loop.c")]));
            compiler!.WaitForExit();
            return compiler.ExitCode == 0 ? new RawMembarrierLoop(library) : null;
        }
        catch (Win32Exception)
        {
            return null; // No compiler.
        }
    }

    public override void Run(int iterations)
    {
        if (_loop(iterations) != 0)
        {
            throw new InvalidOperationException("membarrier failed in the C loop.");
        }
    }

    public override void Dispose()
    {
        NativeLibrary.Free(_handle);
        File.Delete(_library);
    }
}

/// <summary>Keeps another core busy in this process while its row is measured, doing something again and again: then a heavy barrier has somebody to interrupt.</summary>
internal sealed class BusyThread : IDisposable
{
    private volatile bool _stop;
    private readonly Thread _thread;

    public BusyThread(Action something)
    {
        _thread = new Thread(() =>
        {
            while (!_stop)
            {
                something();
            }
        })
        { IsBackground = true };
        _thread.Start();
    }

    public void Dispose()
    {
        _stop = true;
        _thread.Join();
    }
}

/// <summary>A thread that does something again and again from <see cref="Start"/> to <see cref="Pause"/>.</summary>
internal sealed class PausedThread : IDisposable
{
    private readonly ManualResetEventSlim _mayRun = new(false);
    private readonly ManualResetEventSlim _rests = new(false);
    private readonly BusyThread _thread;
    private volatile bool _pauses = true;

    public PausedThread(Action something) => _thread = new BusyThread(() =>
    {
        if (_pauses)
        {
            _rests.Set();
            _mayRun.Wait();
        }
        else
        {
            _rests.Reset();
            something();
        }
    });

    /// <summary>Returns when it has begun.</summary>
    public void Start()
    {
        _pauses = false;
        _mayRun.Set();
        SpinWait.SpinUntil(() => !_rests.IsSet);
    }

    /// <summary>Returns when it has ended.</summary>
    public void Pause()
    {
        _mayRun.Reset();
        _pauses = true;
        _rests.Wait();
    }

    public void Dispose()
    {
        _pauses = true;
        _mayRun.Set();
        _thread.Dispose();
        _mayRun.Dispose();
        _rests.Dispose();
    }
}
