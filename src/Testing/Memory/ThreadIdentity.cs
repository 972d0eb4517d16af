namespace SwmrKit.Testing.Memory;

/// <summary>Stands in for a thread as an algorithm sees it that must notice its end. Outside every scenario it is no thread.</summary>
public readonly struct ThreadIdentity : IEquatable<ThreadIdentity>
{
    private readonly ModelThread? _thread;

    private ThreadIdentity(ModelThread? thread) => _thread = thread;

    /// <summary>The calling thread.</summary>
    public static ThreadIdentity Current => new(ModelThread.Running);

    /// <summary>Whether the thread has not ended. Once false, all it did comes before what follows.</summary>
    public bool IsAlive => _thread is not null && ModelRuntime.Read(_thread.Life, Ordering.Acquire, default).Number != 0;

    /// <summary>The thread's name.</summary>
    public string Name => _thread?.Name ?? "no thread";

    /// <summary>Whether both are the same thread.</summary>
    /// <param name="left">One thread.</param>
    /// <param name="right">The other.</param>
    /// <returns>True when they are.</returns>
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
