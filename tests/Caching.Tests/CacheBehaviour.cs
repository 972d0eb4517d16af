using System.Collections.Concurrent;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Primitives;

namespace SwmrKit.Tests;

/// <summary>
/// What users of a memory cache rely on. The same tests run against Microsoft's and against ours: what passes under the one and not under the other is a difference.
/// </summary>
public abstract partial class CacheBehaviour : IClassFixture<SharedMachine>
{
    private static readonly TimeSpan s_minute = TimeSpan.FromMinutes(1);

    private readonly TestClock _clock = new();
    private readonly BlockingCollection<(object Key, object? Value, EvictionReason Reason, object? State)> _evicted = [];

    private protected abstract IMemoryCache Create(MemoryCacheOptions options);

    private protected abstract MemoryCacheStatistics? Statistics(IMemoryCache cache);

    private protected abstract int Count(IMemoryCache cache);

    private protected abstract void Compact(IMemoryCache cache, double part);

    private protected abstract void Clear(IMemoryCache cache);

    private protected abstract IEnumerable<object> Keys(IMemoryCache cache);

    [Fact]
    public void What_was_set_is_found_by_an_equal_key_of_any_type()
    {
        using IMemoryCache cache = Create();
        object[] keys = ["text", 1, 1L, 'c', (1, "x"), new Uri("http://x/"), Guid.Empty];
        foreach (object key in keys)
        {
            cache.Set(key, "of " + key);
        }

        Assert.Equal(keys.Length, Count(cache));
        Assert.Equal("of text", cache.Get(new string("text".AsSpan())));
        Assert.Equal("of 1", cache.Get(1));
        Assert.Equal("of (1, x)", cache.Get((1, "x")));
        Assert.Null(cache.Get(2));
        Assert.False(cache.TryGetValue(1.0, out object? missing));
        Assert.Null(missing);
        Assert.True(keys.ToHashSet().SetEquals(Keys(cache)));
    }

    [Fact]
    public void Null_is_a_value_and_no_key()
    {
        using IMemoryCache cache = Create();
        cache.Set<object?>("key", null);
        Assert.True(cache.TryGetValue("key", out object? value));
        Assert.Null(value);
        Assert.Throws<ArgumentNullException>("key", () => cache.TryGetValue(null!, out _));
        Assert.Throws<ArgumentNullException>("key", () => cache.CreateEntry(null!));
        Assert.Throws<ArgumentNullException>("key", () => cache.Remove(null!));
    }

    [Fact]
    public void An_entry_is_committed_when_it_is_disposed_with_a_value_and_only_then()
    {
        using IMemoryCache cache = Create();
        using (ICacheEntry entry = cache.CreateEntry("key"))
        {
            entry.Value = "value";
            Assert.Null(cache.Get("key"));
        }

        Assert.Equal("value", cache.Get("key"));
        using (cache.CreateEntry("without"))
        {
        }

        Assert.False(cache.TryGetValue("without", out _));
        ICacheEntry twice = cache.CreateEntry("twice");
        twice.Value = 1;
        twice.Dispose();
        cache.Remove("twice");
        twice.Dispose();
        Assert.False(cache.TryGetValue("twice", out _));
    }

