namespace SwmrKit;

/// <summary>
/// Which entry makes room: S3-FIFO (Yang, Zhang, Qiu, Yue and Rashmi, "FIFO queues are all you need for cache eviction", SOSP 2023). Guarded by the cache's lock, but for the visits, which hits note.
/// </summary>
/// <remarks>
/// <para>New entries pass through a small queue. One that is visited there goes to the main queue when it has come to the end; one that is not leaves, and its key's hash is remembered in the ghost
/// queue: if the key comes back while it is there, its entry begins in the main queue. An entry at the end of the main queue leaves when its visits are used up; else it begins anew, with one visit
/// less. So what is read once, however much of it comes by, drives out none of what is read often.</para>
/// <para>The sizes are by measurement (docs/caching.md): the small queue has a twentieth of the capacity, the ghost queue remembers half as many keys again as there are entries, and one visit is enough to
/// stay. The paper has a tenth, as many as the main queue holds, and two.</para>
/// </remarks>
internal sealed class EvictionPolicy<TKey, TValue>
{
    private readonly EvictionQueue<TKey, TValue> _small = new();
    private readonly EvictionQueue<TKey, TValue> _main = new();
    private readonly GhostQueue _ghosts = new();
    private int _count;

    public long Capacity { get; set; }

    /// <summary>The sum of the entries' weights.</summary>
    public long Weight => _small.Weight + _main.Weight;

    /// <summary>Takes in an entry, whose key is not there.</summary>
    public void Add(TypedEntry<TKey, TValue> entry)
    {
        (_ghosts.Remove(entry.Hash) ? _main : _small).Add(entry);
        _count++;
    }

    public void Remove(TypedEntry<TKey, TValue> entry)
    {
        entry.Queue!.Remove(entry);
        _count--;
    }

    /// <summary>Puts an entry in the place of that of the same key. To be written is to be visited.</summary>
    public static void Replace(TypedEntry<TKey, TValue> entry, TypedEntry<TKey, TValue> by)
    {
        by.Visits = entry.Visits;
        by.NoteVisit();
        entry.Queue!.Replace(entry, by);
    }

    /// <summary>Finds the entry that is to leave next. It is still there: <see cref="Evict"/> lets it go.</summary>
    /// <param name="spared">One that stays, for it is just being written; null for none. There is another.</param>
    public TypedEntry<TKey, TValue> FindVictim(TypedEntry<TKey, TValue>? spared)
    {
        long mainCapacity = Capacity - Math.Max(1, Capacity / 20);
        for (long looks = 0; ; looks++)
        {
            EvictionQueue<TKey, TValue> queue = _small.Oldest is not null && (_main.Oldest is null || _main.Weight <= mainCapacity) ? _small : _main;
            TypedEntry<TKey, TValue> oldest = queue.Oldest!;
            if (!ReferenceEquals(oldest, spared) && (oldest.Visits == 0 || looks > (TypedEntry<TKey, TValue>.MostVisits + 2L) * _count)) // So many looks use up all visits there are, but for those noted meanwhile.
            {
                return oldest;
            }

            queue.Remove(oldest);
            oldest.Visits = ReferenceEquals(queue, _small) ? 0 : Math.Max(0, oldest.Visits - 1);
            _main.Add(oldest);
        }
    }

    /// <summary>Lets the entry go that <see cref="FindVictim"/> has found.</summary>
    public void Evict(TypedEntry<TKey, TValue> victim)
    {
        if (ReferenceEquals(victim.Queue, _small))
        {
            _ghosts.Add(victim.Hash, (int)Math.Min(_count + (_count / 2L), 1 << 30));
        }

        Remove(victim);
    }

    /// <summary>Forgets everything. The entries are not in a queue any more.</summary>
    public void Clear()
    {
        foreach (EvictionQueue<TKey, TValue> queue in (ReadOnlySpan<EvictionQueue<TKey, TValue>>)[_small, _main])
        {
            while (queue.Oldest is { } entry)
            {
                queue.Remove(entry);
            }
        }

        _ghosts.Clear();
        _count = 0;
    }
}
