namespace SwmrKit;

/// <summary>What has become of a key between two states of a dictionary.</summary>
public enum DictionaryChangeKind
{
    /// <summary>It is there, and was not.</summary>
    Added,

    /// <summary>It was there and is, with another value.</summary>
    Replaced,

    /// <summary>It was there, and is no longer.</summary>
    Removed,
}

/// <summary>What has become of one key between two states of a dictionary.</summary>
/// <typeparam name="TKey">The type of the keys.</typeparam>
/// <typeparam name="TValue">The type of the values.</typeparam>
/// <param name="Kind">What has become of it.</param>
/// <param name="Key">The key.</param>
/// <param name="OldValue">The value it had; default where it was added.</param>
/// <param name="NewValue">The value it has; default where it was removed.</param>
public readonly record struct DictionaryChange<TKey, TValue>(DictionaryChangeKind Kind, TKey Key, TValue? OldValue, TValue? NewValue)
    where TKey : notnull;
