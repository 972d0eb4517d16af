using System.Runtime.CompilerServices;

namespace SwmrKit.Memory;

/// <summary>A mutual-exclusion lock for the writers' side: <see cref="Lock"/> behind the seam through which a model checker takes its place.</summary>
/// <remarks>Re-entrant, as <see cref="Lock"/> is; <see cref="IsHeldByCurrentThread"/> lets a caller refuse re-entry.</remarks>
public sealed class ExclusiveLock
{
    private readonly Lock _lock = new();

    /// <summary>Whether the calling thread holds the lock.</summary>
    public bool IsHeldByCurrentThread => _lock.IsHeldByCurrentThread;

    /// <summary>Waits for the lock and takes it until the scope is disposed.</summary>
    /// <returns>The scope; dispose it on the same thread.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Scope Enter() => new(_lock.EnterScope());

    /// <summary>Takes the lock if that is possible without waiting; release it with <see cref="Exit"/>.</summary>
    /// <returns>Whether the lock was taken.</returns>
    public bool TryEnter() => _lock.TryEnter();

    /// <summary>Releases what <see cref="TryEnter"/> took.</summary>
    /// <exception cref="SynchronizationLockException">The calling thread does not hold the lock.</exception>
    public void Exit() => _lock.Exit();

    /// <summary>Holds the lock until disposed.</summary>
    public ref struct Scope
    {
        private Lock.Scope _scope;

        internal Scope(Lock.Scope scope) => _scope = scope;

        /// <summary>Releases the lock. Further calls do nothing.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Dispose() => _scope.Dispose();
    }
}
