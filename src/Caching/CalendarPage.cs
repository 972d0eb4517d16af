namespace SwmrKit;

/// <summary>
/// A page of the calendar: entries that go on one day, in the places 0 to <see cref="Count"/> - 1. An entry has only the reference to its page and, in a byte, its place there, where a list would need two references.
/// Guarded by the cache's lock, but for <see cref="Cache"/>, which is the same on every page an entry may be on.
/// </summary>
internal sealed class CalendarPage(SwmrMemoryCache cache, int length)
{
    /// <summary>The longest: its last place is the greatest number of a signed byte.</summary>
    public const int MaxLength = sbyte.MaxValue + 1;

    private readonly SwmrCacheEntry?[] _entries = new SwmrCacheEntry?[length];

    public SwmrMemoryCache Cache { get; } = cache;

    public ExpirationCalendar.Day? Day { get; set; }

    /// <summary>The page of the same day that was full before this was begun.</summary>
    public CalendarPage? Previous { get; set; }

    public int Length => _entries.Length;

    public int Count { get; private set; }

    public void Add(SwmrCacheEntry entry)
    {
        _entries[Count] = entry;
        entry.MoveTo(this, (sbyte)Count);
        Count++;
    }

    /// <summary>Takes out the last one. Where it is to be is for the caller to say.</summary>
    public SwmrCacheEntry RemoveLast()
    {
        Count--;
        SwmrCacheEntry last = _entries[Count]!;
        _entries[Count] = null;
        return last;
    }

    /// <summary>Puts an entry in the place of another.</summary>
    public void Replace(SwmrCacheEntry entry, SwmrCacheEntry by)
    {
        _entries[entry.Place] = by;
        by.MoveTo(this, entry.Place);
    }
}
