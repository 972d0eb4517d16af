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
        foreach (ReaderSlot slot in slots)
        {
            long lower = slot.Lower; // O4: acquire; what this reader did before leaving comes before what follows here.
            if (lower != 0)
            {
                _lowers[_count] = lower;
                _uppers[_count] = slot.Upper; // O8: at least what went with that lower bound.
                _count++;
            }
        }

        if (_count > 1)
        {
            _lowers.AsSpan(0, _count).Sort(_uppers.AsSpan(0, _count));
            for (int i = 1; i < _count; i++)
            {
                _uppers[i] = Math.Max(_uppers[i], _uppers[i - 1]);
            }
        }
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
