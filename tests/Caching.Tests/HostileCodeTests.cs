using System.Collections.Concurrent;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace SwmrKit.Tests;

/// <summary>Tokens, keys and timers that fail, or use the cache in the midst of it: nothing is lost, nobody waits for himself.</summary>
public sealed class HostileCodeTests : IClassFixture<SharedMachine>, IDisposable
{
    private static readonly TimeSpan s_minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan s_second = TimeSpan.FromSeconds(1);

    private readonly ManualTime _time = new();
    private readonly LogRecorder _log = new();
    private readonly ILoggerFactory _loggers;
    private readonly BlockingCollection<(object? Value, EvictionReason Reason)> _evicted = [];

    public HostileCodeTests() => _loggers = LoggerFactory.Create(builder => builder.AddProvider(_log));

    public void Dispose()
    {
        _loggers.Dispose();
        _log.Dispose();
    }

    [Fact]
    public void A_token_that_uses_the_cache_from_elsewhere_when_it_is_asked_does_not_wait_for_whoever_asks()
    {
        using SwmrMemoryCache cache = Create();
        var token = new Token { Asked = () => Wait.OnThread(() => cache.Set("other", 1)) };
        Set(cache, "key", "value", token, s_minute);
        Assert.Equal("value", cache.Get("key"));
        cache.Compact(0);
        Set(cache, "key", "again", token, s_minute);
        _time.Advance(2 * s_minute);
        Assert.Null(cache.Get("key"));
        Assert.True(token.Times >= 3, "it was not asked");
    }

    [Fact]
    public void A_token_that_fails_when_it_is_asked_fails_the_read_and_no_scan()
    {
        using SwmrMemoryCache cache = Create();
        var token = new Token();
        Set(cache, "key", "value", token, s_minute);
        token.Asked = static () => throw new FormatException("token");
        Assert.Throws<FormatException>(() => cache.Get("key"));
        Assert.Throws<FormatException>(() => cache.Compact(0));
        Assert.Equal(1, cache.Count);
        _time.Advance(2 * s_minute);
        Assert.Equal(("value", EvictionReason.Expired), _evicted.Take());
        Assert.Equal(0, cache.Count);
    }

    [Fact]
    public void A_token_that_always_fails_keeps_no_entry_from_leaving_when_room_is_made_its_own_neither()
    {
        using SwmrMemoryCache cache = Create(sizeLimit: 2);
        var token = new Token();
        Set(cache, "failing", "failing", token, s_minute);
        Set(cache, "other", "other", token: null, s_minute);
        token.Asked = static () => throw new FormatException("token");
        Assert.Throws<FormatException>(() => cache.Compact(1));
        Assert.Equal(["failing", "other"], new[] { Next(), Next() }.Order());
        Assert.Equal((0, 0, 0), (cache.Count, cache.GetCurrentStatistics()!.CurrentEstimatedSize, token.Listeners));
    }

    [Fact]
    public void A_token_that_fails_behind_a_full_cache_is_logged()
    {
        using SwmrMemoryCache cache = Create(sizeLimit: 1);
        var token = new Token();
        Set(cache, "key", "value", token, s_minute);
        token.Asked = static () => throw new FormatException("token");
        cache.Set("too much", 1, new MemoryCacheEntryOptions { Size = 1 });
        Wait.Until(() => _log.Entries.Any(static entry => entry.Exception is FormatException), "the failure is logged");
    }

    [Fact]
    public void A_token_that_refuses_a_listener_fails_the_commit_and_what_was_replaced_is_told()
    {
        using SwmrMemoryCache cache = Create();
        Set(cache, "key", "before", token: null, s_minute);
        var first = new Token();
        Assert.Throws<NotSupportedException>(() => Commit(cache, first, new Token { Refuses = true }));
        Assert.Equal(("before", EvictionReason.Replaced), _evicted.Take());
        cache.Remove("key");
        Wait.Until(() => first.Listeners == 0, "the listener that was taken is let go");
    }

    [Fact]
    public void A_listener_that_cannot_be_let_go_keeps_nobody_from_being_told()
    {
        using SwmrMemoryCache cache = Create();
        Set(cache, "a", "a", new Token { KeepsListeners = true }, s_minute);
        Set(cache, "b", "b", new Token { KeepsListeners = true }, s_minute);
        cache.Clear();
        Assert.Equal(["a", "b"], new[] { _evicted.Take().Value, _evicted.Take().Value }.Order());
        Assert.Equal(2, _log.Entries.Count(static entry => entry.Exception is TimeoutException));
    }

