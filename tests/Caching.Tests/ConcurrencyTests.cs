using System.Collections.Concurrent;
using Microsoft.Extensions.Caching.Memory;
using Xunit.Abstractions;

namespace SwmrKit.Tests;

/// <summary>Sizes, callbacks and counts are exact, whoever writes at the same time.</summary>
public sealed class ConcurrencyTests(ITestOutputHelper output) : IClassFixture<ExclusiveMachine>
{
    private const int Keys = 20;
    private const int Limit = 60;

    private static readonly int s_rounds = TestMode.Choose(20_000, 1_000_000);

    [Fact]
    public void Under_replacing_removing_expiring_and_clearing_each_entry_is_told_once_and_the_size_is_the_sum()
    {
        using var cache = new SwmrMemoryCache(Options());
        Books books = Churn(cache, cache.Clear, () => cache.Compact(0.5), () => cache.GetCurrentStatistics()!.CurrentEstimatedSize!.Value);
        cache.Clear();
        Wait.Until(() => books.Told == books.Committed, "every entry is told");
        output.WriteLine(books.ToString());
        Assert.Equal(0, books.ToldTwice);
        Assert.Equal(0, books.OutOfBounds);
        Assert.Equal(0, cache.GetCurrentStatistics()!.CurrentEstimatedSize);
        Assert.Equal(0, cache.Count);
        Assert.True(books.Reasons.SetEquals([EvictionReason.Removed, EvictionReason.Replaced, EvictionReason.Expired, EvictionReason.Capacity]));
    }

    [Fact]
    public void Control_the_size_of_Microsofts_cache_is_seen_out_of_its_bounds()
    {
        for (int round = 0; round < 20; round++)
        {
            using var cache = new MemoryCache(Options());
            Books books = Churn(cache, cache.Clear, () => cache.Compact(0.5), () => cache.GetCurrentStatistics()!.CurrentEstimatedSize!.Value);
            output.WriteLine(books.ToString());
            if (books.OutOfBounds > 0)
            {
                return;
            }
        }

        TestMode.NoPower(output, "the size of Microsoft's cache was right whenever we looked");
    }

    [Fact]
    public void Hits_and_misses_of_all_threads_are_counted_of_those_that_have_ended_too()
    {
        using var cache = new SwmrMemoryCache(new MemoryCacheOptions { TrackStatistics = true });
        cache.Set("key", 1);
        for (int round = 0; round < 20; round++)
        {
            Run(3, _ =>
            {
                for (int i = 0; i < 1_000; i++)
                {
                    cache.TryGetValue("key", out object? _);
                    cache.TryGetValue("other", out object? _);
                }
            });
        }

        MemoryCacheStatistics statistics = cache.GetCurrentStatistics()!;
        Assert.Equal((60_000, 60_000), (statistics.TotalHits, statistics.TotalMisses));
    }

    [Fact]
    public void A_read_passes_on_one_of_the_dates_of_an_entry_whose_date_is_being_changed()
    {
        using var cache = new SwmrMemoryCache(new MemoryCacheOptions { TrackLinkedCacheEntries = true });
        ICacheEntry inner = cache.CreateEntry("inner");
        inner.Value = "inner";
        inner.Dispose();
        var local = new DateTimeOffset(DateTime.MaxValue.AddDays(-1), TimeSpan.FromHours(14));
        bool isOver = false;
        Run(2, thread =>
        {
            while (thread == 1 && !Volatile.Read(ref isOver))
            {
                inner.AbsoluteExpiration = local;
                inner.AbsoluteExpiration = DateTimeOffset.MaxValue;
                inner.AbsoluteExpiration = null;
            }

            try
            {
                for (int i = 0; i < 1_000_000 && thread == 0; i++)
                {
                    using ICacheEntry outer = cache.CreateEntry("outer");
                    Assert.Equal("inner", cache.Get("inner"));
                }
            }
            finally
            {
                Volatile.Write(ref isOver, true);
            }
        });
    }

    [Fact]
    public void What_is_replaced_all_the_time_is_never_missed() =>
        Assert.Equal(0, MissesUnder(static (cache, i) => cache.Set("key", i), s_rounds * 5, untilOne: false));

    [Fact]
    public void Control_what_is_removed_and_set_again_is_missed() =>
        Assert.NotEqual(
            0,
            MissesUnder(
                static (cache, i) =>
                {
                    cache.Remove("key");
                    cache.Set("key", i);
                },
                50_000_000,
                untilOne: true));

