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
    private const int FewEras = 16;

    private long[] _lowers = [];
    private long[] _uppers = [];
    private int _count;

    /// <summary>Reads every slot. To be called after the heavy barrier, with slots read after it (O1, O5).</summary>
    public void Read(ReaderSlot[] slots)
    {
        if (_lowers.Length < slots.Length)
        {
            (_lowers, _uppers) = (new long[slots.Length], new long[slots.Length]); // Both or neither.
        }

        _count = 0;
        bool isSorted = true;
        foreach (ReaderSlot slot in slots)
        {
            long lower = slot.Lower; // O4: acquire; what this reader did before leaving comes before what follows here.
            if (lower != 0)
            {
                long upper = slot.Upper; // O8: at least what went with that lower bound.
                isSorted = isSorted && TryInsert(lower, upper);
                if (!isSorted)
                {
                    (_lowers[_count], _uppers[_count]) = (lower, upper);
                    _count++;
                }
            }
        }

        if (!isSorted)
        {
            _lowers.AsSpan(0, _count).Sort(_uppers.AsSpan(0, _count));
        }

        for (int i = 1; i < _count; i++)
        {
            _uppers[i] = Math.Max(_uppers[i], _uppers[i - 1]);
        }
    }

    /// <summary>Keeps a short list sorted, one entry a lower bound: as a rule all readers entered in one of a few eras.</summary>
    /// <returns>False, having changed nothing, when the list would grow beyond that.</returns>
    private bool TryInsert(long lower, long upper)
    {
        int at = _count;
        while (at > 0 && _lowers[at - 1] > lower)
        {
            at--;
        }

        if (at > 0 && _lowers[at - 1] == lower)
        {
            _uppers[at - 1] = Math.Max(_uppers[at - 1], upper);
            return true;
        }

        if (_count == FewEras)
        {
            return false;
        }

        _lowers.AsSpan(at, _count - at).CopyTo(_lowers.AsSpan(at + 1));
        _uppers.AsSpan(at, _count - at).CopyTo(_uppers.AsSpan(at + 1));
        (_lowers[at], _uppers[at]) = (lower, upper);
        _count++;
        return true;
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
