using System.Runtime.InteropServices;

namespace SwmrKit.Testing;

/// <summary>What one thread hands another: whoever awaits it goes on when it has been handed over, once a hand-over.</summary>
/// <remarks>
/// A model checker hands it over millions of times. On Linux it is a futex of its own (futex(2)), a system call to hand and one to
/// await; elsewhere a monitor.
/// </remarks>
internal abstract class Baton
{
    public static Baton Create() => FutexBaton.IsSupported ? new FutexBaton() : new MonitorBaton();

    public abstract void Hand();

    public abstract void Await();

    private sealed class MonitorBaton : Baton
    {
        private readonly object _lock = new();
        private bool _isHere; // Guarded by the lock.

        public override void Hand()
        {
            lock (_lock)
            {
                _isHere = true;
                Monitor.Pulse(_lock);
            }
        }

        public override void Await()
        {
            lock (_lock)
            {
                while (!_isHere)
                {
                    Monitor.Wait(_lock);
                }

                _isHere = false;
            }
        }
    }
}

/// <summary>A word in native memory, 1 while the baton is here. It lives as long as the process: batons belong to pooled threads.</summary>
internal sealed unsafe partial class FutexBaton : Baton
{
    private const int WaitPrivate = 0 | 128;
    private const int WakePrivate = 1 | 128;

    // The number of the system call, from the kernel's tables; see Membarrier for such a list.
    private static readonly nint s_number = !OperatingSystem.IsLinux() ? 0 : RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => 202,
        Architecture.Arm64 => 98,
        _ => 0,
    };

    private readonly int* _word = (int*)NativeMemory.AllocZeroed(sizeof(int));

    public static bool IsSupported => s_number != 0;

    public override void Hand()
    {
        Volatile.Write(ref *_word, 1);
        _ = SystemCall(s_number, _word, WakePrivate, 1, 0);
    }

    public override void Await()
    {
        while (Interlocked.CompareExchange(ref *_word, 0, 1) != 1)
        {
            _ = SystemCall(s_number, _word, WaitPrivate, 0, 0);
        }
    }

    [LibraryImport("libc", EntryPoint = "syscall")]
    private static partial nint SystemCall(nint number, int* word, nint operation, nint value, nint timeout);
}
