using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;

namespace SwmrKit.Tests;

/// <summary>What a user of the cache relies on, on one thread. Who makes room is compared with a reference in <see cref="TypedCacheModelTests"/>.</summary>
public sealed class TypedCacheTests : IClassFixture<SharedMachine>
{
    [Fact]
    public void Values_of_any_type_are_found_as_they_were_set_and_a_hit_allocates_nothing()
    {
        using var cache = new SwmrCache<string, (long, string, decimal)>(10);
        cache["key"] = (1, "one", 1.5m);
        cache.Set("key", (2, "two", 2.5m));
        Assert.Equal((2, "two", 2.5m), cache["key"]);
        Assert.False(cache.TryGetValue("other", out (long, string, decimal) none));
        Assert.Equal(default, none);
        SwmrCache<string, (long, string, decimal)>.AlternateLookup<ReadOnlySpan<char>> spans = cache.GetAlternateLookup<ReadOnlySpan<char>>();
        Look();
        long before = GC.GetAllocatedBytesForCurrentThread();
        Look();
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

        void Look()
        {
            bool isFound = true;
            for (int i = 0; i < 100; i++)
            {
                isFound &= cache.TryGetValue("key", out (long, string, decimal) value) && value.Item1 == 2;
                isFound &= spans.TryGetValue("a key".AsSpan(2), out value) && value.Item1 == 2;
                isFound &= cache.GetOrAdd("key", static _ => throw new InvalidOperationException("made")).Item1 == 2 && cache.ContainsKey("key");
            }

            Assert.True(isFound);
        }
    }

    [Fact]
    public void A_look_up_by_span_finds_and_removes_and_one_that_looks_nowhere_says_so()
    {
        using var cache = new SwmrCache<string, int>(10);
        cache.Set("key", 1);
        SwmrCache<string, int>.AlternateLookup<ReadOnlySpan<char>> spans = cache.GetAlternateLookup<ReadOnlySpan<char>>();
        Assert.Same(cache, spans.Cache);
        Assert.False(spans.TryRemove("other", out _));
        Assert.True(spans.TryRemove("key", out int value));
        Assert.Equal(1, value);
        Assert.Empty(cache);
        Assert.Throws<InvalidOperationException>(() => cache.GetAlternateLookup<int>());
        Assert.Throws<InvalidOperationException>(() => default(SwmrCache<string, int>.AlternateLookup<ReadOnlySpan<char>>).TryGetValue("key", out _));
    }

    [Fact]
    public void Bad_input_is_refused_with_its_name()
    {
        Assert.Equal("Capacity", Assert.Throws<ArgumentOutOfRangeException>(static () => new SwmrCache<int, int>(0)).ParamName);
        Assert.Equal("ExpireAfterWrite", Assert.Throws<ArgumentOutOfRangeException>(static () => new SwmrCache<int, int>(new SwmrCacheOptions<int, int> { Capacity = 1, ExpireAfterWrite = TimeSpan.Zero })).ParamName);
        Assert.Equal("ExpireAfterAccess", Assert.Throws<ArgumentOutOfRangeException>(static () => new SwmrCache<int, int>(new SwmrCacheOptions<int, int> { Capacity = 1, ExpireAfterAccess = -TimeSpan.FromTicks(1) })).ParamName);
        Assert.Equal("TimeProvider", Assert.Throws<ArgumentNullException>(static () => new SwmrCache<int, int>(new SwmrCacheOptions<int, int> { Capacity = 1, TimeProvider = null! })).ParamName);
        Assert.Throws<ArgumentNullException>(static () => new SwmrCache<int, int>(null!));
        using var cache = new SwmrCache<string, int>(new SwmrCacheOptions<string, int> { Capacity = 1, Weigher = static (_, value) => value });
        Assert.Equal("key", Assert.Throws<ArgumentNullException>(() => cache.Set(null!, 1)).ParamName);
        Assert.Equal("key", Assert.Throws<ArgumentNullException>(() => cache.TryGetValue(null!, out _)).ParamName);
        Assert.Equal("key", Assert.Throws<ArgumentNullException>(() => cache.TryRemove(null!)).ParamName);
        Assert.Equal("factory", Assert.Throws<ArgumentNullException>(() => cache.GetOrAdd("key", null!)).ParamName);
        Assert.Throws<ArgumentOutOfRangeException>(() => cache.Capacity = 0);
        Assert.Throws<ArgumentOutOfRangeException>(() => cache.Trim(-1));
        Assert.Equal("The Weigher of the cache gave -1 for the key 'key'. Weights are 0 or more, in the units of the Capacity.", Assert.Throws<InvalidOperationException>(() => cache.Set("key", -1)).Message);
        Assert.Equal("The key 'key' is not in the cache.", Assert.Throws<KeyNotFoundException>(() => cache["key"]).Message);
    }

