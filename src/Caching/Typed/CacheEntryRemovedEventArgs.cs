namespace SwmrKit;

/// <summary>An entry that has left a <see cref="SwmrCache{TKey, TValue}"/>.</summary>
/// <typeparam name="TKey">The type of the keys.</typeparam>
/// <typeparam name="TValue">The type of the values.</typeparam>
/// <param name="key">Its key.</param>
/// <param name="value">Its value.</param>
/// <param name="reason">Why it has left.</param>
public sealed class CacheEntryRemovedEventArgs<TKey, TValue>(TKey key, TValue value, CacheRemovalReason reason) : EventArgs
    where TKey : notnull
{
    /// <summary>Its key.</summary>
    public TKey Key { get; } = key;

    /// <summary>Its value. Readers that have found it before may still be using it.</summary>
    public TValue Value { get; } = value;

    /// <summary>Why it has left.</summary>
    public CacheRemovalReason Reason { get; } = reason;
}
