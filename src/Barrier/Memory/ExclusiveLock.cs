using System.Runtime.CompilerServices;

namespace SwmrKit.Memory;

/// <summary>A mutual-exclusion lock for the writers' side: <see cref="Lock"/> behind the seam through which a model checker takes its place.</summary>
/// <remarks>
/// Re-entrant, as <see cref="Lock"/> is; <see cref="IsHeldByCurrentThread"/> lets a caller refuse re-entry. Waiting for it is not
/// ended by <see cref="Thread.Interrupt"/>, which would otherwise come between an unlink and its retirement; the interrupt is
/// kept for the thread's next wait.
/// </remarks>
public sealed class ExclusiveLock
{
    private readonly Lock _lock = new();

    /// <summary>Whether the calling thread holds the lock.</summary>
    public bool IsHeldByCurrentThread => _lock.IsHeldByCurrentThread;

    /// <summary>Waits for the lock and takes it until the scope is disposed.</summary>
    /// <returns>The scope; dispose it on the same thread.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Scope Enter()
    {
        if (!_lock.TryEnter())
        {
            EnterWaiting();
        }

        return new Scope(_lock);
    }

    /// <summary>Takes the lock if that is possible without waiting; release it with <see cref="Exit"/>.</summary>
    /// <returns>Whether the lock was taken.</returns>
    public bool TryEnter() => _lock.TryEnter();

    /// <summary>Releases what <see cref="TryEnter"/> took.</summary>
    /// <exception cref="SynchronizationLockException">The calling thread does not hold the lock.</exception>
    public void Exit() => _lock.Exit();

    /// <summary>Holds the lock until disposed.</summary>
    public ref struct Scope
    {
        private Lock? _lock;

        internal Scope(Lock taken) => _lock = taken;

        /// <summary>Releases the lock. Further calls do nothing.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Dispose()
        {
            _lock?.Exit();
            _lock = null;
        }
    }

    private void EnterWaiting()
    {
        bool interrupted = false;
        while (true)
        {
            try
            {
                _lock.Enter();
                break;
            }
            catch (ThreadInterruptedException)
            {
                interrupted = true;
            }
        }

        if (interrupted)
        {
            Thread.CurrentThread.Interrupt();
        }
    }
}