    [Fact]
    public void What_weighs_more_than_the_capacity_is_returned_told_of_and_not_kept()
    {
        using var cache = new SwmrCache<string, int>(new SwmrCacheOptions<string, int> { Capacity = 10, Weigher = static (_, value) => value });
        var gone = new List<(int, CacheRemovalReason)>();
        cache.Removed += (_, removed) => gone.Add((removed.Value, removed.Reason));
        cache.Set("key", 10);
        cache.Set("key", 11);
        Assert.Equal(12, cache.GetOrAdd("key", static _ => 12));
        Assert.Equal([(10, CacheRemovalReason.Replaced), (11, CacheRemovalReason.Evicted), (12, CacheRemovalReason.Evicted)], gone);
        Assert.Equal((0, 0L, 2L), (cache.Count, cache.Size, cache.Statistics.Evictions));
    }

    [Fact]
    public void Entries_expire_after_they_were_written_to_the_tick_and_leave_by_themselves()
    {
        var time = new ManualTime();
        using var cache = new SwmrCache<string, int>(new SwmrCacheOptions<string, int> { Capacity = 10, ExpireAfterWrite = TimeSpan.FromMinutes(1), TimeProvider = time });
        var gone = new List<(string, CacheRemovalReason)>();
        cache.Removed += (_, removed) => gone.Add((removed.Key, removed.Reason));
        cache.Set("key", 1);
        Assert.Equal(1, cache["key"]);
        time.Advance(TimeSpan.FromMinutes(1) - TimeSpan.FromTicks(1));
        Assert.Equal(1, cache["key"]);
        time.Advance(TimeSpan.FromTicks(1));
        Assert.False(cache.TryGetValue("key", out _));
        Assert.False(cache.ContainsKey("key"));
        Assert.Empty(cache);
        Assert.Empty(cache.Keys);
        Assert.False(cache.TryUpdate("key", 2));
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal([("key", CacheRemovalReason.Expired)], gone);
        Assert.Equal((0, 1L), (cache.Count, cache.Statistics.Expirations));
        Assert.Null(time.NextDue); // Nobody is waited for.
    }

    [Fact]
    public void What_has_expired_and_not_left_yet_counts_as_absent_when_it_is_written()
    {
        var time = new ManualTime();
        using var cache = new SwmrCache<string, int>(new SwmrCacheOptions<string, int> { Capacity = 10, ExpireAfterWrite = TimeSpan.FromHours(1), TimeProvider = time });
        var gone = new List<(int, CacheRemovalReason)>();
        cache.Removed += (_, removed) => gone.Add((removed.Value, removed.Reason));
        cache.Set("added", 1);
        cache.Set("removed", 2);
        cache.Set("made", 3);
        time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(3, cache.Count);
        Assert.True(cache.TryAdd("added", 4));
        Assert.False(cache.TryRemove("removed", out int none));
        Assert.Equal(0, none);
        Assert.Equal(5, cache.GetOrAdd("made", static _ => 5));
        Assert.Equal([(1, CacheRemovalReason.Expired), (2, CacheRemovalReason.Expired), (3, CacheRemovalReason.Expired)], gone);
        Assert.Equal(2, cache.ToArray().Length);
    }

