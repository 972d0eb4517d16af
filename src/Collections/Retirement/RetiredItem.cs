using System.Buffers;
using System.Runtime.CompilerServices;

namespace SwmrKit;

/// <summary>Something unlinked that awaits its reclamation: what to call, and the eras [birth, tag] in which a reader may have found it.</summary>
/// <remarks>Each form is a function pointer and at most two references: making one allocates nothing. Arguments are checked here, for every public way in.</remarks>
internal readonly unsafe struct RetiredItem
{
    private readonly object _state;
    private readonly object? _action;
    private readonly delegate*<object, object?, ValueTask> _invoke;

    private RetiredItem(object state, object? action, delegate*<object, object?, ValueTask> invoke, long bytes, long birth, EraClock clock)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        ArgumentOutOfRangeException.ThrowIfNegative(birth);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(birth, clock.Now);
        _state = state;
        _action = action;
        _invoke = invoke;
        Birth = birth;
        Bytes = bytes;
    }

    /// <summary>The era at or before which it was first published; 0 when unknown, which makes every earlier reader hold it back.</summary>
    public long Birth { get; private init; }

    /// <summary>The record of an object that a container has published, by which leases name it; null for any other.</summary>
    public Ownership? Record { get; private init; }

    /// <summary>The era in which it had been unlinked (O2).</summary>
    public long Tag { get; private init; }

    public long Bytes { get; }

    public static RetiredItem Disposing(IDisposable value, long bytes, long birth, EraClock clock)
    {
        ArgumentNullException.ThrowIfNull(value);
        return new RetiredItem(value, null, &DisposeIt, bytes, birth, clock);
    }

    public static RetiredItem DisposingAsync(IAsyncDisposable value, long bytes, long birth, EraClock clock)
    {
        ArgumentNullException.ThrowIfNull(value);
        return new RetiredItem(value, null, &DisposeItAsync, bytes, birth, clock);
    }

    public static RetiredItem Calling<TState>(TState state, Action<TState> action, long bytes, long birth, EraClock clock)
        where TState : class
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(action);
        return new RetiredItem(state, action, &Call<TState>, bytes, birth, clock);
    }

    public static RetiredItem Returning<T>(T[] array, ArrayPool<T> pool, bool clearArray, long birth, EraClock clock)
    {
        ArgumentNullException.ThrowIfNull(array);
        ArgumentNullException.ThrowIfNull(pool);
        long bytes = (long)array.Length * Unsafe.SizeOf<T>();
        return clearArray
            ? new RetiredItem(array, pool, &ReturnCleared<T>, bytes, birth, clock)
            : new RetiredItem(array, pool, &Return<T>, bytes, birth, clock);
    }

    /// <summary>When it was retired, by the domain's clock; 0 when nobody wants to know.</summary>
    public long RetiredAt { get; init; }

    public RetiredItem Tagged(long tag) => this with { Tag = tag };

    /// <summary>The same with the record of the object, which has been claimed for it.</summary>
    /// <remarks>O9. The earlier birth counts: an object that a container has published may have been reachable otherwise as well.</remarks>
    public RetiredItem OwnedBy(Ownership record) => this with { Record = record, Birth = Math.Min(Birth, record.Birth) };

    /// <summary>Runs the callback.</summary>
    /// <returns>Completed but for an asynchronous disposal that is still running. To be awaited once.</returns>
    public ValueTask Reclaim() => _invoke(_state, _action);

    private static ValueTask DisposeIt(object state, object? action)
    {
        ((IDisposable)state).Dispose();
        return default;
    }

    private static ValueTask DisposeItAsync(object state, object? action) => ((IAsyncDisposable)state).DisposeAsync();

    private static ValueTask Call<TState>(object state, object? action)
        where TState : class
    {
        ((Action<TState>)action!)((TState)state);
        return default;
    }

    private static ValueTask Return<T>(object array, object? pool)
    {
        Ownership.Forget(array); // From here on it is the pool's, who may hand it out to be published again.
        ((ArrayPool<T>)pool!).Return((T[])array);
        return default;
    }

    private static ValueTask ReturnCleared<T>(object array, object? pool)
    {
        Ownership.Forget(array);
        ((ArrayPool<T>)pool!).Return((T[])array, clearArray: true);
        return default;
    }
}
