namespace SwmrKit;

/// <summary>Something unlinked that awaits its reclamation: what to call, and the eras [birth, tag] in which a reader may have found it.</summary>
internal readonly unsafe struct RetiredItem
{
    private readonly object _state;
    private readonly object? _action;
    private readonly delegate*<object, object?, void> _invoke;

    private RetiredItem(object state, object? action, delegate*<object, object?, void> invoke, long birth, long bytes)
    {
        _state = state;
        _action = action;
        _invoke = invoke;
        Birth = birth;
        Bytes = bytes;
    }

    /// <summary>The era at or before which it was first published; <see cref="UnknownBirth"/> makes every earlier reader hold it back.</summary>
    public long Birth { get; }

    /// <summary>The era in which it had been unlinked (O2).</summary>
    public long Tag { get; private init; }

    public long Bytes { get; }

    /// <summary>Born before every reader: sound for anything, and all that is known of what no container tracked.</summary>
    public const long UnknownBirth = 0;

    public static RetiredItem Disposing(IDisposable value, long birth, long bytes) => new(value, null, &DisposeIt, birth, bytes);

    public static RetiredItem Calling<TState>(TState state, Action<TState> action, long birth, long bytes)
        where TState : class => new(state, action, &Call<TState>, birth, bytes);

    public RetiredItem Tagged(long tag) => this with { Tag = tag };

    public void Reclaim() => _invoke(_state, _action);

    private static void DisposeIt(object state, object? action) => ((IDisposable)state).Dispose();

    private static void Call<TState>(object state, object? action)
        where TState : class => ((Action<TState>)action!)((TState)state);
}
