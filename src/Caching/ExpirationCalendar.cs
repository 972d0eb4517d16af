namespace SwmrKit;

/// <summary>
/// The entries that have a time to go, in days of one length: when a day is over those written there are looked at, and no others. Adding and
/// removing is O(1). Guarded by the cache's lock.
/// </summary>
/// <remarks>A day has a stack of pages, all full but the last: who is taken out leaves its place to the last one. No page is ever copied; the one that has become empty last is kept for whoever needs one of its length next.</remarks>
/// <param name="cache">Whose entries they are.</param>
/// <param name="dayLength">Ticks.</param>
internal sealed class ExpirationCalendar(SwmrMemoryCache cache, long dayLength)
{
    private const int FirstLength = 4;

    private readonly Dictionary<long, Day> _days = [];
    private Day? _last; // Entries that come one after the other mostly go on one day.
    private CalendarPage? _spare;
    private long _earliest = long.MaxValue; // No day is before it.
    private long _latestDay; // Of the days it was asked in; when that goes back, entries read since may go before their day.
    private int _count;

    /// <summary>Ticks.</summary>
    public long DayLength { get; } = Math.Max(1, dayLength);

    /// <summary>The page of those that are on no day: it holds nobody.</summary>
    public CalendarPage Blank { get; } = new(cache, 0);

    public bool IsEmpty => _count == 0;

    /// <summary>Writes an entry down in the day in which it goes, unless it never does.</summary>
    public void Add(SwmrCacheEntry entry, long now)
    {
        _latestDay = Math.Max(_latestDay, now / DayLength);
        long deadline = entry.Deadline;
        if (deadline == SwmrCacheEntry.Never)
        {
            entry.MoveTo(Blank, 0);
            return;
        }

        Day day = DayOf(deadline / DayLength);
        if (day.Last is null || day.Last.Count == day.Last.Length)
        {
            Turn(day);
        }

        day.Last!.Add(entry);
        _count++;
    }

    /// <summary>Takes an entry out of its day, if it is on one.</summary>
    public void Remove(SwmrCacheEntry entry)
    {
        if (entry.Page.Day is not { } day)
        {
            return;
        }

        SwmrCacheEntry last = TakeLast(day);
        if (!ReferenceEquals(last, entry))
        {
            entry.Page.Replace(entry, last);
        }

        entry.MoveTo(Blank, 0);
        if (day.Last is null && !ReferenceEquals(day, _last))
        {
            _days.Remove(day.Number);
        }
    }

    /// <summary>Takes out what is written in the days that are over; after a date that was set back, all. Looks at no more days than have passed since, nor at more than there are.</summary>
    public List<SwmrCacheEntry> TakeUntil(long now)
    {
        long today = now / DayLength;
        bool isSetBack = today < _latestDay;
        _latestDay = today;
        var due = new List<SwmrCacheEntry>();
        foreach (Day day in isSetBack ? [.. _days.Values] : DaysBefore(today))
        {
            while (day.Last is not null)
            {
                SwmrCacheEntry entry = TakeLast(day);
                entry.MoveTo(Blank, 0);
                due.Add(entry);
            }

            _days.Remove(day.Number);
        }

        LeaveLast();
        _earliest = _days.Count == 0 ? long.MaxValue : Math.Max(_earliest, today);
        return due;
    }

    private Day[] DaysBefore(long today)
    {
        if (today - _earliest > _days.Count)
        {
            return [.. _days.Values.Where(day => day.Number < today)];
        }

        var over = new List<Day>();
        for (long number = _earliest; number < today; number++)
        {
            if (_days.TryGetValue(number, out Day? day))
            {
                over.Add(day);
            }
        }

        return [.. over];
    }

    private Day DayOf(long number)
    {
        if (_last?.Number == number)
        {
            return _last;
        }

        LeaveLast();
        if (!_days.TryGetValue(number, out _last))
        {
            _last = new Day(number);
            _days.Add(number, _last);
            _earliest = Math.Min(_earliest, number);
        }

        return _last;
    }

    /// <summary>The day that entries went on goes too, if nobody is left on it.</summary>
    private void LeaveLast()
    {
        if (_last is { Last: null } empty)
        {
            _days.Remove(empty.Number);
        }

        _last = null;
    }

    /// <summary>Begins a page: longer than the one before, so that a day of few entries is small, and one of many is mostly entries.</summary>
    private void Turn(Day day)
    {
        int length = day.Last is { } full ? Math.Min(2 * full.Length, CalendarPage.MaxLength) : FirstLength;
        CalendarPage page;
        if (_spare?.Length == length) // A longer one would be mostly empty.
        {
            (page, _spare) = (_spare, null);
        }
        else
        {
            page = new CalendarPage(cache, length);
        }

        (page.Day, page.Previous, day.Last) = (day, day.Last, page);
    }

    private SwmrCacheEntry TakeLast(Day day)
    {
        CalendarPage page = day.Last!;
        SwmrCacheEntry last = page.RemoveLast();
        _count--;
        if (page.Count == 0)
        {
            day.Last = page.Previous;
            (page.Day, page.Previous) = (null, null);
            _spare = page;
        }

        return last;
    }

    /// <summary>A stack of pages.</summary>
    internal sealed class Day(long number)
    {
        public long Number { get; } = number;

        public CalendarPage? Last { get; set; }
    }
}
