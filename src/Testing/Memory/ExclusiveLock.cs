using System.Runtime.CompilerServices;

namespace SwmrKit.Testing.Memory;

/// <summary>Stands in for a re-entrant mutual-exclusion lock. Leaving it releases, taking it acquires, and neither is a full fence.</summary>
/// <remarks>The last three parameters of the methods are filled in by the compiler, for traces.</remarks>
public sealed class ExclusiveLock
{
    private readonly ModelLock _lock = new();

    /// <summary>Whether the calling thread holds the lock.</summary>
    public bool IsHeldByCurrentThread => ModelThread.Running is { } thread && _lock.IsHeldBy(thread);

    /// <summary>Waits for the lock and takes it until the scope is disposed.</summary>
    /// <param name="member">Where the call stands.</param>
    /// <param name="file">Where the call stands.</param>
    /// <param name="line">Where the call stands.</param>
    /// <returns>The scope.</returns>
    public Scope Enter([CallerMemberName] string member = "", [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        ModelRuntime.Enter(_lock, new Site(member, file, line));
        return new Scope(_lock);
    }

    /// <summary>Takes the lock if it is free; release it with <see cref="Exit"/>.</summary>
    /// <param name="member">Where the call stands.</param>
    /// <param name="file">Where the call stands.</param>
    /// <param name="line">Where the call stands.</param>
    /// <returns>Whether the lock was taken.</returns>
    public bool TryEnter([CallerMemberName] string member = "", [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        ModelRuntime.TryEnter(_lock, new Site(member, file, line));

    /// <summary>Releases what <see cref="TryEnter"/> took.</summary>
    /// <exception cref="SynchronizationLockException">The calling thread does not hold the lock.</exception>
    public void Exit() => ModelRuntime.Exit(_lock);

    /// <summary>Holds the lock until disposed.</summary>
    public ref struct Scope
    {
        private ModelLock? _lock;

        internal Scope(ModelLock taken) => _lock = taken;

        /// <summary>Releases the lock. Further calls do nothing.</summary>
        public void Dispose()
        {
            if (_lock is not null)
            {
                ModelRuntime.Exit(_lock);
            }

            _lock = null;
        }
    }
}
