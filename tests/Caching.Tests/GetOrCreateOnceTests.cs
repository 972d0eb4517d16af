using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Primitives;

namespace SwmrKit.Tests;

/// <summary>A value that many miss at once is made once; Microsoft's extension, the control, makes it once for each.</summary>
public sealed class GetOrCreateOnceTests : IClassFixture<SharedMachine>
{
    private const int Threads = 8;

    private readonly SwmrMemoryCache _cache = new(new MemoryCacheOptions());

    [Fact]
    public void Of_many_threads_that_miss_a_key_one_makes_the_value() =>
        Assert.Equal(1, Stampede(static (cache, make) => cache.GetOrCreateOnce("key", _ => make())));

    [Fact]
    public void Control_Microsofts_extension_makes_it_for_each() =>
        Assert.Equal(Threads, Stampede(static (cache, make) => cache.GetOrCreate("key", _ => make())));

    [Fact]
    public void It_works_on_Microsofts_cache_too()
    {
        using var cache = new MemoryCache(new MemoryCacheOptions());
        int made = 0;
        Assert.Equal(1, cache.GetOrCreateOnce("key", _ => ++made));
        Assert.Equal(1, cache.GetOrCreateOnce("key", _ => ++made));
    }

    [Fact]
    public async Task Of_many_flows_that_miss_a_key_one_makes_the_value()
    {
        var gate = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        int made = 0;
        Task<string?>[] waiting = [.. Enumerable.Range(0, Threads).Select(_ => _cache.GetOrCreateOnceAsync("key", async (entry, _) =>
        {
            Interlocked.Increment(ref made);
            entry.AbsoluteExpirationRelativeToNow = TimeSpan.FromHours(1);
            return await gate.Task;
        }).AsTask())];
        Assert.All(waiting, static task => Assert.False(task.IsCompleted));
        gate.SetResult("value");
        Assert.All(await Task.WhenAll(waiting), static value => Assert.Equal("value", value));
        Assert.Equal(1, made);
        Assert.Equal("value", _cache.Get("key"));
        Assert.Equal("value", await _cache.GetOrCreateOnceAsync<string>("key", static (_, _) => throw new InvalidOperationException("made again")));
    }

    [Fact]
    public async Task Threads_and_flows_share_a_value()
    {
        var gate = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        Task<int> flow = _cache.GetOrCreateOnceAsync("key", (_, _) => gate.Task).AsTask();
        Task<int> thread = Task.Run(() => _cache.GetOrCreateOnce("key", static _ => -1));
        gate.SetResult(7);
        Assert.Equal(7, await flow);
        Assert.Equal(7, await thread);
    }

    [Fact]
    public async Task A_failure_is_everybodys_who_waits_and_nobodys_after()
    {
        var gate = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        Task<int>[] waiting = [.. Enumerable.Range(0, 3).Select(_ => _cache.GetOrCreateOnceAsync("key", (_, _) => gate.Task).AsTask())];
        gate.SetException(new FormatException("bad"));
        foreach (Task<int> task in waiting)
        {
            await Assert.ThrowsAsync<FormatException>(() => task);
        }

        Assert.Equal(0, _cache.Count);
        Assert.Equal(2, await _cache.GetOrCreateOnceAsync("key", static (_, _) => Task.FromResult(2)));
        Assert.Throws<FormatException>(() => _cache.GetOrCreateOnce<int>("other", static _ => throw new FormatException()));
        Assert.Equal(3, _cache.GetOrCreateOnce("other", static _ => 3));
    }

