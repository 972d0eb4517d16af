namespace SwmrKit;

/// <summary>An entry of a <see cref="SwmrCache{TKey, TValue}"/>: its value never changes, so that readers find it whole, whatever its type. Another value is another entry.</summary>
internal class TypedEntry<TKey, TValue>(TKey key, TValue value, int hash, long weight)
{
    /// <summary>The most visits that are noted.</summary>
    public const int MostVisits = 3;

    // Written by hits, without order: any of the counts it has had will do. Two hits at the same time may count as one.
    private SharedInt32 _visits;

    public TKey Key { get; } = key;

    public TValue Value { get; } = value;

    public int Hash { get; } = hash;

    public long Weight { get; } = weight;

    /// <summary>The queue it is in; null when it is not in the cache. Guarded by the cache's lock, as are its neighbours.</summary>
    public EvictionQueue<TKey, TValue>? Queue { get; set; }

    /// <summary>The neighbour that came later.</summary>
    public TypedEntry<TKey, TValue>? Newer { get; set; }

    /// <summary>The neighbour that came earlier.</summary>
    public TypedEntry<TKey, TValue>? Older { get; set; }

    public int Visits
    {
        get => _visits.ReadRelaxed();
        set => _visits.WriteRelaxed(value);
    }

    /// <summary>Notes a hit. Of an entry that is read much the count is full, and nothing is written: readers on all processors share its line.</summary>
    public void NoteVisit()
    {
        int visits = _visits.ReadRelaxed();
        if (visits < MostVisits)
        {
            _visits.WriteRelaxed(visits + 1);
        }
    }
}
