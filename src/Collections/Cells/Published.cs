namespace SwmrKit;

/// <summary>A value that an owning container has published, with what belongs to it. Immutable: a reader gets all of it or none.</summary>
/// <remarks>One a publication: a value that is exchanged out and published again gets another. So a lease that finds the same one twice has found the same publication.</remarks>
internal sealed class Published<T>(T value, Ownership? ownership, long version)
    where T : class
{
    public readonly T Value = value;

    /// <summary>The object's record; null where there is nothing to dispose, and the garbage collector does it all.</summary>
    public readonly Ownership? Ownership = ownership;

    /// <summary>The container's version with which the value came.</summary>
    public readonly long Version = version;

    /// <summary>The era before the value was first reachable: 0 where nothing is disposed, one that never comes in a disposed cell.</summary>
    public readonly long Birth = ownership?.Birth ?? 0;

    private Published(Published<T> last)
        : this(null!, null, last.Version) => Birth = long.MaxValue; // Keeps nothing alive.

    public bool IsDisposed => Birth == long.MaxValue;

    /// <summary>What a cell holds that has been disposed: every reader finds that it is not born yet, and looks closer.</summary>
    public static Published<T> Disposed(Published<T> last) => new(last);
}
