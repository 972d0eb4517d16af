namespace SwmrKit;

/// <summary>
/// What readers held at one scan: their [lower, upper] reservations, arranged so that one item is decided in O(log readers).
/// </summary>
/// <remarks>
/// Sorted by lower bound, with the greatest upper bound so far beside each: an item alive during [birth, tag] is held exactly
/// when some reservation with lower &lt;= tag has upper &gt;= birth. Reused from scan to scan; not thread-safe.
/// </remarks>
internal sealed class Reservations
{
    private const int Recent = 32;

    // One entry an era while eras are close together, as they are unless readers stall: found without a search or a jump that depends on
    // who is where. Place 0 is for those outside, era 0.
    private readonly long[] _recentLowers = new long[Recent + 1];
    private readonly long[] _recentUppers = new long[Recent + 1];

    private long[] _lowers = [];
    private long[] _uppers = [];
    private int _count;

    // For each slot, the lower bound last seen there, and since when.
    private (long Lower, long Since)[] _seen = [];

    /// <summary>Reads every slot. To be called after the heavy barrier, with slots read after it (O1, O5).</summary>
    /// <param name="slots">The slots; each keeps its place from call to call.</param>
    /// <param name="now">When this is.</param>
    public void Read(ReaderSlot[] slots, long now)
    {
        MakeRoom(slots.Length);

        _count = 0;
        Array.Clear(_recentLowers);
        Array.Clear(_recentUppers);
        for (int i = 0; i < slots.Length; i++)
        {
            ReaderSlot slot = slots[i];
            long lower = slot.Lower; // O4: acquire; what this reader did before leaving comes before what follows here.
            long upper = slot.UpperOver(lower); // O8: at least what went with that lower bound.
            if (_seen[i].Lower != lower)
            {
                _seen[i] = (lower, now);
            }

            int place = ((int)lower & (Recent - 1)) + (lower != 0 ? 1 : 0);
            if (_recentLowers[place] != lower)
            {
                if (_recentLowers[place] != 0)
                {
                    Add(lower, upper); // Eras far apart share a place.
                    continue;
                }

                _recentLowers[place] = lower;
            }

            if (_recentUppers[place] < upper)
            {
                _recentUppers[place] = upper;
            }
        }

        for (int place = 1; place <= Recent; place++)
        {
            if (_recentLowers[place] != 0)
            {
                Add(_recentLowers[place], _recentUppers[place]);
            }
        }

        _lowers.AsSpan(0, _count).Sort(_uppers.AsSpan(0, _count));
        for (int i = 1; i < _count; i++)
        {
            _uppers[i] = Math.Max(_uppers[i], _uppers[i - 1]);
        }
    }

    /// <summary>Since when the slot has had the lower bound that was last seen there; null when its reader was outside.</summary>
    /// <remarks>As each reading comes after an advance of the era, the same bound means the same section.</remarks>
    public long? InsideSince(int slot) => _seen[slot] is (not 0, var since) ? since : null;

    private void MakeRoom(int slots)
    {
        if (_lowers.Length >= slots)
        {
            return;
        }

        var seen = new (long, long)[slots];
        _seen.CopyTo(seen, 0);
        (_lowers, _uppers, _seen) = (new long[slots], new long[slots], seen); // All or none.
    }

    private void Add(long lower, long upper)
    {
        (_lowers[_count], _uppers[_count]) = (lower, upper);
        _count++;
    }

    /// <summary>Whether some reader may hold what was alive from <paramref name="birth"/> to <paramref name="tag"/>.</summary>
    public bool Hold(long birth, long tag)
    {
        int after = _lowers.AsSpan(0, _count).BinarySearch(new FirstAbove(tag));
        int enteredByThen = ~after;
        return enteredByThen > 0 && _uppers[enteredByThen - 1] >= birth;
    }

    /// <summary>Never equal to an element: the search ends, complemented, at the first one greater than <paramref name="value"/>.</summary>
    private readonly struct FirstAbove(long value) : IComparable<long>
    {
        public int CompareTo(long other) => other <= value ? 1 : -1;
    }
}
