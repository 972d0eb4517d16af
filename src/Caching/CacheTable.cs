namespace SwmrKit;

/// <summary>
/// The entries by their keys: strings apart from all others, so that a look-up of one is a string's. Anybody may read it; it is changed under the cache's lock, and where a key's
/// <c>Equals</c> or <c>GetHashCode</c> throws it is as before.
/// </summary>
internal sealed class CacheTable
{
    private readonly CopyOnWriteDictionary<string, SwmrCacheEntry> _byString = new();
    private readonly CopyOnWriteDictionary<string, SwmrCacheEntry>.AlternateLookup<ReadOnlySpan<char>> _bySpan;
    private readonly CopyOnWriteDictionary<object, SwmrCacheEntry> _byObject = new();

    public CacheTable() => _bySpan = _byString.GetAlternateLookup<ReadOnlySpan<char>>();

    public int Count => _byString.Count + _byObject.Count;

    /// <summary>A copy: of one moment the strings, of one moment the others.</summary>
    public object[] Keys => [.. _byString.Keys, .. _byObject.Keys];

    /// <summary>A copy, as of the keys.</summary>
    public SwmrCacheEntry[] Entries => [.. _byString.Values, .. _byObject.Values];

    public SwmrCacheEntry? Find(object key)
    {
        if (key is string text)
        {
            return _byString.TryGetValue(text, out SwmrCacheEntry? found) ? found : null;
        }

        return _byObject.TryGetValue(key, out SwmrCacheEntry? other) ? other : null;
    }

    public SwmrCacheEntry? Find(ReadOnlySpan<char> key) => _bySpan.TryGetValue(key, out SwmrCacheEntry? found) ? found : null;

    /// <summary>Puts an entry in the place of what is there under its key.</summary>
    public void Set(SwmrCacheEntry entry)
    {
        if (entry.Key is string text)
        {
            _byString.Set(text, entry);
        }
        else
        {
            _byObject.Set(entry.Key, entry);
        }
    }

    public void Remove(object key)
    {
        if (key is string text)
        {
            _byString.TryRemove(text);
        }
        else
        {
            _byObject.TryRemove(key);
        }
    }

    public void Clear()
    {
        _byString.Clear();
        _byObject.Clear();
    }
}