    [Theory]
    [InlineData(60.0, null)]
    [InlineData(null, 60.0)]
    [InlineData(100.0, 60.0)]
    [InlineData(0.001, 1e9)]
    [InlineData(1e9, null)]
    public void By_whatever_program_what_is_found_is_what_has_not_expired_and_all_else_leaves_in_time(double? afterWrite, double? afterAccess)
    {
        TimeSpan? Life(double? seconds) => seconds is null ? null : TimeSpan.FromSeconds(seconds.Value);
        TimeSpan write = Life(afterWrite) ?? TimeSpan.MaxValue / 2, access = Life(afterAccess) ?? TimeSpan.MaxValue / 2, shorter = write < access ? write : access;
        for (int seed = 0; seed < 10; seed++)
        {
            var time = new ManualTime();
            using var cache = new SwmrCache<int, int>(new SwmrCacheOptions<int, int> { Capacity = 1_000, ExpireAfterWrite = Life(afterWrite), ExpireAfterAccess = Life(afterAccess), TimeProvider = time });
            var there = new Dictionary<int, (TimeSpan Written, TimeSpan Accessed)>();
            TimeSpan now = TimeSpan.Zero;
            var random = new Random(seed);
            for (int i = 0; i < 3_000; i++)
            {
                int key = random.Next(50);
                switch (random.Next(10))
                {
                    case < 3:
                        cache.Set(key, i);
                        there[key] = (now, now);
                        break;
                    case < 6:
                        bool isThere = there.TryGetValue(key, out (TimeSpan Written, TimeSpan Accessed) times) && now - times.Written < write && now - times.Accessed < access;
                        Assert.Equal(isThere, cache.TryGetValue(key, out _));
                        if (isThere)
                        {
                            there[key] = (times.Written, now);
                        }

                        break;
                    case 6:
                        cache.TryRemove(key);
                        there.Remove(key);
                        break;
                    case 7 when random.Next(50) == 0:
                        cache.Clear();
                        there.Clear();
                        break;
                    default:
                        TimeSpan step = shorter * (random.Next(20) == 0 ? 3 * random.NextDouble() : random.NextDouble() / 20);
                        now += step;
                        time.Advance(step);
                        TimeSpan late = (shorter / 64) + TimeSpan.FromMilliseconds(11);
                        int mustHaveLeft = there.Values.Count(times => now - times.Written >= write + late || now - times.Accessed >= access + late);
                        Assert.True(cache.Count <= there.Count - mustHaveLeft, $"seed {seed}, step {i}: {cache.Count} entries, of {there.Count} {mustHaveLeft} must have left");
                        break;
                }
            }
        }
    }

    [Fact]
    public void A_life_longer_than_all_time_is_for_ever()
    {
        var time = new ManualTime();
        using var cache = new SwmrCache<int, int>(new SwmrCacheOptions<int, int> { Capacity = 10, ExpireAfterWrite = TimeSpan.MaxValue - TimeSpan.FromTicks(1), ExpireAfterAccess = TimeSpan.MaxValue, TimeProvider = time });
        cache.Set(1, 1);
        time.Advance(TimeSpan.FromDays(100_000));
        Assert.Equal(1, cache[1]);
    }

    [Fact]
    public void A_timer_that_cannot_be_set_fails_no_write_and_is_set_by_the_next()
    {
        var time = new ManualTime();
        using var cache = new SwmrCache<int, int>(new SwmrCacheOptions<int, int> { Capacity = 10, ExpireAfterWrite = TimeSpan.FromMinutes(1), TimeProvider = time });
        time.RefusesTimers = true;
        cache.Set(1, 1);
        Assert.Null(time.NextDue);
        time.RefusesTimers = false;
        cache.Set(2, 2);
        time.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(0, cache.Count);
    }

