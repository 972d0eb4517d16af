using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SwmrKit.Memory;

namespace SwmrKit.Tests;

/// <summary>Entries leave when their time has come, though nobody touches the cache. (Microsoft's keeps them until somebody does.)</summary>
public sealed class ExpirationTests : IClassFixture<SharedMachine>
{
    private static readonly TimeSpan s_minute = TimeSpan.FromMinutes(1);

    private readonly ManualTime _time = new();
    private readonly BlockingCollection<(object Key, EvictionReason Reason)> _evicted = [];

    [Fact]
    public void An_expired_entry_leaves_within_a_scan_without_a_touch()
    {
        using SwmrMemoryCache cache = Create();
        Set(cache, "soon", entry => entry.AbsoluteExpirationRelativeToNow = TimeSpan.FromSeconds(30));
        Set(cache, "later", entry => entry.AbsoluteExpirationRelativeToNow = 10 * s_minute);
        Set(cache, "never", static _ => { });
        Advance(2 * s_minute);
        Assert.Equal(("soon", EvictionReason.Expired), _evicted.Take());
        Assert.Equal(2, cache.Count);
        Advance(10 * s_minute);
        Assert.Equal(("later", EvictionReason.Expired), _evicted.Take());
        Assert.Equal(1, cache.Count);
        Assert.Null(_time.NextDue); // Nothing more can expire: no timer.
    }

    [Fact]
    public void A_sliding_entry_that_is_read_stays_and_leaves_when_it_is_not()
    {
        using SwmrMemoryCache cache = Create();
        Set(cache, "key", entry => entry.SlidingExpiration = 3 * s_minute);
        for (int i = 0; i < 10; i++)
        {
            Advance(2 * s_minute);
            Assert.True(cache.TryGetValue("key", out _));
        }

        Advance(5 * s_minute);
        Assert.Equal(("key", EvictionReason.Expired), _evicted.Take());
        Assert.Equal(0, cache.Count);
    }

    [Fact]
    public void After_a_date_that_was_set_back_what_is_read_and_then_not_leaves_within_a_scan()
    {
        var clock = new TestClock();
        using var cache = new SwmrMemoryCache(
            new MemoryCacheOptions { ExpirationScanFrequency = s_minute, Clock = clock }, Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance, _time);
        Set(cache, "key", static entry => entry.SlidingExpiration = 3 * s_minute);
        clock.Advance(-60 * s_minute);
        Assert.True(cache.TryGetValue("key", out _));
        for (int i = 0; i < 4; i++)
        {
            Assert.Equal(1, cache.Count);
            clock.Advance(s_minute);
            Advance(s_minute);
        }

        Assert.Equal(0, cache.Count);
    }

    [Fact]
    public void A_time_from_now_beyond_the_last_date_is_for_ever()
    {
        using SwmrMemoryCache cache = Create();
        Set(cache, "key", static entry => entry.AbsoluteExpirationRelativeToNow = TimeSpan.MaxValue); // Microsoft's refuses the commit.
        Advance(TimeSpan.FromDays(365_000));
        Assert.True(cache.TryGetValue("key", out _));
    }

    [Fact]
    public void What_is_replaced_or_removed_does_not_expire_later()
    {
        using SwmrMemoryCache cache = Create();
        Set(cache, "replaced", entry => entry.AbsoluteExpirationRelativeToNow = s_minute);
        Set(cache, "replaced", static _ => { });
        Set(cache, "removed", entry => entry.AbsoluteExpirationRelativeToNow = s_minute);
        cache.Remove("removed");
        Advance(5 * s_minute);
        Assert.True(cache.TryGetValue("replaced", out _));
        Assert.Equal([EvictionReason.Removed, EvictionReason.Replaced], new[] { _evicted.Take().Reason, _evicted.Take().Reason }.Order());
        Assert.False(_evicted.TryTake(out _, TimeSpan.FromMilliseconds(50)));
    }