    [Fact]
    public void An_entry_has_the_defaults_and_checks_its_arguments()
    {
        using IMemoryCache cache = Create();
        ICacheEntry entry = cache.CreateEntry("key");
        Assert.Equal("key", entry.Key);
        Assert.Null(entry.Value);
        Assert.Null(entry.AbsoluteExpiration);
        Assert.Null(entry.AbsoluteExpirationRelativeToNow);
        Assert.Null(entry.SlidingExpiration);
        Assert.Null(entry.Size);
        Assert.Equal(CacheItemPriority.Normal, entry.Priority);
        Assert.Empty(entry.ExpirationTokens);
        Assert.Empty(entry.PostEvictionCallbacks);
        Assert.Throws<ArgumentOutOfRangeException>(() => entry.AbsoluteExpirationRelativeToNow = TimeSpan.Zero);
        Assert.Throws<ArgumentOutOfRangeException>(() => entry.SlidingExpiration = TimeSpan.FromTicks(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => entry.Size = -1);
        entry.SlidingExpiration = null;
        entry.AbsoluteExpirationRelativeToNow = null;
        entry.Size = null;
    }

    [Theory]
    [InlineData(1)]
    [InlineData(9_999)]
    [InlineData(10_000)]
    [InlineData(12_345_678_901_234_567)]
    [InlineData(long.MaxValue)]
    public void An_entry_gives_back_to_the_tick_what_it_was_given(long ticks)
    {
        using IMemoryCache cache = Create();
        ICacheEntry entry = cache.CreateEntry("key");
        DateTimeOffset date = ticks > DateTime.MaxValue.Ticks ? DateTimeOffset.MaxValue : new DateTimeOffset(ticks, TimeSpan.Zero).AddHours(4).ToOffset(TimeSpan.FromMinutes(-150));
        (entry.AbsoluteExpiration, entry.AbsoluteExpirationRelativeToNow, entry.SlidingExpiration, entry.Size) = (date, new TimeSpan(ticks), new TimeSpan(ticks), ticks);
        entry.Priority = CacheItemPriority.NeverRemove;
        Assert.Equal((date, date.Offset), (entry.AbsoluteExpiration!.Value, entry.AbsoluteExpiration!.Value.Offset));
        Assert.Equal((new TimeSpan(ticks), new TimeSpan(ticks), ticks), (entry.AbsoluteExpirationRelativeToNow, entry.SlidingExpiration, entry.Size));
        Assert.Equal(CacheItemPriority.NeverRemove, entry.Priority);
        (entry.AbsoluteExpiration, entry.AbsoluteExpirationRelativeToNow, entry.SlidingExpiration, entry.Size) = (null, null, null, null);
        Assert.Equal((null, null, null, null), (entry.AbsoluteExpiration, entry.AbsoluteExpirationRelativeToNow, entry.SlidingExpiration, entry.Size));
    }

    [Fact]
    public void The_longest_times_there_are_are_for_ever()
    {
        using IMemoryCache cache = Create();
        Set(cache, "date", 1, static entry => entry.AbsoluteExpiration = DateTimeOffset.MaxValue);
        Set(cache, "sliding", 1, static entry => entry.SlidingExpiration = TimeSpan.MaxValue);
        _clock.Advance(TimeSpan.FromDays(365_000));
        Assert.NotNull(cache.Get("date"));
        Assert.NotNull(cache.Get("sliding"));
    }

    [Fact]
    public void What_replaces_is_found_and_what_it_replaced_is_told_so()
    {
        using IMemoryCache cache = Create();
        Set(cache, "key", "first", entry => entry.Size = 1);
        Set(cache, "key", "second");
        Assert.Equal("second", cache.Get("key"));
        AssertEvicted("key", "first", EvictionReason.Replaced);
        AssertNoneEvicted();
    }

    [Fact]
    public void What_is_removed_is_told_so_once()
    {
        using IMemoryCache cache = Create();
        Set(cache, "key", "value");
        cache.Remove("key");
        cache.Remove("key");
        Assert.False(cache.TryGetValue("key", out _));
        AssertEvicted("key", "value", EvictionReason.Removed);
        AssertNoneEvicted();
    }

    [Fact]
    public void An_absolute_date_is_the_first_moment_at_which_the_entry_is_not_found()
    {
        using IMemoryCache cache = Create();
        Set(cache, "key", "value", entry => entry.AbsoluteExpiration = _clock.UtcNow + s_minute);
        _clock.Advance(s_minute - TimeSpan.FromMilliseconds(1));
        Assert.Equal("value", cache.Get("key"));
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Null(cache.Get("key"));
        AssertEvicted("key", "value", EvictionReason.Expired);
        Assert.Equal(0, Count(cache));
    }

    [Fact]
    public void A_time_from_now_counts_from_the_commit_and_the_earlier_of_two_dates_holds()
    {
        using IMemoryCache cache = Create();
        ICacheEntry entry = cache.CreateEntry("key");
        entry.Value = "value";
        entry.AbsoluteExpirationRelativeToNow = s_minute;
        _clock.Advance(s_minute);
        entry.Dispose();
        Assert.Equal("value", cache.Get("key"));
        Assert.Equal(_clock.UtcNow + s_minute, entry.AbsoluteExpiration);
        Set(cache, "earlier", "value", e =>
        {
            e.AbsoluteExpiration = _clock.UtcNow + TimeSpan.FromSeconds(10);
            e.AbsoluteExpirationRelativeToNow = s_minute;
        });
        _clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Null(cache.Get("earlier"));
        _clock.Advance(TimeSpan.FromSeconds(50));
        Assert.Null(cache.Get("key"));
    }

    [Fact]
    public void What_has_expired_when_it_is_committed_is_not_kept_and_takes_away_what_was_there()
    {
        using IMemoryCache cache = Create();
        Set(cache, "key", "before");
        Set(cache, "key", "late", entry => entry.AbsoluteExpiration = _clock.UtcNow);
        Assert.Null(cache.Get("key"));
        HashSet<(object?, EvictionReason)> told = [Next(), Next()];
        Assert.True(told.SetEquals([("late", EvictionReason.Expired), ("before", EvictionReason.Replaced)]));
    }

    [Fact]
    public void Each_read_puts_off_a_sliding_expiration_but_not_an_absolute_one()
    {
        using IMemoryCache cache = Create();
        Set(cache, "key", "value", entry =>
        {
            entry.SlidingExpiration = s_minute;
            entry.AbsoluteExpirationRelativeToNow = 3 * s_minute;
        });
        for (int i = 0; i < 5; i++)
        {
            _clock.Advance(s_minute / 2);
            Assert.Equal("value", cache.Get("key"));
        }

        _clock.Advance(s_minute / 2);
        Assert.Null(cache.Get("key"));
        Set(cache, "sliding", "value", entry => entry.SlidingExpiration = s_minute);
        _clock.Advance(s_minute);
        Assert.Null(cache.Get("sliding"));
    }

    [Fact]
    public void A_token_that_calls_takes_its_entry_out_at_once()
    {
        using IMemoryCache cache = Create();
        using var source = new CancellationTokenSource();
        Set(cache, "key", "value", entry => entry.ExpirationTokens.Add(new CancellationChangeToken(source.Token)));
        Assert.Equal("value", cache.Get("key"));
        source.Cancel();
        AssertEvicted("key", "value", EvictionReason.TokenExpired);
        Assert.Null(cache.Get("key"));
        Assert.Equal(0, Count(cache));
    }

    [Fact]
    public void A_token_that_does_not_call_is_asked_at_each_read()
    {
        using IMemoryCache cache = Create();
        var token = new PolledToken();
        Set(cache, "key", "value", entry => entry.ExpirationTokens.Add(token));
        Assert.Equal("value", cache.Get("key"));
        token.HasChanged = true;
        Assert.Null(cache.Get("key"));
        AssertEvicted("key", "value", EvictionReason.TokenExpired);
    }

    [Fact]
    public void A_token_that_has_changed_before_the_commit_keeps_the_entry_out()
    {
        using IMemoryCache cache = Create();
        using var source = new CancellationTokenSource();
        source.Cancel();
        Set(cache, "key", "value", entry => entry.ExpirationTokens.Add(new CancellationChangeToken(source.Token)));
        Assert.Null(cache.Get("key"));
        AssertEvicted("key", "value", EvictionReason.TokenExpired);
    }

    [Fact]
    public void Of_an_entry_that_is_gone_the_tokens_are_no_longer_listened_to()
    {
        using IMemoryCache cache = Create();
        var token = new CountingToken();
        Set(cache, "key", "value", entry => entry.ExpirationTokens.Add(token));
        Assert.Equal(1, token.Listeners);
        cache.Remove("key");
        Wait.Until(() => token.Listeners == 0, "the listener is removed");
    }

    [Fact]
    public void Clearing_tells_every_entry_that_it_was_removed()
    {
        using IMemoryCache cache = Create(new MemoryCacheOptions { SizeLimit = 10, TrackStatistics = true });
        for (int i = 0; i < 5; i++)
        {
            Set(cache, i, i, static entry => entry.Size = 1);
        }

        Clear(cache);
        Assert.Equal(0, Count(cache));
        Assert.Equal(0, Statistics(cache)!.CurrentEstimatedSize);
        for (int i = 0; i < 5; i++)
        {
            Assert.Equal(EvictionReason.Removed, Next().Reason);
        }

        Set(cache, 1, "again", static entry => entry.Size = 10);
        Assert.Equal("again", cache.Get(1));
    }

    [Fact]
    public void Callbacks_get_the_state_run_off_the_callers_thread_and_one_that_fails_hurts_no_other()
    {
        using IMemoryCache cache = Create();
        int caller = Environment.CurrentManagedThreadId;
        int callback = 0;
        using (ICacheEntry entry = cache.CreateEntry("key"))
        {
            entry.Value = "value";
            entry.RegisterPostEvictionCallback(static (_, _, _, _) => throw new InvalidOperationException("listener"));
            entry.RegisterPostEvictionCallback(
                (key, value, reason, state) =>
                {
                    callback = Environment.CurrentManagedThreadId;
                    _evicted.Add((key, value, reason, state));
                },
                "state");
        }

        cache.Remove("key");
        Assert.True(_evicted.TryTake(out var told, TimeSpan.FromSeconds(60)));
        Assert.Equal(("key", "value", EvictionReason.Removed, "state"), told);
        Assert.NotEqual(caller, callback);
    }

    [Fact]
    public void A_callback_that_changes_who_is_told_keeps_nobody_from_being_told()
    {
        using IMemoryCache cache = Create();
        Set(cache, "key", "value", entry =>
        {
            entry.PostEvictionCallbacks.Insert(0, new PostEvictionCallbackRegistration { EvictionCallback = (_, _, _, _) => entry.PostEvictionCallbacks.Clear() });
            entry.RegisterPostEvictionCallback((_, _, _, _) => entry.RegisterPostEvictionCallback((_, _, _, _) => _evicted.Add(("too late", null, default, null))));
        });
        cache.Remove("key");
        AssertEvicted("key", "value", EvictionReason.Removed);
        AssertNoneEvicted();
    }

    [Fact]
    public void Hits_and_misses_are_counted_if_that_is_asked_for()
    {
        using IMemoryCache silent = Create();
        Assert.Null(Statistics(silent));
        using IMemoryCache cache = Create(new MemoryCacheOptions { TrackStatistics = true });
        cache.Set("key", 1);
        for (int i = 0; i < 3; i++)
        {
            _ = cache.Get("key");
            _ = cache.Get("other");
        }

        Wait.OnThread(() => cache.Get("key"));
        MemoryCacheStatistics statistics = Statistics(cache)!;
        Assert.Equal((4, 3, 1, null), (statistics.TotalHits, statistics.TotalMisses, statistics.CurrentEntryCount, statistics.CurrentEstimatedSize));
    }

    [Fact]
    public void An_entry_made_inside_another_passes_on_when_it_goes_if_that_is_asked_for()
    {
        using IMemoryCache cache = Create(new MemoryCacheOptions { TrackLinkedCacheEntries = true });
        using var source = new CancellationTokenSource();
        using (ICacheEntry outer = cache.CreateEntry("outer"))
        {
            using (ICacheEntry inner = cache.CreateEntry("inner"))
            {
                inner.Value = "inner";
                inner.AbsoluteExpirationRelativeToNow = s_minute;
                inner.ExpirationTokens.Add(new CancellationChangeToken(source.Token));
            }

            outer.Value = "outer";
            Assert.Equal(_clock.UtcNow + s_minute, outer.AbsoluteExpiration);
            Assert.Single(outer.ExpirationTokens);
        }

        source.Cancel();
        Assert.Null(cache.Get("outer"));
        Assert.Null(cache.Get("inner"));
    }

    [Fact]
    public void An_entry_read_while_another_is_made_passes_on_when_it_goes_too()
    {
        using IMemoryCache cache = Create(new MemoryCacheOptions { TrackLinkedCacheEntries = true });
        Set(cache, "inner", "inner", entry => entry.AbsoluteExpiration = _clock.UtcNow + s_minute);
        using (ICacheEntry outer = cache.CreateEntry("outer"))
        {
            outer.Value = cache.Get("inner");
        }

        _clock.Advance(s_minute);
        Assert.Null(cache.Get("outer"));
    }

    [Fact]
    public void Without_that_entries_are_not_linked()
    {
        using IMemoryCache cache = Create();
        using (ICacheEntry outer = cache.CreateEntry("outer"))
        {
            Set(cache, "inner", "inner", static entry => entry.AbsoluteExpirationRelativeToNow = s_minute);
            outer.Value = "outer";
        }

        _clock.Advance(s_minute);
        Assert.Equal("outer", cache.Get("outer"));
    }

    [Fact]
    public void A_disposed_cache_says_so()
    {
        IMemoryCache cache = Create();
        ICacheEntry entry = cache.CreateEntry("late");
        entry.Value = 1;
        cache.Dispose();
        cache.Dispose();
        Assert.Throws<ObjectDisposedException>(() => cache.TryGetValue("key", out _));
        Assert.Throws<ObjectDisposedException>(() => cache.CreateEntry("key"));
        Assert.Throws<ObjectDisposedException>(() => cache.Remove("key"));
        Assert.Throws<ObjectDisposedException>(() => Clear(cache));
        entry.Dispose();
    }

    [Fact]
    public void Into_a_disposed_cache_no_commit_fails_and_its_tokens_still_tell()
    {
        IMemoryCache cache = Create(new MemoryCacheOptions { SizeLimit = 10 });
        using var source = new CancellationTokenSource();
        Set(cache, "key", "value", entry =>
        {
            entry.Size = 1;
            entry.ExpirationTokens.Add(new CancellationChangeToken(source.Token));
        });
        ICacheEntry late = cache.CreateEntry("late");
        late.Value = "without a size";
        cache.Dispose();
        late.Dispose();
        AssertNoneEvicted();
        source.Cancel();
        AssertEvicted("key", "value", EvictionReason.TokenExpired);
    }

    [Fact]
    public void After_a_date_that_was_set_back_a_read_counts_from_the_new_date()
    {
        using IMemoryCache cache = Create();
        Set(cache, "key", "value", static entry => entry.SlidingExpiration = s_minute);
        _clock.Advance(-60 * s_minute);
        Assert.Equal("value", cache.Get("key"));
        _clock.Advance(s_minute);
        Assert.Null(cache.Get("key"));
    }

    [Fact]
    public async Task What_a_flow_reads_after_the_entry_it_was_begun_in_was_committed_still_takes_that_entry_along()
    {
        using IMemoryCache cache = Create(new MemoryCacheOptions { TrackLinkedCacheEntries = true });
        Set(cache, "inner", "inner", entry => entry.AbsoluteExpiration = _clock.UtcNow + s_minute);
        var committed = new TaskCompletionSource();
        Task flow;
        using (ICacheEntry outer = cache.CreateEntry("outer"))
        {
            outer.Value = "outer";
            flow = Task.Run(async () =>
            {
                await committed.Task;
                Assert.Equal("inner", cache.Get("inner"));
            });
        }

        committed.SetResult();
        await flow;
        Assert.Equal("outer", cache.Get("outer"));
        _clock.Advance(s_minute);
        Assert.Null(cache.Get("outer"));
    }

    [Fact]
    public void A_date_that_is_set_after_the_commit_holds()
    {
        using IMemoryCache cache = Create();
        ICacheEntry entry = cache.CreateEntry("key");
        entry.Value = "value";
        entry.Dispose();
        entry.AbsoluteExpiration = _clock.UtcNow + s_minute;
        Assert.Equal("value", cache.Get("key"));
        _clock.Advance(s_minute);
        Assert.Null(cache.Get("key"));
    }

    [Fact]
    public void Microsofts_extensions_work_on_it()
    {
        using IMemoryCache cache = Create();
        Assert.Equal(1, cache.GetOrCreate("key", static entry => 1));
        Assert.Equal(1, cache.GetOrCreate("key", static entry => 2));
        Assert.Equal(3, cache.Set("timed", 3, s_minute));
        Assert.True(cache.TryGetValue("timed", out int found));
        Assert.Equal(3, found);
        Assert.False(cache.TryGetValue("timed", out string? _));
        _clock.Advance(s_minute);
        Assert.False(cache.TryGetValue("timed", out found));
        Assert.Throws<InvalidOperationException>(() => cache.GetOrCreate<int>("failing", static _ => throw new InvalidOperationException()));
        Assert.False(cache.TryGetValue("failing", out found));
    }

    private IMemoryCache Create() => Create(new MemoryCacheOptions());

    private protected void Use(MemoryCacheOptions options) => options.Clock = _clock;

    private void Set(IMemoryCache cache, object key, object? value, Action<ICacheEntry>? configure = null)
    {
        using ICacheEntry entry = cache.CreateEntry(key);
        entry.Value = value;
        entry.RegisterPostEvictionCallback((k, v, reason, state) => _evicted.Add((k, v, reason, state)));
        configure?.Invoke(entry);
    }

    private (object? Value, EvictionReason Reason) Next()
    {
        Assert.True(_evicted.TryTake(out var told, TimeSpan.FromSeconds(60)), "nothing more is evicted");
        return (told.Value, told.Reason);
    }

    private void AssertEvicted(object key, object? value, EvictionReason reason)
    {
        Assert.True(_evicted.TryTake(out var told, TimeSpan.FromSeconds(60)), "nothing is evicted");
        Assert.Equal((key, value, reason), (told.Key, told.Value, told.Reason));
    }

    private void AssertNoneEvicted() => Assert.False(_evicted.TryTake(out _, TimeSpan.FromMilliseconds(50)));

    private sealed class PolledToken : IChangeToken
    {
        public bool HasChanged { get; set; }

        public bool ActiveChangeCallbacks => false;

        public IDisposable RegisterChangeCallback(Action<object?> callback, object? state) => throw new InvalidOperationException("nobody asks it to call");
    }

    private sealed class CountingToken : IChangeToken, IDisposable
    {
        private int _listeners;

        public int Listeners => Volatile.Read(ref _listeners);

        public bool HasChanged => false;

        public bool ActiveChangeCallbacks => true;

        public IDisposable RegisterChangeCallback(Action<object?> callback, object? state)
        {
            Interlocked.Increment(ref _listeners);
            return this;
        }

        public void Dispose() => Interlocked.Decrement(ref _listeners);
    }
}
