namespace SwmrKit.Memory;

/// <summary>A thread, as an algorithm that must notice its end sees it: <see cref="Thread"/> behind the seam of the shared words.</summary>
/// <remarks><c>default</c> is no thread: not alive, and equal to none. Safe to use from any thread.</remarks>
public readonly struct ThreadIdentity : IEquatable<ThreadIdentity>
{
    private readonly Thread? _thread;

    private ThreadIdentity(Thread thread) => _thread = thread;

    /// <summary>The calling thread.</summary>
    public static ThreadIdentity Current => new(Thread.CurrentThread);

    /// <summary>Whether the thread has not ended. Once false, all it did comes before what follows.</summary>
    public bool IsAlive => _thread is { IsAlive: true };

    /// <summary>The thread's name, or its number where it has none; for people.</summary>
    public string Name => _thread is null ? "no thread" : _thread.Name ?? $"thread {_thread.ManagedThreadId}";

    /// <summary>Whether both are the same thread.</summary>
    /// <param name="left">One thread.</param>
    /// <param name="right">The other.</param>
    /// <returns>True when they are; numbers of ended threads, which the system gives out again, are not compared.</returns>
    public static bool operator ==(ThreadIdentity left, ThreadIdentity right) => left.Equals(right);

    /// <summary>Whether they are different threads.</summary>
    /// <param name="left">One thread.</param>
    /// <param name="right">The other.</param>
    /// <returns>True when they are not the same.</returns>
    public static bool operator !=(ThreadIdentity left, ThreadIdentity right) => !left.Equals(right);

    /// <inheritdoc/>
    public bool Equals(ThreadIdentity other) => _thread is not null && ReferenceEquals(_thread, other._thread);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is ThreadIdentity other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => _thread?.GetHashCode() ?? 0;

    /// <inheritdoc/>
    public override string ToString() => Name;
}