    [Fact]
    public void Thousands_of_entries_leave_each_in_its_time()
    {
        using SwmrMemoryCache cache = Create();
        var random = new Random(1);
        int[] minutes = [.. Enumerable.Range(0, 5_000).Select(_ => random.Next(1, 60))];
        for (int i = 0; i < minutes.Length; i++)
        {
            cache.Set(i, i, minutes[i] * s_minute);
        }

        for (int passed = 1; passed <= 62; passed++)
        {
            Advance(s_minute);
            int left = minutes.Count(minute => minute > passed);
            Assert.InRange(cache.Count, left, left + minutes.Count(minute => minute <= passed && minute > passed - 2));
        }

        Assert.Equal(0, cache.Count);
    }

    [Fact]
    public void A_cache_that_nobody_holds_is_collected_though_its_timer_is_armed()
    {
        WeakReference cache = Forgotten();
        Wait.Until(
            () =>
            {
                GC.Collect();
                return !cache.IsAlive;
            },
            "the cache is collected");

        static WeakReference Forgotten()
        {
            var forgotten = new SwmrMemoryCache(new MemoryCacheOptions());
            forgotten.Set("key", 1, TimeSpan.FromHours(1));
            return new WeakReference(forgotten);
        }
    }

    [Fact]
    public void By_the_systems_clock_an_entry_expires_too()
    {
        using var cache = new SwmrMemoryCache(new MemoryCacheOptions { ExpirationScanFrequency = TimeSpan.FromMilliseconds(20) });
        DateTimeOffset end = DateTimeOffset.UtcNow + TimeSpan.FromMilliseconds(200);
        cache.Set("key", 1, end);
        while (cache.TryGetValue("key", out _))
        {
            Assert.True(DateTimeOffset.UtcNow < end + TimeSpan.FromSeconds(30), "it never expires");
        }

        Assert.True(DateTimeOffset.UtcNow >= end - TimeSpan.FromMilliseconds(25), "it expired too soon"); // The coarse clock's step and what it may be off.
        cache.Set("other", 1, TimeSpan.FromMilliseconds(50));
        Wait.Until(() => cache.Count == 0, "it leaves by itself");
    }

    [Fact]
    public void The_first_write_after_the_date_was_set_forth_has_the_new_date()
    {
        var clock = new CacheClock(TimeProvider.System, clock: null);
        long hour = TimeSpan.FromHours(1).Ticks;
        Start(clock) = new SharedInt64(Start(clock).Read() - hour); // What the clock knows is from before.
        Adjusted(clock) = new SharedInt64(Adjusted(clock).Read() - hour - (2 * TimeSpan.TicksPerSecond));
        Assert.InRange(clock.NowOfWrite(), DateTime.UtcNow.Ticks - (hour / 2), long.MaxValue);

        [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_start")]
        static extern ref SharedInt64 Start(CacheClock clock);

        [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_adjusted")]
        static extern ref SharedInt64 Adjusted(CacheClock clock);
    }

    [Fact]
    public void A_callback_that_fails_is_logged()
    {
        using var log = new LogRecorder();
        using ILoggerFactory factory = LoggerFactory.Create(builder => builder.AddProvider(log));
        using var cache = new SwmrMemoryCache(new MemoryCacheOptions(), factory, _time);
        using (ICacheEntry entry = cache.CreateEntry("key"))
        {
            entry.Value = 1;
            entry.RegisterPostEvictionCallback(static (_, _, _, _) => throw new FormatException("listener"));
        }

        cache.Remove("key");
        Wait.Until(() => log.Entries.Any(static entry => entry is { Level: LogLevel.Error, Exception: FormatException }), "the failure is logged");
    }

    private SwmrMemoryCache Create() => new(
        Options.Create(new MemoryCacheOptions { ExpirationScanFrequency = s_minute }), Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance, _time);

    private void Advance(TimeSpan by) => _time.Advance(by);

    private void Set(SwmrMemoryCache cache, object key, Action<ICacheEntry> configure)
    {
        using ICacheEntry entry = cache.CreateEntry(key);
        entry.Value = key;
        entry.RegisterPostEvictionCallback((k, _, reason, _) => _evicted.Add((k, reason)));
        configure(entry);
    }
}