    [Fact]
    public void A_key_that_fails_leaves_everything_as_it_was()
    {
        using SwmrMemoryCache cache = Create(sizeLimit: 10);
        var key = new Key();
        Set(cache, key, "value", token: null, s_minute, size: 4);
        key.Fails = true;
        Assert.Throws<FormatException>(() => cache.Get(key));
        Assert.Throws<FormatException>(() => cache.Remove(key));
        Assert.Throws<FormatException>(() => Set(cache, key, "new", token: null, s_minute, size: 1));
        Assert.Equal(4, cache.GetCurrentStatistics()!.CurrentEstimatedSize);
        _time.Advance(2 * s_minute); // Nobody to throw to: logged, and tried again.
        Assert.Contains(_log.Entries, static entry => entry is { Level: LogLevel.Error, Exception: FormatException });
        Assert.Equal((1, 4), (cache.Count, cache.GetCurrentStatistics()!.CurrentEstimatedSize));
        key.Fails = false;
        _time.Advance(2 * s_minute);
        Assert.Equal(("value", EvictionReason.Expired), _evicted.Take());
        Assert.Equal((0, 0), (cache.Count, cache.GetCurrentStatistics()!.CurrentEstimatedSize));
    }

    [Fact]
    public void A_key_that_fails_keeps_no_other_from_leaving_and_being_told_when_room_is_made()
    {
        using SwmrMemoryCache cache = Create(sizeLimit: 100);
        var key = new Key();
        Set(cache, "before", "before", token: null, s_minute, size: 1);
        _time.Advance(s_second);
        Set(cache, key, "failing", token: null, s_minute, size: 1);
        _time.Advance(s_second);
        Set(cache, "after", "after", token: null, s_minute, size: 1);
        key.Fails = true;
        Assert.Throws<FormatException>(() => cache.Compact(1));
        Assert.Equal(["after", "before"], new[] { Next(), Next() }.Order());
        Assert.Equal((1, 1), (cache.Count, cache.GetCurrentStatistics()!.CurrentEstimatedSize));
        Set(cache, "full", "full", token: null, s_minute, size: 99);
        Set(cache, "too much", "too much", token: null, s_minute, size: 99);
        Assert.Equal(["full", "too much"], new[] { Next(), Next() }.Order());
        Wait.Until(() => _log.Entries.Any(static entry => entry.Exception is FormatException), "the failure is logged");
    }

    [Fact]
    public void A_timer_that_waits_for_who_uses_the_cache_when_it_is_set_is_set_outside_the_lock()
    {
        using SwmrMemoryCache cache = Create();
        int times = 0;
        _time.Setting = () =>
        {
            times++;
            Wait.OnThread(() => cache.Remove("other"));
        };
        Set(cache, "key", "value", token: null, s_minute);
        Set(cache, "later", "later", token: null, 10 * s_minute);
        _time.Advance(s_minute);
        _time.Setting = null;
        Assert.InRange(times, 2, 4); // For the first write and after each scan.
        Assert.NotNull(_time.NextDue);
    }

    [Fact]
    public void A_key_that_writes_to_the_cache_when_it_is_compared_is_refused_and_changes_nothing()
    {
        using SwmrMemoryCache cache = Create(sizeLimit: 10);
        var key = new Key();
        Set(cache, key, "value", token: null, s_minute, size: 4);
        foreach (Action write in new Action[] { () => cache.Remove(key), cache.Clear, () => cache.Compact(1), () => Set(cache, "other", "other", token: null, s_minute) })
        {
            key.Hashed = () =>
            {
                key.Hashed = null;
                write();
            };
            Assert.Throws<InvalidOperationException>(() => cache.Remove(key));
        }

        key.Hashed = () => Assert.Equal("value", cache.Get(Fresh())); // Reading is allowed.
        Set(cache, key, "new", token: null, s_minute, size: 3);
        Assert.Equal("value", Next());
        Assert.Equal((1, 3), (cache.Count, cache.GetCurrentStatistics()!.CurrentEstimatedSize));

        object Fresh()
        {
            key.Hashed = null;
            return key;
        }
    }

