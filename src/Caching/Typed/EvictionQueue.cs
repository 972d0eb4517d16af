namespace SwmrKit;

/// <summary>Entries in the order in which they came. Guarded by the cache's lock.</summary>
internal sealed class EvictionQueue<TKey, TValue>
{
    private TypedEntry<TKey, TValue>? _newest;

    /// <summary>The one that came first.</summary>
    public TypedEntry<TKey, TValue>? Oldest { get; private set; }

    /// <summary>The sum of the entries' weights.</summary>
    public long Weight { get; private set; }

    public void Add(TypedEntry<TKey, TValue> entry)
    {
        entry.Queue = this;
        entry.Older = _newest;
        if (_newest is null)
        {
            Oldest = entry;
        }
        else
        {
            _newest.Newer = entry;
        }

        _newest = entry;
        Weight += entry.Weight;
    }

    public void Remove(TypedEntry<TKey, TValue> entry)
    {
        if (entry.Newer is null)
        {
            _newest = entry.Older;
        }
        else
        {
            entry.Newer.Older = entry.Older;
        }

        if (entry.Older is null)
        {
            Oldest = entry.Newer;
        }
        else
        {
            entry.Older.Newer = entry.Newer;
        }

        (entry.Queue, entry.Newer, entry.Older) = (null, null, null);
        Weight -= entry.Weight;
    }

    /// <summary>Puts an entry in the place of another.</summary>
    public void Replace(TypedEntry<TKey, TValue> entry, TypedEntry<TKey, TValue> by)
    {
        (by.Queue, by.Newer, by.Older) = (this, entry.Newer, entry.Older);
        if (by.Newer is null)
        {
            _newest = by;
        }
        else
        {
            by.Newer.Older = by;
        }

        if (by.Older is null)
        {
            Oldest = by;
        }
        else
        {
            by.Older.Newer = by;
        }

        (entry.Queue, entry.Newer, entry.Older) = (null, null, null);
        Weight += by.Weight - entry.Weight;
    }
}