    [Fact]
    public async Task Who_gives_up_gives_up_alone_and_the_last_one_tells_the_factory()
    {
        using var first = new CancellationTokenSource();
        using var second = new CancellationTokenSource();
        var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task<int> Start(CancellationToken token) => _cache.GetOrCreateOnceAsync("key", async (_, abandoned) =>
        {
            using CancellationTokenRegistration registration = abandoned.Register(() => told.SetResult());
            await told.Task;
            abandoned.ThrowIfCancellationRequested();
            return 1;
        }, token).AsTask();
        Task<int> maker = Start(first.Token);
        Task<int> other = Start(second.Token);
        await first.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => maker);
        Assert.False(told.Task.IsCompleted);
        Assert.False(other.IsCompleted);
        await second.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => other);
        await told.Task;
        Assert.Equal(5, await _cache.GetOrCreateOnceAsync("key", static (_, _) => Task.FromResult(5)));
    }

    [Fact]
    public async Task What_is_given_up_does_not_take_the_place_of_what_was_begun_anew()
    {
        using var source = new CancellationTokenSource();
        var gate = new TaskCompletionSource<int>();
        Task<int> abandoned = _cache.GetOrCreateOnceAsync("key", (_, _) => gate.Task, source.Token).AsTask(); // It does not look at its token.
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => abandoned);
        Assert.Equal(2, await _cache.GetOrCreateOnceAsync("key", static (_, _) => Task.FromResult(2)));
        gate.SetResult(1);
        Assert.Equal(2, _cache.Get("key"));
    }

    [Fact]
    public async Task What_is_given_up_and_made_all_the_same_is_kept_if_nobody_has_begun_anew()
    {
        using var source = new CancellationTokenSource();
        var gate = new TaskCompletionSource<int>();
        Task<int> abandoned = _cache.GetOrCreateOnceAsync("key", (_, _) => gate.Task, source.Token).AsTask();
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => abandoned);
        gate.SetResult(1);
        Wait.Until(() => _cache.Get("key") is 1, "it is kept");
    }

    [Fact]
    public async Task A_factory_that_fails_when_it_is_told_that_it_is_given_up_does_not_change_what_the_last_one_gets()
    {
        using var source = new CancellationTokenSource();
        var gate = new TaskCompletionSource<int>();
        Task<int> waiting = _cache.GetOrCreateOnceAsync("key", (_, abandoned) =>
        {
            abandoned.Register(static () => throw new FormatException("told"));
            return gate.Task;
        }, source.Token).AsTask();
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        gate.SetResult(1);
    }

    [Fact]
    public async Task Who_waits_for_a_value_while_making_an_entry_passes_on_when_that_goes_as_who_makes_it_does()
    {
        using var cache = new SwmrMemoryCache(new MemoryCacheOptions { TrackLinkedCacheEntries = true });
        using var source = new CancellationTokenSource();
        var gate = new TaskCompletionSource<string>();
        Task<string?> Make(string key) => cache.GetOrCreateAsync(key, _ => cache.GetOrCreateOnceAsync("inner", async (entry, _) =>
        {
            entry.ExpirationTokens.Add(new CancellationChangeToken(source.Token));
            return await gate.Task;
        }).AsTask());
        Task<string?>[] outer = [Make("maker"), Make("waiting")];
        Task<string?> thread = Task.Run(() => cache.GetOrCreate("thread", _ => cache.GetOrCreateOnce<string>("inner", static _ => throw new InvalidOperationException("made twice"))));
        gate.SetResult("value");
        Assert.All(await Task.WhenAll([.. outer, thread]), static value => Assert.Equal("value", value));
        Assert.Equal(4, cache.Count);
        await source.CancelAsync();
        Assert.Equal(0, cache.Count);
    }

    [Fact]
    public async Task A_cancelled_token_is_noticed_before_anything_is_made()
    {
        using var source = new CancellationTokenSource();
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => _cache.GetOrCreateOnceAsync<int>("key", static (_, _) => throw new InvalidOperationException("made"), source.Token).AsTask());
    }

    [Fact]
    public void A_factory_may_ask_for_other_keys_and_one_that_asks_for_its_own_is_refused()
    {
        Assert.Equal(2, _cache.GetOrCreateOnce("outer", _ => 1 + _cache.GetOrCreateOnce("inner", static _ => 1)));
        InvalidOperationException failure = Assert.Throws<InvalidOperationException>(() => _cache.GetOrCreateOnce<int>("self", _ => _cache.GetOrCreateOnce("self", static _ => 1)));
        Assert.StartsWith("A cache would wait for ever: the factory for 'self' asks for 'self'. ", failure.Message, StringComparison.Ordinal);
        Assert.Equal(3, _cache.GetOrCreateOnce("self", static _ => 3));
    }

    [Fact]
    public async Task Factories_that_wait_for_each_other_in_a_circle_are_refused()
    {
        var bothFly = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        int flying = 0;
        Task<int> Make(string key, string other) => _cache.GetOrCreateOnceAsync(key, async (_, abandoned) =>
        {
            if (Interlocked.Increment(ref flying) == 2)
            {
                bothFly.SetResult();
            }

            await bothFly.Task;
            return await _cache.GetOrCreateOnceAsync(other, static (_, _) => Task.FromResult(0), abandoned);
        }).AsTask();
        Task<int>[] both = [Make("a", "b"), Make("b", "a")];
        Exception[] failures = [await Record.ExceptionAsync(() => both[0]), await Record.ExceptionAsync(() => both[1])];
        Assert.All(failures, static failure => Assert.IsType<InvalidOperationException>(failure)); // One is refused, and the other waited for it.
        Assert.Matches("^A cache would wait for ever: the factory for '([ab])' asks for '(?!\\1)([ab])', whose factory waits for '\\1'[.] ", failures[0].Message);
    }

    [Fact]
    public async Task Factories_that_share_what_they_need_ask_in_no_time_however_many_ways_lead_to_it()
    {
        const int layers = 60; // By every way it would be a quintillion steps.
        var last = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        Task<int> Make(int layer, int side) => _cache.GetOrCreateOnceAsync((layer, side), async (_, _) =>
            layer == layers ? await last.Task : (await Task.WhenAll(Make(layer + 1, 0), Make(layer + 1, 1))).Max() + 1).AsTask();
        Task<int> first = Make(0, 0);
        last.SetResult(0);
        Assert.Equal(layers, await first.WaitAsync(TimeSpan.FromSeconds(60)));
    }

    [Fact]
    public void Whoever_asks_outside_of_factories_needs_no_lock_of_those_who_ask_inside()
    {
        lock (CacheFlight.Waits)
        {
            Wait.OnThread(() =>
            {
                Assert.Equal(1, _cache.GetOrCreateOnce("alone", static _ => 1));
                var gate = new TaskCompletionSource<int>();
                Task<int>[] both = [.. Enumerable.Range(0, 2).Select(_ => _cache.GetOrCreateOnceAsync("shared", (_, _) => gate.Task).AsTask())];
                gate.SetResult(2);
                Assert.Equal([2, 2], Task.WhenAll(both).GetAwaiter().GetResult());
            });
        }
    }

    [Fact]
    public void A_key_that_takes_its_time_to_say_its_name_in_a_refusal_holds_up_nobody()
    {
        var key = new SlowlyNamed(() => Wait.OnThread(() => _cache.GetOrCreateOnce("outer", _ => 1 + _cache.GetOrCreateOnce("inner", static _ => 1))));
        Assert.Throws<InvalidOperationException>(() => _cache.GetOrCreateOnce<int>(key, _ => _cache.GetOrCreateOnce(key, static _ => 1)));
        Assert.Equal(2, _cache.Get("outer"));
    }

    [Fact]
    public void Bad_arguments_are_refused()
    {
        Assert.Throws<ArgumentNullException>("cache", () => ((IMemoryCache)null!).GetOrCreateOnce("key", static _ => 1));
        Assert.Throws<ArgumentNullException>("key", () => _cache.GetOrCreateOnce(null!, static _ => 1));
        Assert.Throws<ArgumentNullException>("factory", () => _cache.GetOrCreateOnce<int>("key", null!));
        _cache.Set("text", "value");
        Assert.Throws<InvalidCastException>(() => _cache.GetOrCreateOnce("text", static _ => 1));
    }

    private int Stampede(Func<IMemoryCache, Func<int>, int> get)
    {
        int made = 0, arrived = 0;
        Thread[] threads = [.. Enumerable.Range(0, Threads).Select(_ => new Thread(() =>
        {
            Interlocked.Increment(ref arrived);
            get(_cache, () =>
            {
                // All have missed the key, or wait, before it is there.
                Interlocked.Increment(ref made);
                SpinWait.SpinUntil(() => Volatile.Read(ref arrived) == Threads, TimeSpan.FromSeconds(60));
                Thread.Sleep(100);
                return 1;
            });
        }))];
        Array.ForEach(threads, static thread => thread.Start());
        Array.ForEach(threads, static thread => thread.Join());
        return made;
    }

    private sealed class SlowlyNamed(Action naming)
    {
        public override string ToString()
        {
            naming();
            return "slow";
        }
    }
}