    [Fact]
    public void A_cache_that_nobody_holds_is_collected_though_its_timer_is_set()
    {
        WeakReference Abandon()
        {
            var cache = new SwmrCache<int, int>(new SwmrCacheOptions<int, int> { Capacity = 10, ExpireAfterWrite = TimeSpan.FromDays(1), Name = "abandoned", TrackStatistics = true });
            cache.Set(1, 1);
            return new WeakReference(cache);
        }

        WeakReference abandoned = Abandon();
        Wait.Until(
            () =>
            {
                GC.Collect();
                return !abandoned.IsAlive;
            },
            "the cache is collected");
    }

    [Fact]
    public void Handlers_may_use_the_cache_and_one_that_throws_is_reported_and_stops_nobody()
    {
        using var log = new LogRecorder();
        using var loggers = new LoggerFactory([log]);
        using var cache = new SwmrCache<int, int>(new SwmrCacheOptions<int, int> { Capacity = 10, LoggerFactory = loggers });
        var told = new List<int>();
        cache.Removed += static (_, _) => throw new InvalidOperationException("by the test");
        cache.Removed += (_, removed) =>
        {
            told.Add(removed.Key);
            Wait.OnThread(() => cache.TryAdd(removed.Key + 100, 0)); // From elsewhere: no lock is held.
        };
        cache.Set(1, 1);
        Assert.True(cache.TryRemove(1));
        Assert.Equal([1], told);
        Assert.True(cache.ContainsKey(101));
        Assert.Equal("by the test", Assert.Single(log.Entries).Exception!.Message);
    }

    [Fact]
    public void A_comparer_that_throws_or_writes_fails_the_call_and_leaves_the_cache_as_it_was()
    {
        var comparer = new HostileComparer();
        using var cache = new SwmrCache<int, int>(new SwmrCacheOptions<int, int> { Capacity = 3, Comparer = comparer });
        cache.Set(1, 1);
        cache.Set(2, 2);
        comparer.Called = static _ => throw new TimeoutException();
        Assert.Throws<TimeoutException>(() => cache.Set(3, 3));
        Assert.Throws<TimeoutException>(() => cache.TryRemove(1));
        Assert.Throws<TimeoutException>(() => cache.Trim(1));
        InvalidOperationException? refused = null;
        comparer.Called = isUnderLock =>
        {
            if (isUnderLock)
            {
                comparer.Called = null;
                refused = Record.Exception(cache.Clear) as InvalidOperationException;
            }
        };
        Assert.True(cache.TryUpdate(1, 4));
        Assert.StartsWith("The comparer of the cache writes to the cache that calls it.", refused?.Message, StringComparison.Ordinal);
        comparer.Called = null;
        Assert.Equal([4, 2], [cache[1], cache[2]]);
        Assert.Equal((2, 2L), (cache.Count, cache.Size));
        cache.Set(3, 3);
        cache.Set(4, 4);
        Assert.Equal(3, cache.Count);
    }

    [Fact]
    public void Equal_keys_are_those_the_comparer_says_for_factories_too()
    {
        using var cache = new SwmrCache<string, int>(new SwmrCacheOptions<string, int> { Capacity = 10, Comparer = StringComparer.OrdinalIgnoreCase });
        Assert.Equal(1, cache.GetOrAdd("KEY", static _ => 1));
        Assert.Equal(1, cache.GetOrAdd("key", static _ => 2));
        Assert.Throws<InvalidOperationException>(() => cache.GetOrAdd("self", _ => cache.GetOrAdd("SELF", static _ => 1)));
    }

    [Fact]
    public void An_enumeration_is_of_one_moment()
    {
        using var cache = new SwmrCache<int, int>(100);
        for (int i = 0; i < 50; i++)
        {
            cache.Set(i, i);
        }

        var seen = new List<int>();
        foreach ((int key, int value) in cache)
        {
            seen.Add(key);
            cache.Set(value, -1);
            cache.TryRemove(49 - value);
            cache.Set(100 + key, 0);
        }

        Assert.Equal(Enumerable.Range(0, 50), seen.Order());
    }

