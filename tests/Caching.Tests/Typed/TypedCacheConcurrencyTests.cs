using System.Collections.Concurrent;
using Xunit.Abstractions;

namespace SwmrKit.Tests;

/// <summary>The bound holds at every moment, every entry is told of once, and a value is made once, whoever writes and reads at the same time.</summary>
public sealed class TypedCacheConcurrencyTests(ITestOutputHelper output) : IClassFixture<ExclusiveMachine>
{
    private const int Keys = 40;
    private const int Capacity = 20;
    private const int Threads = 8;

    private static readonly int s_rounds = TestMode.Choose(30_000, 1_000_000);

    private interface IBounded
    {
        int Count { get; }

        bool TryGetValue(int key, out long value);

        void Set(int key, long value);

        void Remove(int key);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_bound_is_never_exceeded_and_each_entry_is_there_or_was_told_of_once(bool expires)
    {
        var ours = new Ours(expires);
        using SwmrCache<int, long> cache = ours.Cache;
        (long beyond, long foreign, ConcurrentDictionary<long, int> set) = Churn(ours, random =>
        {
            switch (random.Next(300))
            {
                case 0:
                    cache.Clear();
                    break;
                case 1:
                    cache.Trim(3);
                    break;
                case 2:
                    cache.Capacity = random.Next(1, Capacity + 1);
                    break;
                case < 30:
                    long made = Interlocked.Increment(ref ours.NextMade);
                    cache.GetOrAdd(random.Next(Keys), static (_, argument) => argument.ours.Made(argument.made), (ours, made));
                    break;
            }
        });
        long[] there = [.. cache.Select(static pair => pair.Value)];
        Assert.Equal(0, beyond);
        Assert.Equal(0, foreign);
        Assert.True(cache.Size <= Capacity);
        if (expires)
        {
            cache.Clear(); // What expires meanwhile is neither there nor told of yet.
            there = [];
        }

        Wait.Until(() => ours.Told.Count + there.Length == set.Count + ours.MadeAndKept, "every entry is accounted for");
        Assert.All(ours.Told, static pair => Assert.Equal(1, pair.Value));
        Assert.DoesNotContain(there, ours.Told.ContainsKey);
        Assert.Contains(CacheRemovalReason.Evicted, ours.Reasons.Keys);
        Assert.Equal(expires, ours.Reasons.ContainsKey(CacheRemovalReason.Expired));
        output.WriteLine(string.Join(", ", ours.Reasons.Select(static pair => $"{pair.Value:N0} {pair.Key}")));
    }

    [Fact]
    public void Control_a_cache_that_looks_and_then_writes_is_seen_beyond_its_bound()
    {
        for (int attempt = 0; attempt < 20; attempt++)
        {
            (long beyond, _, _) = Churn(new LooksFirst(), static _ => { });
            if (beyond > 0)
            {
                return;
            }
        }

        TestMode.NoPower(output, "a cache that looks first was within its bound whenever we looked");
    }

    [Fact]
    public void What_is_replaced_all_the_time_is_never_missed_in_a_full_cache() => Assert.Equal(0, MissesUnder(static (cache, i) => cache.Set(0, i)));

    [Fact]
    public void Control_what_is_removed_and_set_again_is_missed() => Assert.NotEqual(
        0,
        MissesUnder(static (cache, i) =>
        {
            cache.TryRemove(0);
            cache.Set(0, i);
        }));

    [Fact]
    public void Of_many_threads_that_miss_a_key_one_makes_the_value() => Assert.Equal(1, Stampede(static (cache, make) => cache.GetOrAdd(1, _ => make())));

    [Fact]
    public void Control_those_who_look_and_then_set_make_it_each() => Assert.Equal(Threads, Stampede(static (cache, make) =>
    {
        if (!cache.TryGetValue(1, out long value))
        {
            cache.Set(1, value = make());
        }

        return value;
    }));