    /// <summary>How often a reader misses a key, or finds an older value than before, while it is written.</summary>
    private static long MissesUnder(Action<IMemoryCache, int> write, int times, bool untilOne)
    {
        using var cache = new SwmrMemoryCache(new MemoryCacheOptions());
        cache.Set("key", 0);
        long misses = 0;
        bool isOver = false;
        var reader = new Thread(() =>
        {
            int last = 0;
            while (!Volatile.Read(ref isOver))
            {
                if (!cache.TryGetValue("key", out int value))
                {
                    Interlocked.Increment(ref misses);
                    continue;
                }

                if (value < last)
                {
                    Interlocked.Increment(ref misses);
                }

                last = value;
            }
        });
        reader.Start();
        for (int i = 1; i <= times && !(untilOne && Interlocked.Read(ref misses) > 0); i++)
        {
            write(cache, i);
        }

        Volatile.Write(ref isOver, true);
        reader.Join();
        return Interlocked.Read(ref misses);
    }

    private static MemoryCacheOptions Options() => new() { SizeLimit = Limit, TrackStatistics = true, ExpirationScanFrequency = TimeSpan.FromMilliseconds(5) };

    /// <summary>Threads that set, replace, remove and clear a few keys as fast as they can, and look at the size all the time.</summary>
    private static Books Churn(IMemoryCache cache, Action clear, Action compact, Func<long> size)
    {
        var books = new Books();
        Run(3, thread =>
        {
            var random = new Random(thread);
            for (int i = 0; i < s_rounds; i++)
            {
                int key = random.Next(Keys);
                switch (random.Next(100))
                {
                    case 0:
                        clear();
                        break;
                    case 1:
                        compact();
                        break;
                    case < 20:
                        cache.Remove(key);
                        break;
                    case < 50:
                        _ = cache.TryGetValue(key, out _);
                        break;
                    default:
                        using (ICacheEntry entry = cache.CreateEntry(key))
                        {
                            entry.Value = i;
                            entry.Size = random.Next(7);
                            entry.AbsoluteExpirationRelativeToNow = random.Next(2) == 0 ? TimeSpan.FromMilliseconds(random.Next(1, 10)) : null;
                            books.Enter(entry);
                        }

                        break;
                }

                books.Look(size());
            }
        });
        return books;
    }

    private static void Run(int threads, Action<int> body)
    {
        var failures = new ConcurrentQueue<Exception>();
        Thread[] running = [.. Enumerable.Range(0, threads).Select(i => new Thread(() =>
        {
            if (Record.Exception(() => body(i)) is { } failure)
            {
                failures.Enqueue(failure);
            }
        }))];
        Array.ForEach(running, static thread => thread.Start());
        Array.ForEach(running, static thread => thread.Join());
        Assert.Empty(failures);
    }

    /// <summary>What was put into a cache, and what was told of it.</summary>
    private sealed class Books
    {
        private readonly ConcurrentDictionary<EvictionReason, long> _reasons = new();
        private long _committed;
        private long _told;
        private long _toldTwice;
        private long _outOfBounds;

        public long Committed => Interlocked.Read(ref _committed);

        public long Told => Interlocked.Read(ref _told);

        public long ToldTwice => Interlocked.Read(ref _toldTwice);

        /// <summary>How often the size was below zero or above the limit.</summary>
        public long OutOfBounds => Interlocked.Read(ref _outOfBounds);

        public HashSet<EvictionReason> Reasons => [.. _reasons.Keys];

        public void Enter(ICacheEntry entry)
        {
            int times = 0;
            Interlocked.Increment(ref _committed);
            entry.RegisterPostEvictionCallback((_, _, reason, _) =>
            {
                _reasons.AddOrUpdate(reason, 1, static (_, count) => count + 1);
                if (Interlocked.Increment(ref times) > 1)
                {
                    Interlocked.Increment(ref _toldTwice);
                }

                Interlocked.Increment(ref _told);
            });
        }

        public void Look(long size)
        {
            if (size is < 0 or > Limit)
            {
                Interlocked.Increment(ref _outOfBounds);
            }
        }

        public override string ToString() =>
            $"{Committed:N0} entries, {Told:N0} told, {OutOfBounds:N0} times out of bounds: {string.Join(", ", _reasons.Select(static pair => $"{pair.Value:N0} {pair.Key}"))}";
    }
}
