namespace SwmrKit;

/// <summary>
/// The entries that have a time to go, in days of one length: when a day is over those written there are looked at, and no others. Adding and
/// removing is O(1). Guarded by the cache's lock.
/// </summary>
/// <param name="dayLength">Milliseconds.</param>
internal sealed class ExpirationCalendar(long dayLength)
{
    private readonly Dictionary<long, Day> _days = [];
    private Day? _last; // Entries that come one after the other mostly go on one day.
    private long _latestDay; // Of those it was asked in; when that goes back, entries read since may go before their day.
    private int _count;

    /// <summary>Milliseconds.</summary>
    public long DayLength { get; } = Math.Max(1, dayLength);

    public bool IsEmpty => _count == 0;

    /// <summary>Writes an entry down in the day in which it goes, unless it never does.</summary>
    public void Add(SwmrCacheEntry entry, long now)
    {
        _latestDay = Math.Max(_latestDay, now / DayLength);
        if (!entry.HasDeadline)
        {
            return;
        }

        long number = entry.Deadline / DayLength;
        if (_last?.Number != number)
        {
            if (_last is { First: null } empty)
            {
                _days.Remove(empty.Number);
            }

            if (!_days.TryGetValue(number, out _last))
            {
                _last = new Day(number);
                _days.Add(number, _last);
            }
        }

        entry.Day = _last;
        entry.NextInDay = _last.First;
        if (_last.First is { } second)
        {
            second.PreviousInDay = entry;
        }

        _last.First = entry;
        _count++;
    }

    public void Remove(SwmrCacheEntry entry)
    {
        if (entry.Day is not { } day)
        {
            return;
        }

        if (entry.NextInDay is { } next)
        {
            next.PreviousInDay = entry.PreviousInDay;
        }

        if (entry.PreviousInDay is { } previous)
        {
            previous.NextInDay = entry.NextInDay;
        }
        else
        {
            day.First = entry.NextInDay;
            if (day.First is null && !ReferenceEquals(day, _last))
            {
                _days.Remove(day.Number);
            }
        }

        Forget(entry);
    }

    /// <summary>Takes out what is written in the days that are over; after a date that was set back, all.</summary>
    public List<SwmrCacheEntry> TakeUntil(long now)
    {
        long today = now / DayLength;
        bool isSetBack = today < _latestDay;
        _latestDay = today;
        var due = new List<SwmrCacheEntry>();
        foreach (Day day in _days.Values.Where(day => isSetBack || day.Number < today).ToArray())
        {
            while (day.First is { } entry)
            {
                day.First = entry.NextInDay;
                Forget(entry);
                due.Add(entry);
            }

            _days.Remove(day.Number);
        }

        _last = null;
        return due;
    }

    private void Forget(SwmrCacheEntry entry)
    {
        (entry.Day, entry.NextInDay, entry.PreviousInDay) = (null, null, null);
        _count--;
    }

    /// <summary>A list of entries.</summary>
    internal sealed class Day(long number)
    {
        public long Number { get; } = number;

        public SwmrCacheEntry? First { get; set; }
    }
}
