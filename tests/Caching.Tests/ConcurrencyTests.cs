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
        using var cache = new SwmrMemoryCache(new MemoryCacheOptions { SizeLimit = Limit, TrackStatistics = true, ExpirationScanFrequency = TimeSpan.FromMilliseconds(5) });
        long committed = 0, told = 0, overLimit = 0, toldTwice = 0;
        var byReason = new ConcurrentDictionary<EvictionReason, int>();
        Run(3, thread =>
        {
            var random = new Random(thread);
            for (int i = 0; i < s_rounds; i++)
            {
                int key = random.Next(Keys);
                switch (random.Next(100))
                {
                    case 0:
                        cache.Clear();
                        break;
                    case 1:
                        cache.Compact(0.5);
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
                            int times = 0;
                            entry.Value = i;
                            entry.Size = random.Next(7);
                            if (random.Next(2) == 0)
                            {
                                entry.AbsoluteExpirationRelativeToNow = TimeSpan.FromMilliseconds(random.Next(1, 10));
                            }

                            entry.RegisterPostEvictionCallback((_, _, reason, _) =>
                            {
                                byReason.AddOrUpdate(reason, 1, static (_, count) => count + 1);
                                Interlocked.Increment(ref told);
                                if (Interlocked.Increment(ref times) > 1)
                                {
                                    Interlocked.Increment(ref toldTwice);
                                }
                            });
                            Interlocked.Increment(ref committed);
                        }

                        break;
                }

                if (cache.GetCurrentStatistics()!.CurrentEstimatedSize is < 0 or > Limit)
                {
                    Interlocked.Increment(ref overLimit);
                }
            }
        });
        cache.Clear();
        Wait.Until(() => Interlocked.Read(ref told) == Interlocked.Read(ref committed), "every entry is told");
        output.WriteLine($"{committed:N0} entries: {string.Join(", ", byReason.Select(static pair => $"{pair.Value:N0} {pair.Key}"))}");
        Assert.Equal(0, toldTwice);
        Assert.Equal(0, overLimit);
        Assert.Equal(0, cache.GetCurrentStatistics()!.CurrentEstimatedSize);
        Assert.Equal(0, cache.Count);
        Assert.True(byReason.Keys.ToHashSet().SetEquals([EvictionReason.Removed, EvictionReason.Replaced, EvictionReason.Expired, EvictionReason.Capacity]));
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
    public void What_is_replaced_all_the_time_is_never_missed()
    {
        using var cache = new SwmrMemoryCache(new MemoryCacheOptions());
        cache.Set("key", 0);
        int misses = 0;
        bool isOver = false;
        var reader = new Thread(() =>
        {
            int last = 0;
            while (!Volatile.Read(ref isOver))
            {
                if (!cache.TryGetValue("key", out int value) || value < last)
                {
                    misses++;
                }

                last = value;
            }
        });
        reader.Start();
        for (int i = 1; i <= s_rounds * 5; i++)
        {
            cache.Set("key", i);
        }

        Volatile.Write(ref isOver, true);
        reader.Join();
        Assert.Equal(0, misses);
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
}