    [Fact]
    public void A_size_or_a_time_that_cannot_be_is_refused_with_what_was_given_and_what_may_be()
    {
        using SwmrMemoryCache cache = Create();
        ICacheEntry entry = cache.CreateEntry("key");
        Assert.StartsWith(
            "The Size of a cache entry was set to -3. It is 0 or more, in the units of the cache's SizeLimit",
            Assert.Throws<ArgumentOutOfRangeException>(() => entry.Size = -3).Message, StringComparison.Ordinal);
        Assert.StartsWith(
            "SlidingExpiration was set to -00:01:00. The time until an entry expires is more than zero",
            Assert.Throws<ArgumentOutOfRangeException>(() => entry.SlidingExpiration = -s_minute).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_size_that_is_changed_after_the_commit_changes_no_sum()
    {
        using SwmrMemoryCache cache = Create(sizeLimit: 10);
        ChangeSizeAfterCommit(cache);
        Assert.Equal(0, cache.GetCurrentStatistics()!.CurrentEstimatedSize);
    }

    [Fact]
    public void Control_in_Microsofts_cache_it_does()
    {
        using var cache = new MemoryCache(new MemoryCacheOptions { SizeLimit = 10, TrackStatistics = true });
        ChangeSizeAfterCommit(cache);
        Assert.NotEqual(0, cache.GetCurrentStatistics()!.CurrentEstimatedSize);
    }

    private static void ChangeSizeAfterCommit(IMemoryCache cache)
    {
        ICacheEntry entry = cache.CreateEntry("key");
        entry.Value = "value";
        entry.Size = 4;
        entry.Dispose();
        entry.Size = 9;
        cache.Remove("key");
    }

    [Fact]
    public void A_timer_that_cannot_be_set_fails_no_write_and_is_set_by_the_next()
    {
        using SwmrMemoryCache cache = Create();
        _time.RefusesTimers = true;
        Set(cache, "key", "value", token: null, s_minute);
        Assert.Null(_time.NextDue);
        _time.RefusesTimers = false;
        Set(cache, "other", "other", token: null, s_minute);
        Assert.NotNull(_time.NextDue);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(long.MaxValue)]
    public void Any_time_between_scans_will_do(long ticks)
    {
        using var cache = new SwmrMemoryCache(new MemoryCacheOptions { ExpirationScanFrequency = TimeSpan.FromTicks(ticks) });
        cache.Set("key", 1, TimeSpan.FromDays(1));
        Assert.True(cache.TryGetValue("key", out _));
    }

    [Fact]
    public void A_cache_is_made_where_the_flow_is_suppressed()
    {
        using AsyncFlowControl noFlow = ExecutionContext.SuppressFlow();
        using SwmrMemoryCache cache = Create();
        Assert.Equal(0, cache.Count);
    }

    private SwmrMemoryCache Create(long? sizeLimit = null) => new(
        Options.Create(new MemoryCacheOptions { ExpirationScanFrequency = s_minute / 2, SizeLimit = sizeLimit, TrackStatistics = true }), _loggers, _time);

    private void Set(SwmrMemoryCache cache, object key, object value, IChangeToken? token, TimeSpan stay, long size = 1)
    {
        using ICacheEntry entry = cache.CreateEntry(key);
        entry.Value = value;
        entry.Size = size;
        entry.AbsoluteExpirationRelativeToNow = stay;
        entry.RegisterPostEvictionCallback((_, evicted, reason, _) => _evicted.Add((evicted, reason)));
        if (token is not null)
        {
            entry.ExpirationTokens.Add(token);
        }
    }

    private object? Next()
    {
        Assert.True(_evicted.TryTake(out (object? Value, EvictionReason) told, s_minute), "nobody is told");
        return told.Value;
    }

    private static void Commit(SwmrMemoryCache cache, params ReadOnlySpan<IChangeToken> tokens)
    {
        ICacheEntry entry = cache.CreateEntry("key");
        entry.Value = "after";
        foreach (IChangeToken token in tokens)
        {
            entry.ExpirationTokens.Add(token);
        }

        entry.Dispose();
    }

    private sealed class Key
    {
        public bool Fails { get; set; }

        public Action? Hashed { get; set; }

        public override bool Equals(object? obj) => ReferenceEquals(this, obj);

        public override int GetHashCode()
        {
            Hashed?.Invoke();
            return Fails ? throw new FormatException("key") : 1;
        }
    }

    private sealed class Token : IChangeToken, IDisposable
    {
        private int _listeners;

        public Action? Asked { get; set; }

        public bool Refuses { get; init; }

        public bool KeepsListeners { get; init; }

        public int Times { get; private set; }

        public int Listeners => Volatile.Read(ref _listeners);

        public bool ActiveChangeCallbacks => true;

        public bool HasChanged
        {
            get
            {
                Times++;
                Asked?.Invoke();
                return false;
            }
        }

        public IDisposable RegisterChangeCallback(Action<object?> callback, object? state)
        {
            if (Refuses)
            {
                throw new NotSupportedException("no listeners");
            }

            Interlocked.Increment(ref _listeners);
            return this;
        }

        public void Dispose()
        {
            if (KeepsListeners)
            {
                throw new TimeoutException("stays");
            }

            Interlocked.Decrement(ref _listeners);
        }
    }
}
