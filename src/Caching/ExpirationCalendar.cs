using System.Runtime.InteropServices;

namespace SwmrKit;

/// <summary>
/// The entries that have a time to go, in days of one length: at the end of a day those written there are looked at, and no others. Adding and
/// removing is O(1). Guarded by the cache's lock.
/// </summary>
internal sealed class ExpirationCalendar(long dayLength)
{
    private readonly Dictionary<long, SwmrCacheEntry?> _days = []; // The first entry of each.

    /// <summary>Milliseconds.</summary>
    public long DayLength { get; } = Math.Max(1, dayLength);

    public bool IsEmpty => _days.Count == 0;

    /// <summary>Writes an entry down at the end of the day in which it goes, unless it never does.</summary>
    public void Add(SwmrCacheEntry entry)
    {
        if (entry.Deadline == long.MaxValue)
        {
            return;
        }

        entry.Day = entry.Deadline / DayLength;
        ref SwmrCacheEntry? first = ref CollectionsMarshal.GetValueRefOrAddDefault(_days, entry.Day, out _);
        entry.NextInDay = first;
        if (first is not null)
        {
            first.PreviousInDay = entry;
        }

        first = entry;
        entry.IsInCalendar = true;
    }

    public void Remove(SwmrCacheEntry entry)
    {
        if (!entry.IsInCalendar)
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
        else if (entry.NextInDay is { } second)
        {
            _days[entry.Day] = second;
        }
        else
        {
            _days.Remove(entry.Day);
        }

        (entry.NextInDay, entry.PreviousInDay, entry.IsInCalendar) = (null, null, false);
    }

    /// <summary>Takes out what is written in the days that are over.</summary>
    public List<SwmrCacheEntry> TakeUntil(long now)
    {
        long today = now / DayLength;
        var due = new List<SwmrCacheEntry>();
        foreach (long day in _days.Keys.Where(day => day < today).ToArray())
        {
            SwmrCacheEntry? entry = _days[day];
            while (entry is not null)
            {
                SwmrCacheEntry? next = entry.NextInDay;
                (entry.NextInDay, entry.PreviousInDay, entry.IsInCalendar) = (null, null, false);
                due.Add(entry);
                entry = next;
            }

            _days.Remove(day);
        }

        return due;
    }

    public void Clear() => _days.Clear();
}
