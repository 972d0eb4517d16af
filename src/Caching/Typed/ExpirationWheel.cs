namespace SwmrKit;

/// <summary>
/// The entries of a cache by when they expire: as all live at most equally long, a ring of slots that follow each other in time is enough (Varghese and Lauck, "Hashed and hierarchical timing wheels", SOSP 1987).
/// Adding and removing is O(1). Guarded by the cache's lock.
/// </summary>
/// <param name="lifetime">How long an entry lives at most, in ticks.</param>
internal sealed class ExpirationWheel<TKey, TValue>(long lifetime)
{
    private const int Parts = 64;
    private const long LeastSlotLength = 10 * TimeSpan.TicksPerMillisecond; // More often a timer would only keep a processor awake.
    private const long MostSlotLength = 1_000 * TimeSpan.TicksPerDay; // What stays longer than a revolution is looked at once in each.

    // Its longest life takes an entry Parts slots ahead of the one that is going on, and one more for the remainders.
    private readonly List<ExpiringEntry<TKey, TValue>>[] _slots = [.. Enumerable.Range(0, Parts + 2).Select(static _ => new List<ExpiringEntry<TKey, TValue>>())];
    private readonly long _slotLength = SlotLength(lifetime);
    private long _first; // The number of the first slot that may have entries.
    private int _count;

    /// <summary>When the first slot with entries in it is over; null when there are none.</summary>
    public long? NextEnd
    {
        get
        {
            for (long number = _first; number < _first + _slots.Length; number++)
            {
                if (_slots[number % _slots.Length].Count > 0)
                {
                    return (number + 1) * _slotLength;
                }
            }

            return null;
        }
    }

    public void Add(ExpiringEntry<TKey, TValue> entry, long now)
    {
        if (_count++ == 0)
        {
            _first = now / _slotLength;
        }

        // A writer that was held up since it read the time may be too late for the slot, and a timer so late that the ring is too short: the entry is looked at early then, and comes back.
        long number = Math.Clamp(entry.Deadline / _slotLength, _first, _first + _slots.Length - 1);
        entry.Slot = (int)(number % _slots.Length);
        entry.Place = _slots[entry.Slot].Count;
        _slots[entry.Slot].Add(entry);
    }

    public void Remove(ExpiringEntry<TKey, TValue> entry)
    {
        List<ExpiringEntry<TKey, TValue>> slot = _slots[entry.Slot];
        ExpiringEntry<TKey, TValue> last = slot[^1];
        slot[entry.Place] = last;
        last.Place = entry.Place;
        slot.RemoveAt(slot.Count - 1);
        _count--;
        entry.Slot = ExpiringEntry<TKey, TValue>.NoSlot;
    }

    /// <summary>Takes out what is written in the slots that are over: it has expired, unless it was read since.</summary>
    public List<ExpiringEntry<TKey, TValue>> TakeUntil(long now)
    {
        var due = new List<ExpiringEntry<TKey, TValue>>();
        long current = now / _slotLength;
        for (long number = _first; number < Math.Min(current, _first + _slots.Length); number++)
        {
            List<ExpiringEntry<TKey, TValue>> slot = _slots[number % _slots.Length];
            due.AddRange(slot);
            slot.Clear();
        }

        due.ForEach(static entry => entry.Slot = ExpiringEntry<TKey, TValue>.NoSlot);
        _first = Math.Max(_first, current);
        _count -= due.Count;
        return due;
    }

    /// <summary>Takes everything out, for good.</summary>
    public void Clear()
    {
        Array.ForEach(_slots, static slot => slot.Clear());
        _count = 0;
    }

    private static long SlotLength(long lifetime) => Math.Clamp((lifetime / Parts) + 1, LeastSlotLength, MostSlotLength);
}
