using System.Diagnostics;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Caching.Memory;

namespace SwmrKit.Tests;

/// <summary>What is written into the calendar comes out when its day is over, whatever else comes and goes.</summary>
public sealed class ExpirationCalendarTests : IClassFixture<SharedMachine>, IDisposable
{
    private const long DayLength = 100;

    private readonly SwmrMemoryCache _cache = new(new MemoryCacheOptions());

    public void Dispose() => _cache.Dispose();

    [Fact]
    public void By_whatever_program_it_holds_what_was_written_and_gives_what_is_over()
    {
        for (int seed = 0; seed < 50; seed++)
        {
            var random = new Random(seed);
            var calendar = new ExpirationCalendar(_cache, DayLength);
            var there = new List<SwmrCacheEntry>();
            long now = 1_000_000;
            for (int i = 0; i < 2_000; i++)
            {
                int what = random.Next(200);
                if (what < 2)
                {
                    long before = now;
                    now += what == 0 ? random.Next(5 * (int)DayLength) : random.Next(-50, 1_000) * DayLength; // A scan in time, or after a sleep, or a date set back.
                    var due = new HashSet<SwmrCacheEntry>(calendar.TakeUntil(now));
                    Assert.True(due.SetEquals(there.Where(entry => now / DayLength < before / DayLength || entry.Deadline / DayLength < now / DayLength)), $"seed {seed}, step {i}");
                    there.RemoveAll(due.Contains);
                    Assert.All(due, static entry => Assert.True(entry.IsIn && entry.Page.Day is null));
                }
                else if (what < 120 || there.Count == 0)
                {
                    SwmrCacheEntry entry = Entry(now + random.Next(1, what < 60 ? 2 : 20 * (int)DayLength));
                    calendar.Add(entry, now);
                    there.Add(entry);
                }
                else
                {
                    int which = random.Next(there.Count);
                    calendar.Remove(there[which]);
                    there.RemoveAt(which);
                }

                Assert.Equal(there.Count == 0, calendar.IsEmpty);
            }
        }
    }

    [Fact]
    public void A_day_in_which_entries_come_and_go_takes_no_new_memory()
    {
        var calendar = new ExpirationCalendar(_cache, DayLength);
        for (int count = 1; count < 600; count++)
        {
            calendar.Add(Entry(DayLength), now: 0);
            SwmrCacheEntry entry = Entry(DayLength);
            calendar.Add(entry, now: 0);
            calendar.Remove(entry);
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 10; i++)
            {
                calendar.Add(entry, now: 0);
                calendar.Remove(entry);
            }

            Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        }
    }

    [Fact]
    public void A_day_of_one_entry_has_a_short_page_whatever_page_was_emptied_before()
    {
        var calendar = new ExpirationCalendar(_cache, DayLength);
        SwmrCacheEntry last = Entry(DayLength);
        while (last.Page.Length < CalendarPage.MaxLength)
        {
            calendar.Add(last = Entry(DayLength), now: 0);
        }

        calendar.Remove(last);
        SwmrCacheEntry single = Entry(2 * DayLength);
        calendar.Add(single, now: 0);
        Assert.InRange(single.Page.Length, 1, 8);
    }

    [Fact]
    public void A_day_whose_entries_have_left_goes_with_the_next_scan_though_it_is_to_come()
    {
        var calendar = new ExpirationCalendar(_cache, DayLength);
        WeakReference<ExpirationCalendar.Day> day = Left(calendar);
        calendar.TakeUntil(now: 0);
        GC.Collect();
        Assert.False(day.TryGetTarget(out _));
        GC.KeepAlive(calendar);
    }

    [Fact]
    public void A_scan_does_not_look_at_the_days_that_are_to_come()
    {
        long few = Shortest(Filled(days: 10));
        long many = Shortest(Filled(days: 200_000));
        Assert.True(many < 100 * few, $"{many} ticks with 200,000 days to come, {few} with 10");

        ExpirationCalendar Filled(int days)
        {
            var calendar = new ExpirationCalendar(_cache, DayLength);
            for (int day = 0; day < days; day++)
            {
                calendar.Add(Entry((1_000 + day) * DayLength), now: 0);
            }

            return calendar;
        }

        static long Shortest(ExpirationCalendar calendar)
        {
            long shortest = long.MaxValue;
            for (int today = 1; today < 900; today++)
            {
                long start = Stopwatch.GetTimestamp();
                Assert.Empty(calendar.TakeUntil(today * DayLength));
                shortest = Math.Min(shortest, Stopwatch.GetTimestamp() - start);
            }

            return shortest;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private WeakReference<ExpirationCalendar.Day> Left(ExpirationCalendar calendar)
    {
        SwmrCacheEntry entry = Entry(1_000 * DayLength);
        calendar.Add(entry, now: 0);
        var day = new WeakReference<ExpirationCalendar.Day>(entry.Page.Day!);
        calendar.Remove(entry);
        return day;
    }

    private SwmrCacheEntry Entry(long deadline)
    {
        var entry = (SwmrCacheEntry)_cache.CreateEntry("key");
        entry.AbsoluteExpiration = new DateTimeOffset(deadline, TimeSpan.Zero);
        return entry;
    }
}