    [Fact]
    public void Requests_evictions_entries_and_size_are_measured_under_its_name()
    {
        var measured = new Dictionary<string, long>();
        using var cache = new SwmrCache<int, int>(new SwmrCacheOptions<int, int> { Capacity = 10, Weigher = static (_, value) => value, Name = "typed", TrackStatistics = true });
        cache.Set(1, 4);
        cache.Set(2, 4);
        cache.Set(3, 4);
        Assert.False(cache.TryGetValue(4, out _));
        Assert.True(cache.TryGetValue(3, out _));
        Assert.Equal(new SwmrCacheStatistics { Hits = 1, Misses = 1, Evictions = 1 }, cache.Statistics);
        Assert.Equal(0.5, cache.Statistics.HitRatio);
        Measure();
        Assert.Equal(
            new Dictionary<string, long>
            {
                ["dotnet.cache.requests hit"] = 1,
                ["dotnet.cache.requests miss"] = 1,
                ["dotnet.cache.evictions"] = 1,
                ["dotnet.cache.entries"] = 2,
                ["dotnet.cache.estimated_size"] = 8,
            }.OrderBy(static pair => pair.Key),
            measured.OrderBy(static pair => pair.Key));
        cache.Dispose();
        measured.Clear();
        Measure();
        Assert.Empty(measured);

        void Measure()
        {
            using var listener = new MeterListener
            {
                InstrumentPublished = static (instrument, listener) =>
                {
                    if (instrument.Meter.Name == "SwmrKit.Caching")
                    {
                        listener.EnableMeasurementEvents(instrument);
                    }
                },
            };
            listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
            {
                KeyValuePair<string, object?>[] all = tags.ToArray();
                if (all.Any(static tag => tag.Value is "typed"))
                {
                    measured[string.Join(' ', [instrument.Name, .. all.Where(static tag => tag.Value is not "typed").Select(static tag => tag.Value)])] = value;
                }
            });
            listener.Start();
            listener.RecordObservableInstruments();
        }
    }

    [Fact]
    public void A_disposed_cache_says_so()
    {
        var time = new ManualTime();
        var cache = new SwmrCache<string, int>(new SwmrCacheOptions<string, int> { Capacity = 10, ExpireAfterWrite = TimeSpan.FromMinutes(1), TimeProvider = time });
        cache.Set("key", 1);
        SwmrCache<string, int>.AlternateLookup<ReadOnlySpan<char>> spans = cache.GetAlternateLookup<ReadOnlySpan<char>>();
        cache.Dispose();
        cache.Dispose();
        Action[] uses =
        [
            () => cache.TryGetValue("key", out _), () => cache.ContainsKey("key"), () => cache.Set("key", 1), () => cache.TryAdd("key", 1), () => cache.TryUpdate("key", 1), () => cache.TryRemove("key"),
            () => cache.GetOrAdd("key", static _ => 1), cache.Clear, () => cache.Trim(1), () => cache.Capacity = 1, () => GC.KeepAlive(cache.ToArray()), () => cache.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue("key", out _),
        ];
        Assert.All(uses, static use => Assert.Throws<ObjectDisposedException>(use));
        Assert.Null(time.NextDue);
        Assert.Equal(1, cache.Count);
    }

    private sealed class HostileComparer : IEqualityComparer<int>
    {
        /// <summary>What is done, knowing whether keys are compared: a write does that under the cache's lock only.</summary>
        public Action<bool>? Called { get; set; }

        public bool Equals(int x, int y)
        {
            Called?.Invoke(true);
            return x == y;
        }

        public int GetHashCode(int key)
        {
            Called?.Invoke(false);
            return key;
        }
    }
}