    [Fact]
    public async Task Flows_and_threads_share_a_value_and_an_exception_and_then_try_again()
    {
        using var cache = new SwmrCache<int, string>(10);
        var gate = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        int made = 0;
        Task<string> Ask() => cache.GetOrAddAsync(1, (_, _) =>
        {
            made++;
            return gate.Task;
        }).AsTask();
        Task<string>[] flows = [Ask(), Ask(), Task.Run(() => cache.GetOrAdd(1, static _ => "the thread's"))];
        gate.SetException(new TimeoutException());
        Assert.IsType<TimeoutException>(await Record.ExceptionAsync(() => flows[0]));
        Assert.IsType<TimeoutException>(await Record.ExceptionAsync(() => flows[1]));
        Assert.True(await Record.ExceptionAsync(() => flows[2]) is TimeoutException || await flows[2] == "the thread's"); // It may have come late.
        Assert.Equal(1, made);
        cache.Clear();
        gate = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        flows = [Ask(), Ask()];
        gate.SetResult("value");
        Assert.Equal(["value", "value"], await Task.WhenAll(flows));
        Assert.Equal("value", cache[1]);
        Assert.Equal(2, made);
    }

    [Fact]
    public async Task A_caller_that_gives_up_leaves_the_others_waiting_and_the_last_one_cancels_the_factory()
    {
        using var cache = new SwmrCache<int, string>(10);
        using var first = new CancellationTokenSource();
        using var second = new CancellationTokenSource();
        var abandoned = CancellationToken.None;
        var gate = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        Task<string> Ask(CancellationToken token) => cache.GetOrAddAsync(1, (_, given) =>
        {
            abandoned = given;
            return gate.Task;
        }, token).AsTask();
        Task<string>[] flows = [Ask(first.Token), Ask(second.Token)];
        await first.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => flows[0]);
        Assert.False(abandoned.IsCancellationRequested);
        Assert.False(flows[1].IsCompleted);
        await second.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => flows[1]);
        Assert.True(abandoned.IsCancellationRequested);
        Assert.Equal("anew", await cache.GetOrAddAsync(1, static (_, _) => Task.FromResult("anew")));
        gate.SetResult("late");
        Assert.Equal("anew", cache[1]);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cache.GetOrAddAsync(2, static (_, _) => throw new InvalidOperationException("made"), first.Token).AsTask());
    }

    [Fact]
    public void A_value_that_is_set_while_the_factory_runs_wins()
    {
        using var cache = new SwmrCache<int, string>(10);
        Assert.Equal("set", cache.GetOrAdd(1, key =>
        {
            cache.Set(key, "set");
            return "made";
        }));
        Assert.Equal("set", cache[1]);
    }

    /// <summary>Threads that set, remove and read a few keys as fast as they can. Every value is set once, and says whose key it is.</summary>
    private static (long Beyond, long Foreign, ConcurrentDictionary<long, int> Set) Churn(IBounded cache, Action<Random> also)
    {
        long beyond = 0;
        long foreign = 0;
        var set = new ConcurrentDictionary<long, int>();
        Run(3, thread =>
        {
            var random = new Random(thread);
            for (int i = 0; i < s_rounds; i++)
            {
                int key = random.Next(Keys);
                switch (random.Next(10))
                {
                    case 0:
                        cache.Remove(key);
                        break;
                    case < 5:
                        if (cache.TryGetValue(key, out long found) && found >= 0 && set.TryGetValue(found, out int whose) && whose != key)
                        {
                            Interlocked.Increment(ref foreign);
                        }

                        break;
                    default:
                        long value = ((long)i * 3) + thread;
                        set[value] = key;
                        cache.Set(key, value);
                        break;
                }

                also(random);
                if (cache.Count > Capacity)
                {
                    Interlocked.Increment(ref beyond);
                }
            }
        });
        return (beyond, foreign, set);
    }

    /// <summary>How often a reader misses key 0 while it is written in a full cache, in which nothing else is read.</summary>
    private static long MissesUnder(Action<SwmrCache<int, long>, long> write)
    {
        using var cache = new SwmrCache<int, long>(new SwmrCacheOptions<int, long> { Capacity = 4, Weigher = static (key, value) => key == 0 ? 1 + (value % 3) : 1 });
        cache.Set(0, 0);
        long misses = 0;
        bool isOver = false;
        var reader = new Thread(() =>
        {
            while (!Volatile.Read(ref isOver))
            {
                if (!cache.TryGetValue(0, out _))
                {
                    Interlocked.Increment(ref misses);
                }
            }
        });
        reader.Start();
        for (int i = 1; i <= s_rounds * 10; i++)
        {
            write(cache, i);
            cache.TryAdd(1 + (i % 2), i);
        }

        Volatile.Write(ref isOver, true);
        reader.Join();
        return Interlocked.Read(ref misses);
    }

    /// <summary>How often a value is made when many threads ask for it at once, none of which has it before all have asked.</summary>
    private static int Stampede(Func<SwmrCache<int, long>, Func<long>, long> ask)
    {
        using var cache = new SwmrCache<int, long>(10);
        using var asked = new CountdownEvent(Threads);
        int made = 0;
        Run(Threads, _ =>
        {
            asked.Signal();
            Assert.Equal(7, ask(cache, () =>
            {
                Assert.True(asked.Wait(TimeSpan.FromSeconds(60)));
                SpinWait.SpinUntil(() => Volatile.Read(ref made) == Threads, TimeSpan.FromMilliseconds(200)); // Time for the others to make it too, if they do.
                Interlocked.Increment(ref made);
                SpinWait.SpinUntil(() => Volatile.Read(ref made) == Threads, TimeSpan.FromMilliseconds(200));
                return 7;
            }));
        });
        return made;
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

    private sealed class Ours : IBounded
    {
        public long NextMade;

        private readonly ConcurrentDictionary<long, bool> _made = new();

        public Ours(bool expires)
        {
            Cache = new SwmrCache<int, long>(new SwmrCacheOptions<int, long> { Capacity = Capacity, ExpireAfterAccess = expires ? TimeSpan.FromMilliseconds(3) : null });
            Cache.Removed += (_, removed) =>
            {
                Told.AddOrUpdate(removed.Value, 1, static (_, times) => times + 1);
                Reasons.AddOrUpdate(removed.Reason, 1, static (_, times) => times + 1);
            };
        }

        public SwmrCache<int, long> Cache { get; }

        public ConcurrentDictionary<long, int> Told { get; } = new();

        public ConcurrentDictionary<CacheRemovalReason, long> Reasons { get; } = new();

        public int Count => Cache.Count;

        public bool TryGetValue(int key, out long value) => Cache.TryGetValue(key, out value);

        public void Set(int key, long value) => Cache.Set(key, value);

        public void Remove(int key) => Cache.TryRemove(key);

        /// <summary>Makes a value: a negative one, which nobody sets.</summary>
        public long Made(long number)
        {
            _made[-number] = true;
            return -number;
        }

        /// <summary>How many of those made have been in the cache: those told of, and those there. One that lost to a value set meanwhile has not.</summary>
        public int MadeAndKept
        {
            get
            {
                HashSet<long> there = [.. Cache.Select(static pair => pair.Value)];
                return _made.Keys.Count(made => Told.ContainsKey(made) || there.Contains(made));
            }
        }
    }

    private sealed class LooksFirst : IBounded
    {
        private readonly ConcurrentDictionary<int, long> _entries = new();

        public int Count => _entries.Count;

        public bool TryGetValue(int key, out long value) => _entries.TryGetValue(key, out value);

        public void Set(int key, long value)
        {
            if (!_entries.ContainsKey(key) && _entries.Count >= Capacity)
            {
                _entries.TryRemove(_entries.Keys.First(), out _);
            }

            _entries[key] = value;
        }

        public void Remove(int key) => _entries.TryRemove(key, out _);
    }
}
