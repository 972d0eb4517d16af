namespace SwmrKit.Tests;

/// <summary>Factories run once a key, and never wait for themselves.</summary>
public sealed class KeyGateTests : IClassFixture<SharedMachine>
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(30);
    private readonly CopyOnWriteDictionary<int, string> _dictionary = [];

    [Fact]
    public async Task A_factory_runs_once_for_all_who_ask_at_once()
    {
        int runs = 0;
        using var release = new ManualResetEventSlim();
        using var running = new ManualResetEventSlim();
        Task<string>[] asking =
        [
            .. Enumerable.Range(0, 8).Select(_ => Task.Factory.StartNew(
                () => _dictionary.GetOrAdd(1, _ =>
                {
                    Interlocked.Increment(ref runs);
                    running.Set();
                    release.Wait(s_deadline);
                    return "made";
                }),
                TaskCreationOptions.LongRunning)),
        ];
        Assert.True(running.Wait(s_deadline));
        release.Set();
        Assert.All(await Task.WhenAll(asking).WaitAsync(s_deadline), static got => Assert.Equal("made", got));
        Assert.Equal(1, runs);
    }

    [Fact]
    public void Writers_go_on_while_a_factory_runs_and_what_they_set_wins()
    {
        string got = _dictionary.GetOrAdd(1, key =>
        {
            var writer = new Thread(() => _dictionary.Set(key, "set"));
            writer.Start();
            Assert.True(writer.Join(s_deadline), "the factory keeps the writer's lock");
            return "made";
        });
        Assert.Equal("set", got);
        Assert.Equal("set", _dictionary[1]);
    }

    [Fact]
    public void A_factory_may_use_the_dictionary_for_other_keys()
    {
        Assert.Equal("2!", _dictionary.GetOrAdd(1, key => _dictionary.GetOrAdd(key + 1, static key => $"{key}") + "!"));
        Assert.Equal(2, _dictionary.Count);
    }

    [Fact]
    public void A_factory_that_asks_for_its_own_key_is_refused()
    {
        Assert.Throws<InvalidOperationException>(() => _dictionary.GetOrAdd(1, key => _dictionary.GetOrAdd(key, static _ => "inner")));
        Assert.Empty(_dictionary);
        Assert.Equal("now", _dictionary.GetOrAdd(1, static _ => "now"));
    }

    [Fact]
    public void A_cycle_through_two_dictionaries_and_two_threads_is_refused_to_one_of_them()
    {
        CopyOnWriteDictionary<int, string> other = [];
        using var both = new Barrier(2);
        Task<string> first = Ask(_dictionary, other);
        Task<string> second = Ask(other, _dictionary);
        Exception?[] failures = [Failure(first), Failure(second)];
        Assert.IsType<InvalidOperationException>(Assert.Single(failures, static failure => failure is not null));

        Task<string> Ask(CopyOnWriteDictionary<int, string> own, CopyOnWriteDictionary<int, string> others) => Task.Factory.StartNew(
            () => own.GetOrAdd(1, key =>
            {
                both.SignalAndWait(s_deadline);
                return others.GetOrAdd(key, static _ => "inner");
            }),
            TaskCreationOptions.LongRunning);

        static Exception? Failure(Task<string> task)
        {
            Assert.True(((IAsyncResult)task).AsyncWaitHandle.WaitOne(s_deadline), "it waits for ever");
            return task.Exception?.InnerException;
        }
    }

    [Fact]
    public void Threads_that_ask_for_each_others_keys_in_two_dictionaries_all_end()
    {
        CopyOnWriteDictionary<int, string>[] dictionaries = [[], []];
        int refused = 0;
        int made = 0;
        Thread[] threads = [.. Enumerable.Range(0, 4).Select(number => new Thread(() =>
        {
            for (int i = 0; i < TestMode.Choose(20_000, 1_000_000); i++)
            {
                CopyOnWriteDictionary<int, string> own = dictionaries[(number + i) % 2];
                CopyOnWriteDictionary<int, string> other = dictionaries[(number + i + 1) % 2];
                try
                {
                    own.GetOrAdd(i % 3, key => other.GetOrAdd(key, _ => $"{Interlocked.Increment(ref made)}"));
                }
                catch (InvalidOperationException)
                {
                    Interlocked.Increment(ref refused);
                }

                own.TryRemove(i % 3);
                other.TryRemove((i + 1) % 3);
            }
        }) { IsBackground = true })];
        Array.ForEach(threads, static thread => thread.Start());
        Assert.All(threads, static thread => Assert.True(thread.Join(TestMode.Choose(s_deadline, 10 * s_deadline)), "it waits for ever"));
        Assert.True(made > 1_000, $"{made} made, {refused} refused");
        Assert.Equal("alone", dictionaries[0].GetOrAdd(9, static _ => "alone"));
    }

    [Fact]
    public void A_factory_that_throws_lets_the_next_one_try()
    {
        Assert.Throws<DeliberateException>(() => _dictionary.GetOrAdd(1, static _ => throw new DeliberateException()));
        Assert.Equal("made", _dictionary.GetOrAdd(1, static (_, text) => text, "made"));
    }

    [Fact]
    public void An_update_factory_runs_again_when_the_value_has_changed_meanwhile()
    {
        _dictionary[1] = "a";
        int runs = 0;
        string put = _dictionary.AddOrUpdate(1, static _ => "", (key, old) =>
        {
            if (++runs == 1)
            {
                _dictionary[key] = "b";
            }

            return old + "!";
        });
        Assert.Equal("b!", put);
        Assert.Equal(2, runs);
        Assert.Equal("added", _dictionary.AddOrUpdate(2, static (_, text) => text, static (_, _, text) => text + "?", "added"));
    }

    [Fact]
    public void Concurrent_updates_of_one_key_lose_nothing()
    {
        var counters = new CopyOnWriteDictionary<string, (int Count, int Negative)>();
        Parallel.For(0, 4, _ =>
        {
            for (int i = 0; i < 2_000; i++)
            {
                counters.AddOrUpdate("x", static _ => (1, -1), static (_, value) => (value.Count + 1, value.Negative - 1));
            }
        });
        Assert.Equal((8_000, -8_000), counters["x"]);
    }
}
