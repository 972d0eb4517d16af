using Microsoft.Extensions.Caching.Memory;

namespace SwmrKit.Tests;

// Size limits and compaction.
public abstract partial class CacheBehaviour
{
    [Fact]
    public void A_cache_with_a_size_limit_wants_a_size()
    {
        using IMemoryCache cache = Create(new MemoryCacheOptions { SizeLimit = 10 });
        ICacheEntry entry = cache.CreateEntry("key");
        entry.Value = "value";
        Assert.Throws<InvalidOperationException>(entry.Dispose);
        Assert.Equal(0, Count(cache));
    }

    [Fact]
    public void What_would_exceed_the_size_limit_is_not_kept_and_takes_away_what_was_there()
    {
        using IMemoryCache cache = Create(new MemoryCacheOptions { SizeLimit = 10, TrackStatistics = true });
        Set(cache, "key", "small", entry => entry.Size = 4);
        Set(cache, "key", "large", entry => entry.Size = 11);
        Assert.Null(cache.Get("key"));
        HashSet<(object?, EvictionReason)> told = [Next(), Next()];
        Assert.True(told.SetEquals([("large", EvictionReason.Capacity), ("small", EvictionReason.Replaced)]));
        Assert.Equal(0, Statistics(cache)!.CurrentEstimatedSize);
    }

    [Fact]
    public void Sizes_are_added_up_over_replacing_and_removing()
    {
        using IMemoryCache cache = Create(new MemoryCacheOptions { SizeLimit = 10, TrackStatistics = true });
        Set(cache, "a", 1, entry => entry.Size = 4);
        Set(cache, "b", 1, entry => entry.Size = 6);
        Assert.Equal(10, Statistics(cache)!.CurrentEstimatedSize);
        Set(cache, "a", 2, entry => entry.Size = 3);
        Assert.Equal(9, Statistics(cache)!.CurrentEstimatedSize);
        cache.Remove("b");
        Assert.Equal(3, Statistics(cache)!.CurrentEstimatedSize);
        Set(cache, "zero", 1, entry => entry.Size = 0);
        Assert.Equal(2, Count(cache));
    }

    [Fact]
    public void A_full_cache_makes_room_of_what_was_not_used_for_longest()
    {
        using IMemoryCache cache = Create(new MemoryCacheOptions { SizeLimit = 10, CompactionPercentage = 0.3 });
        for (int i = 0; i < 10; i++)
        {
            Set(cache, i, i, static entry => entry.Size = 1);
            _clock.Advance(s_minute);
        }

        Assert.NotNull(cache.Get(0)); // So 1, 2 and 3 are the oldest.
        _clock.Advance(s_minute);
        Set(cache, "one too many", 0, static entry => entry.Size = 1);
        HashSet<object?> gone = [];
        for (int i = 0; i < 4; i++)
        {
            (object? value, EvictionReason reason) = Next();
            Assert.Equal(EvictionReason.Capacity, reason);
            gone.Add(value);
        }

        Assert.True(gone.SetEquals([0, 1, 2, 3])); // 0 is the value of the one too many.
        Assert.Null(cache.Get("one too many"));
        Assert.NotNull(cache.Get(0));
        Assert.Equal(7, Count(cache));
    }

    [Fact]
    public void What_compaction_takes_away_is_rounded_down()
    {
        using IMemoryCache cache = Create(new MemoryCacheOptions { SizeLimit = 11, CompactionPercentage = 0.5 });
        for (int i = 0; i < 11; i++)
        {
            Set(cache, i, i, static entry => entry.Size = 1);
        }

        Set(cache, "one too many", 0, static entry => entry.Size = 1);
        for (int i = 0; i < 6; i++)
        {
            Assert.Equal(EvictionReason.Capacity, Next().Reason);
        }

        Assert.Equal(6, Count(cache)); // Of 11, half is 5.
        AssertNoneEvicted();
    }

    [Fact]
    public void Compacting_takes_the_expired_first_then_by_priority_then_by_age()
    {
        using IMemoryCache cache = Create();
        CacheItemPriority[] priorities = [CacheItemPriority.NeverRemove, CacheItemPriority.High, CacheItemPriority.Normal, CacheItemPriority.Low];
        foreach (CacheItemPriority priority in priorities)
        {
            Set(cache, priority, "old", entry => entry.Priority = priority);
            _clock.Advance(s_minute);
        }

        Set(cache, "normal too", "young", static entry => entry.Priority = CacheItemPriority.Normal);
        Set(cache, "expired", "expired", entry =>
        {
            entry.Priority = CacheItemPriority.NeverRemove;
            entry.AbsoluteExpirationRelativeToNow = s_minute;
        });
        _clock.Advance(s_minute);
        Compact(cache, 0.5);
        Assert.True(new HashSet<object>([CacheItemPriority.NeverRemove, CacheItemPriority.High, "normal too"]).SetEquals(Keys(cache)));
        Compact(cache, 1);
        Assert.Equal([CacheItemPriority.NeverRemove], Keys(cache));
        Compact(cache, 0);
        Assert.Equal(1, Count(cache));
    }
}
