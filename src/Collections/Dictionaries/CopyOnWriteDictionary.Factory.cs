namespace SwmrKit;

/// <summary>Makes dictionaries.</summary>
public static class CopyOnWriteDictionary
{
    /// <summary>Makes a dictionary of entries: what a collection expression calls.</summary>
    /// <typeparam name="TKey">The type of the keys.</typeparam>
    /// <typeparam name="TValue">The type of the values.</typeparam>
    /// <param name="entries">The entries. Of those with equal keys the last one's value stays.</param>
    /// <returns>The dictionary.</returns>
    /// <exception cref="ArgumentNullException">A key is null.</exception>
    public static CopyOnWriteDictionary<TKey, TValue> Create<TKey, TValue>(params ReadOnlySpan<KeyValuePair<TKey, TValue>> entries)
        where TKey : notnull
    {
        var dictionary = new CopyOnWriteDictionary<TKey, TValue>(entries.Length, null, keepsRoom: false);
        foreach ((TKey key, TValue value) in entries)
        {
            dictionary.Set(key, value);
        }

        return dictionary;
    }

    /// <summary>Makes a dictionary of the entries of another: an ImmutableDictionary, a FrozenDictionary, a Dictionary, a snapshot.</summary>
    /// <typeparam name="TKey">The type of the keys.</typeparam>
    /// <typeparam name="TValue">The type of the values.</typeparam>
    /// <param name="source">The entries.</param>
    /// <param name="comparer">Compares the keys; null for the default comparer of their type.</param>
    /// <returns>The dictionary.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> or a key is null.</exception>
    /// <exception cref="ArgumentException">A key comes twice.</exception>
    public static CopyOnWriteDictionary<TKey, TValue> ToCopyOnWriteDictionary<TKey, TValue>(this IEnumerable<KeyValuePair<TKey, TValue>> source, IEqualityComparer<TKey>? comparer = null)
        where TKey : notnull => new(source, comparer);
}
