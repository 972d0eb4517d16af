using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace SwmrKit.Tests;

/// <summary>Subscriptions to what changes, and streams of it.</summary>
public sealed class DictionaryChangeLogTests : IClassFixture<SharedMachine>
{
    private static readonly AsyncLocal<string?> s_ambient = new();
    private readonly CopyOnWriteDictionary<int, string> _dictionary = new() { [1] = "a", [2] = "b" };

    [Fact]
    public async Task Replicas_by_subscription_and_by_stream_become_what_the_dictionary_is_whatever_is_written_meanwhile()
    {
        CopyOnWriteDictionary<int, int> dictionary = new(Enumerable.Range(0, 500).ToDictionary(static i => i));
        using var log = new DictionaryChangeLog<int, int>(dictionary, new() { MaxChanges = 2_000 });
        Replica<int, int> whole = new(), fromSnapshot = new(dictionary.Snapshot()), streamed = new(), slow = new();
        using IDisposable first = log.Subscribe(default, whole.Apply);
        using IDisposable second = log.Subscribe(fromSnapshot.Start, fromSnapshot.Apply);
        using var end = new CancellationTokenSource();
        Task stream = Stream(streamed, TimeSpan.Zero);
        Task slowStream = Stream(slow, TimeSpan.FromMilliseconds(3)); // It falls behind what the log keeps, if the machine is not slower still.

        await Task.WhenAll(Enumerable.Range(0, 2).Select(seed => Task.Run(() => Write(dictionary, new Random(seed)))));
        Replica<int, int>[] replicas = [whole, fromSnapshot, streamed, slow];
        for (int round = 0; replicas.Any(static replica => replica.Sets < 5); round++)
        {
            Write(dictionary, new Random(2 + round));
            await Task.Delay(5);
        }

        foreach (Replica<int, int> replica in replicas)
        {
            Wait.Until(() => replica.Version == dictionary.Version || replica.IsLike(dictionary), "the replica never came to the last state");
            Assert.Null(replica.Fault);
        }

        Assert.Equal((1, 0, true), (whole.Resets, fromSnapshot.Resets, streamed.Resets > 0));
        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stream);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => slowStream);

        async Task Stream(Replica<int, int> replica, TimeSpan pause)
        {
            await foreach (DictionaryChangeSet<int, int> set in log.ReadAsync(replica.Start, end.Token))
            {
                replica.Apply(set);
                await Task.Delay(pause);
            }
        }
    }

    [Fact]
    public void A_subscriber_that_throws_is_told_of_and_keeps_nothing_from_the_others_nor_from_itself()
    {
        using var log = new DictionaryChangeLog<int, string>(_dictionary);
        List<Exception> failures = [];
        log.Failed += (_, failure) =>
        {
            failures.Add(failure.Exception);
            throw new DeliberateException(); // A handler's is swallowed.
        };
        Replica<int, string> before = new(), after = new();
        int calls = 0;
        using IDisposable one = log.Subscribe(default, before.Apply);
        using IDisposable two = log.Subscribe(default, _ => throw new DeliberateException($"{++calls}"));
        using IDisposable three = log.Subscribe(default, after.Apply);

        Wait.Until(() => after.IsLike(_dictionary) && before.IsLike(_dictionary), "the first sets never came");
        _dictionary[3] = "c";

        Wait.Until(() => after.IsLike(_dictionary) && before.IsLike(_dictionary), "the second set never came");
        Assert.Equal(["1", "2"], failures.Select(static failure => failure.Message));
    }

    [Fact]
    public async Task A_stream_leads_exactly_from_its_snapshot_and_goes_on_from_a_version_it_led_to()
    {
        using var log = new DictionaryChangeLog<int, string>(_dictionary);
        DictionarySnapshot<int, string> snapshot = _dictionary.Snapshot();
        (_dictionary[1], _dictionary[3]) = ("A", "c");
        DictionaryChangeSet<int, string> first = await Next(log.ReadAsync(snapshot), static set => set.ToVersion);
        await CatchUp(log);
        long version = log.Version;

        Assert.Equal((snapshot.Version, false), (first.FromVersion, first.IsReset));
        _dictionary.TryRemove(2);
        DictionaryChangeSet<int, string> next = await Next(log.ResumeAsync(version));

        Assert.Equal([new(DictionaryChangeKind.Removed, 2, "b", null)], next);
        Assert.Equal((version, _dictionary.Version, false), (next.FromVersion, next.ToVersion, next.IsReset));
        Assert.Equal(new(DictionaryChangeKind.Removed, 2, "b", null), next[0]);
        Assert.Throws<ArgumentOutOfRangeException>(() => next[next.Count]);
        Assert.Throws<ArgumentOutOfRangeException>(() => next[-1]);
        DictionaryChangeSet<int, string> unknown = await Next(log.ResumeAsync(snapshot.Version - 1));
        Assert.True(unknown.IsReset);
        Assert.Equal(_dictionary.Count, unknown.Count);
    }

    [Fact]
    public async Task Where_the_log_no_longer_has_what_follows_there_is_a_reset()
    {
        using var log = new DictionaryChangeLog<int, string>(_dictionary, new() { MaxChanges = 2 });
        long version = log.Version;
        for (int key = 10; key < 14; key++)
        {
            _dictionary[key] = "new";
            await CatchUp(log);
        }

        Assert.True((await Next(log.ResumeAsync(version))).IsReset);
        Assert.False((await Next(log.ResumeAsync(version + 2))).IsReset); // Two changes are kept.
        Assert.True((await Next(log.ResumeAsync(version + 1))).IsReset);
    }

    [Fact]
    public async Task What_is_undone_before_it_is_looked_for_does_not_come()
    {
        var time = new ManualTime();
        using var log = new DictionaryChangeLog<int, string>(_dictionary, new() { BatchInterval = TimeSpan.FromSeconds(5), TimeProvider = time });
        List<DictionaryChangeSet<int, string>> sets = [];
        using IDisposable subscription = log.Subscribe(_dictionary.Snapshot(), sets.Add);
        _dictionary[1] = "A";
        Wait.Until(() => sets.Count == 1 && time.NextDue is not null, "the first set never came");

        _dictionary[1] = "B";
        _dictionary[5] = "e";
        _dictionary[1] = "A";
        time.Advance(TimeSpan.FromSeconds(4.9));
        Assert.Single(sets);
        time.Advance(TimeSpan.FromSeconds(0.1));

        Wait.Until(() => sets.Count == 2, "the second set never came");
        Assert.Equal([new(DictionaryChangeKind.Added, 5, null, "e")], sets[1]);
        Wait.Until(() => time.NextDue is not null, "it does not wait for the next");
        _dictionary[6] = "f";
        _dictionary.TryRemove(6);
        time.Advance(TimeSpan.FromSeconds(5));
        await CatchUp(log);
        Assert.Equal(2, sets.Count); // An empty set is not told.
        Assert.Equal([DictionaryChangeKind.Added], (await Next(log.ResumeAsync(sets[0].ToVersion))).Select(static change => change.Kind));
    }

    [Fact]
    public async Task Which_values_are_the_same_can_be_said_and_what_the_comparer_throws_is_told_and_comes_later()
    {
        bool isThrowing = true;
        using var log = new DictionaryChangeLog<int, string>(_dictionary, new()
        {
            ValueComparer = EqualityComparer<string>.Create((one, other) => isThrowing ? throw new DeliberateException() : string.Equals(one, other, StringComparison.OrdinalIgnoreCase)),
        });
        int failures = 0;
        log.Failed += (_, failure) => failures += failure.Exception is DeliberateException ? 1 : 0;
        long version = log.Version;

        _dictionary[1] = "A";
        _dictionary[2] = "c";
        Wait.Until(() => failures > 0, "nothing was told");
        isThrowing = false;
        _dictionary[3] = "d";

        await CatchUp(log);
        Assert.Equal([2, 3], (await Next(log.ResumeAsync(version))).Select(static change => change.Key).Order());
    }

    [Fact]
    public void Who_subscribes_with_a_snapshot_newer_than_the_set_under_way_is_not_led_back()
    {
        using var isComparing = new ManualResetEventSlim();
        using var mayGoOn = new ManualResetEventSlim();
        using var log = new DictionaryChangeLog<int, string>(_dictionary, new()
        {
            ValueComparer = EqualityComparer<string>.Create((one, other) =>
            {
                isComparing.Set();
                Assert.True(mayGoOn.Wait(TimeSpan.FromSeconds(60)));
                return one == other;
            }),
        });
        _dictionary[1] = "A";
        Assert.True(isComparing.Wait(TimeSpan.FromSeconds(60)), "the log never looked for the change");
        _dictionary[2] = "B";
        DictionarySnapshot<int, string> newer = _dictionary.Snapshot();
        List<DictionaryChangeSet<int, string>> sets = [];
        using IDisposable subscription = log.Subscribe(newer, sets.Add);
        mayGoOn.Set();
        Wait.Until(() => log.Version == newer.Version, "the log never came to the last version");
        _dictionary[3] = "C";

        Wait.Until(() => sets.Count > 0 && sets[^1].ToVersion == _dictionary.Version, "the change never came");
        Assert.Equal([new(DictionaryChangeKind.Added, 3, null, "C")], Assert.Single(sets));
    }

    [Fact]
    public async Task When_it_is_disposed_streams_end_after_what_it_has_and_nobody_is_called()
    {
        var log = new DictionaryChangeLog<int, string>(_dictionary);
        long version = log.Version;
        int calls = 0;
        log.Subscribe(_dictionary.Snapshot(), _ => calls++);
        _dictionary[7] = "g";
        await CatchUp(log);
        Wait.Until(() => calls == 1, "it was never called");
        Task<List<DictionaryChangeSet<int, string>>> waiting = ToList(log.ResumeAsync(log.Version));

        log.Dispose();
        log.Dispose();
        _dictionary[8] = "h";

        Assert.Empty(await waiting);
        Assert.Equal(7, Assert.Single(Assert.Single(await ToList(log.ResumeAsync(version)))).Key);
        Assert.Equal(1, calls);
        Assert.Throws<ObjectDisposedException>(() => log.Subscribe(default, static _ => { }));
    }

    [Fact]
    public void A_subscription_ends_when_it_is_disposed_even_by_its_own_subscriber()
    {
        using var log = new DictionaryChangeLog<int, string>(_dictionary);
        int calls = 0;
        IDisposable? subscription = null;
        subscription = log.Subscribe(_dictionary.Snapshot(), _ =>
        {
            calls++;
            subscription!.Dispose();
            _dictionary[50] = "written by a subscriber";
        });
        Replica<int, string> other = new();
        using IDisposable second = log.Subscribe(default, other.Apply);

        _dictionary[3] = "c";
        Wait.Until(() => _dictionary.ContainsKey(50) && other.IsLike(_dictionary), "the other never heard of it");

        Assert.Equal(1, calls);
    }

    [Fact]
    public void What_is_ambient_does_not_flow_to_subscribers()
    {
        s_ambient.Value = "the caller's";
        using var log = new DictionaryChangeLog<int, string>(_dictionary);
        string? seen = "never called";
        using IDisposable subscription = log.Subscribe(default, _ => seen = s_ambient.Value);
        _dictionary[3] = "c";

        Wait.Until(() => seen != "never called", "it was never called");
        Assert.Null(seen);
    }

    [Fact]
    public async Task Neither_a_stream_that_nobody_reads_nor_a_subscription_keeps_what_was_removed()
    {
        CopyOnWriteDictionary<int, object> dictionary = [];
        using var log = new DictionaryChangeLog<int, object>(dictionary, new() { MaxChanges = 0 });
        (WeakReference value, IAsyncEnumerator<DictionaryChangeSet<int, object>> stream, IDisposable subscription) = Begin();
        Assert.True(await stream.MoveNextAsync());
        await RemoveAndPushOut();

        Wait.Until(
            () =>
            {
                GC.Collect();
                return !value.IsAlive;
            },
            "the value was kept");
        GC.KeepAlive(stream);
        subscription.Dispose();

        [MethodImpl(MethodImplOptions.NoInlining)]
        (WeakReference Value, IAsyncEnumerator<DictionaryChangeSet<int, object>> Stream, IDisposable Subscription) Begin()
        {
            object value = new();
            dictionary[1] = value;
            DictionarySnapshot<int, object> snapshot = dictionary.Snapshot();
            dictionary[2] = new object();
            return (new WeakReference(value), log.ReadAsync(snapshot).GetAsyncEnumerator(), log.Subscribe(snapshot, static _ => { }));
        }

        async Task RemoveAndPushOut()
        {
            dictionary.TryRemove(1);
            await Settle();
            dictionary[2] = new object(); // This set takes the place of the one that names it.
            await Settle();
            dictionary.TrimExcess();
        }

        async Task Settle()
        {
            while (log.Version < dictionary.Version)
            {
                await Task.Delay(1);
            }
        }
    }

    [Fact]
    public async Task Writes_that_change_nothing_fill_no_memory()
    {
        using var log = new DictionaryChangeLog<int, string>(_dictionary, new() { MaxChanges = 3 });
        long version = log.Version;
        for (int i = 0; i < 5; i++)
        {
            _dictionary[1] = "a"; // As it is.
            await CatchUp(log);
        }

        _dictionary[3] = "c";
        await CatchUp(log);
        Assert.True((await Next(log.ResumeAsync(version))).IsReset); // Six sets, five of them empty, are more than it keeps.
        Assert.False((await Next(log.ResumeAsync(version + 4))).IsReset);
    }

    [Fact]
    public async Task Each_set_begins_where_the_one_before_it_ended_whatever_was_left_out_between()
    {
        using var log = new DictionaryChangeLog<int, string>(_dictionary);
        long start = log.Version;
        List<(long From, long To)> told = [], read = [];
        using IDisposable subscription = log.Subscribe(_dictionary.Snapshot(), set => told.Add((set.FromVersion, set.ToVersion)));
        foreach (string value in new[] { "A", "A", "A", "B" })
        {
            _dictionary[1] = value;
            await CatchUp(log);
        }

        Wait.Until(() => told.Count == 2, "the sets were not told");
        await foreach (DictionaryChangeSet<int, string> set in log.ResumeAsync(start))
        {
            read.Add((set.FromVersion, set.ToVersion));
            if (set.ToVersion == _dictionary.Version)
            {
                break;
            }
        }

        Assert.Equal([(start, start + 1), (start + 1, start + 4)], read);
        Assert.Equal(read, told);
        Assert.Equal(start + 1, (await Next(log.ResumeAsync(start + 1))).FromVersion);
    }

    [Fact]
    public async Task From_version_0_there_is_a_reset_even_where_the_log_has_it_all()
    {
        CopyOnWriteDictionary<int, string> dictionary = [];
        using var log = new DictionaryChangeLog<int, string>(dictionary);
        Assert.Equal((0, true, 0), await Describe(0)); // Of an empty one too, at once.
        dictionary[1] = "a";
        await CatchUp(log);

        Assert.Equal((1, true, 1), await Describe(0)); // Somebody who knows nothing may have kept what another process told.

        async Task<(long To, bool IsReset, int Count)> Describe(long version)
        {
            DictionaryChangeSet<int, string> set = await Next(log.ResumeAsync(version));
            return (set.ToVersion, set.IsReset, set.Count);
        }
    }

    [Fact]
    public void When_it_is_disposed_while_a_set_is_told_the_other_subscribers_are_not_called()
    {
        var log = new DictionaryChangeLog<int, string>(_dictionary);
        bool isDisposed = false;
        int calls = 0;
        log.Subscribe(_dictionary.Snapshot(), _ =>
        {
            log.Dispose();
            Volatile.Write(ref isDisposed, true);
        });
        log.Subscribe(_dictionary.Snapshot(), _ => Interlocked.Increment(ref calls));
        _dictionary[3] = "c";

        Wait.Until(() => Volatile.Read(ref isDisposed), "the first was never called");
        Assert.False(SpinWait.SpinUntil(() => Volatile.Read(ref calls) > 0, TimeSpan.FromMilliseconds(100)));
    }

    [Fact]
    public void A_clock_that_fails_is_told_of_and_does_not_end_it()
    {
        var time = new ManualTime { Setting = static () => throw new DeliberateException() };
        using var log = new DictionaryChangeLog<int, string>(_dictionary, new() { BatchInterval = TimeSpan.FromSeconds(5), TimeProvider = time });
        int failures = 0;
        log.Failed += (_, failure) => failures += failure.Exception is DeliberateException ? 1 : 0;
        Replica<int, string> replica = new();
        using IDisposable subscription = log.Subscribe(default, replica.Apply);
        Wait.Until(() => failures > 0 && replica.IsLike(_dictionary), "the failure was not told");
        _dictionary[3] = "c";

        Wait.Until(() => replica.IsLike(_dictionary), "it has ended");
    }

    [Fact]
    public async Task A_clock_that_cannot_be_stopped_fails_no_disposal_and_streams_end_all_the_same()
    {
        var time = new ManualTime();
        using var log = new DictionaryChangeLog<int, string>(_dictionary, new() { BatchInterval = TimeSpan.FromSeconds(5), TimeProvider = time });
        int failures = 0;
        log.Failed += (_, failure) => failures += failure.Exception is AggregateException { InnerException: DeliberateException } ? 1 : 0;
        await using IAsyncEnumerator<DictionaryChangeSet<int, string>> sets = log.ReadAsync(_dictionary.Snapshot()).GetAsyncEnumerator();
        _dictionary[3] = "c";
        Assert.True(await sets.MoveNextAsync());
        Wait.Until(() => time.NextDue is not null, "it does not wait");
        Task<bool> next = sets.MoveNextAsync().AsTask();
        time.Setting = static () => throw new DeliberateException();

        log.Dispose();

        Assert.False(await next.WaitAsync(TimeSpan.FromSeconds(60)));
        Assert.Equal(1, failures);
    }

    [Fact]
    public void What_a_subscriber_makes_ambient_does_not_flow_to_others_nor_to_its_next_call()
    {
        using var log = new DictionaryChangeLog<int, string>(_dictionary);
        List<string?> seen = [];
        using IDisposable first = log.Subscribe(_dictionary.Snapshot(), _ =>
        {
            seen.Add(s_ambient.Value);
            s_ambient.Value = "the first's";
        });
        int calls = 0;
        using IDisposable second = log.Subscribe(_dictionary.Snapshot(), _ =>
        {
            seen.Add(s_ambient.Value);
            calls++;
        });
        _dictionary[3] = "c";
        Wait.Until(() => calls == 1, "it was never called");
        _dictionary[4] = "d";
        Wait.Until(() => calls == 2, "it was not called again");

        Assert.Equal([null, null, null, null], seen);
    }

    [Fact]
    public void An_interrupt_of_a_writer_loses_no_signal_and_fails_no_write()
    {
        CopyOnWriteDictionary<int, long> dictionary = [];
        using var log = new DictionaryChangeLog<int, long>(dictionary);
        using var stop = new CancellationTokenSource();
        int failed = 0;
        Thread[] threads = [.. Enumerable.Range(0, 4).Select(number => new Thread(() =>
        {
            for (long i = 0; !stop.IsCancellationRequested; i++)
            {
                try
                {
                    dictionary[number] = i;
                }
                catch (ThreadInterruptedException)
                {
                    Interlocked.Increment(ref failed);
                }
            }
        }) { IsBackground = true })];
        Array.ForEach(threads, static thread => thread.Start());
        for (int i = 0; i < 20_000; i++)
        {
            Array.ForEach(threads, static thread => thread.Interrupt());
            Thread.Yield();
        }

        stop.Cancel();
        Assert.All(threads, static thread => Assert.True(thread.Join(TimeSpan.FromSeconds(60))));
        Assert.Equal(0, failed);
        Wait.Until(() => log.Version == dictionary.Version, "the last write was not heard of");
    }

    [Fact]
    public void A_subscription_that_has_ended_keeps_no_snapshot()
    {
        CopyOnWriteDictionary<int, object> dictionary = [];
        using var inCall = new ManualResetEventSlim();
        using var mayGoOn = new ManualResetEventSlim();
        var log = new DictionaryChangeLog<int, object>(dictionary, new() { MaxChanges = 0 });
        log.Subscribe(default, _ =>
        {
            inCall.Set();
            mayGoOn.Wait();
        });
        Assert.True(inCall.Wait(TimeSpan.FromSeconds(60)), "it was never called");
        (WeakReference value, IDisposable ended, IDisposable endedByLog) = Begin();
        ended.Dispose();
        log.Dispose();
        mayGoOn.Set();
        Wait.Until(
            () =>
            {
                GC.Collect();
                return !value.IsAlive;
            },
            "the value was kept");
        GC.KeepAlive(ended);
        GC.KeepAlive(endedByLog);

        [MethodImpl(MethodImplOptions.NoInlining)]
        (WeakReference Value, IDisposable Ended, IDisposable EndedByLog) Begin()
        {
            object value = new();
            dictionary[1] = value;
            DictionarySnapshot<int, object> snapshot = dictionary.Snapshot();
            (WeakReference, IDisposable, IDisposable) all = (new WeakReference(value), log.Subscribe(snapshot, static _ => { }), log.Subscribe(snapshot, static _ => { }));
            dictionary.TryRemove(1);
            dictionary.TrimExcess();
            return all;
        }
    }

    [Fact]
    public async Task A_set_is_found_as_fast_behind_many_as_behind_few()
    {
        const int Kept = 4_000;
        CopyOnWriteDictionary<int, int> dictionary = [];
        using var log = new DictionaryChangeLog<int, int>(dictionary);
        while (dictionary.Version < Kept)
        {
            dictionary[(int)dictionary.Version] = 0;
            SpinWait.SpinUntil(() => log.Version == dictionary.Version);
        }

        (TimeSpan first, TimeSpan last) = (TimeSpan.MaxValue, TimeSpan.MaxValue);
        for (int round = 0; round < 200; round++)
        {
            TimeSpan ofFirst = await TimeOfTen(from: 1);
            TimeSpan ofLast = await TimeOfTen(Kept - 10);
            (first, last) = (ofFirst < first ? ofFirst : first, ofLast < last ? ofLast : last);
        }

        Assert.True(last < 8 * first, $"{first} for the first ten sets, {last} for the last ten"); // Where all before are looked at, some hundred times as long.

        async Task<TimeSpan> TimeOfTen(int from)
        {
            var watch = Stopwatch.StartNew();
            await foreach (DictionaryChangeSet<int, int> set in log.ResumeAsync(from))
            {
                Assert.False(set.IsReset);
                if (set.ToVersion == from + 10)
                {
                    break;
                }
            }

            return watch.Elapsed;
        }
    }

    [Fact]
    public async Task What_was_trimmed_away_it_keeps_no_longer()
    {
        CopyOnWriteDictionary<object, int> dictionary = [];
        using var log = new DictionaryChangeLog<object, int>(dictionary, new() { MaxChanges = 0 });
        WeakReference[] removed = Fill();
        await CatchUp(log);
        dictionary[new object()] = 1; // So that the latest set, and a page at most, is of this one.
        await CatchUp(log);
        GC.Collect();
        Assert.Contains(removed, static key => key.IsAlive);

        dictionary.TrimExcess();

        Wait.Until(
            () =>
            {
                GC.Collect();
                return !removed.Any(static key => key.IsAlive);
            },
            "keys in pages that were packed are kept");

        [MethodImpl(MethodImplOptions.NoInlining)]
        WeakReference[] Fill()
        {
            object[] keys = [.. Enumerable.Range(0, 1_000).Select(static _ => new object())];
            Array.ForEach(keys, key => dictionary[key] = 0);
            Array.ForEach(keys[..100], key => dictionary.TryRemove(key));
            return [.. keys[..100].Select(static key => new WeakReference(key))];
        }
    }

    [Fact]
    public void It_is_not_kept_alive_by_itself()
    {
        WeakReference log = Make();

        Wait.Until(
            () =>
            {
                GC.Collect();
                return !log.IsAlive;
            },
            "the log was kept alive without its dictionary");

        [MethodImpl(MethodImplOptions.NoInlining)]
        static WeakReference Make()
        {
            CopyOnWriteDictionary<int, int> dictionary = new() { [1] = 1 };
            var log = new DictionaryChangeLog<int, int>(dictionary);
            int calls = 0;
            log.Subscribe(default, _ => calls++);
            Wait.Until(() => calls > 0, "it was never called");
            return new WeakReference(log);
        }
    }

    [Fact]
    public void Wrong_arguments_are_refused()
    {
        CopyOnWriteDictionary<int, string> other = new() { [1] = "a" };
        using var log = new DictionaryChangeLog<int, string>(_dictionary);

        Assert.Throws<ArgumentNullException>("dictionary", static () => new DictionaryChangeLog<int, int>(null!));
        Assert.Throws<ArgumentOutOfRangeException>("options", () => new DictionaryChangeLog<int, string>(_dictionary, new() { MaxChanges = -1 }));
        Assert.Throws<ArgumentOutOfRangeException>("options", () => new DictionaryChangeLog<int, string>(_dictionary, new() { BatchInterval = TimeSpan.FromTicks(-1) }));
        Assert.Throws<ArgumentOutOfRangeException>("options", () => new DictionaryChangeLog<int, string>(_dictionary, new() { BatchInterval = TimeSpan.MaxValue }));
        Assert.Throws<ArgumentNullException>("options", () => new DictionaryChangeLog<int, string>(_dictionary, new() { TimeProvider = null! }));
        Assert.Throws<ArgumentNullException>("subscriber", () => log.Subscribe(default, null!));
        Assert.Throws<ArgumentException>("since", () => log.Subscribe(other.Snapshot(), static _ => { }));
        Assert.Throws<ArgumentException>("since", () => log.ReadAsync(other.Snapshot()));
        Assert.Throws<ArgumentOutOfRangeException>("version", () => log.ResumeAsync(-1));
        Assert.Throws<ArgumentOutOfRangeException>("version", () => log.ResumeAsync(_dictionary.Version + 1));
        Assert.Throws<ArgumentNullException>("changes", () => _dictionary.Update(static batch => batch.Apply(null!)));
    }

    private static void Write(CopyOnWriteDictionary<int, int> dictionary, Random random)
    {
        for (int i = 0; i < 20_000; i++)
        {
            int key = random.Next(1_000);
            switch (random.Next(20))
            {
                case < 10:
                    dictionary[key] = i;
                    break;
                case < 18:
                    dictionary.TryRemove(key);
                    break;
                case 18:
                    dictionary.Update(batch =>
                    {
                        batch.TryRemove(key);
                        batch.Set(key + 1, i);
                        batch.Set(key + 2, i);
                    });
                    break;
                default:
                    if (random.Next(200) == 0)
                    {
                        dictionary.Clear();
                    }

                    break;
            }
        }
    }

    private static async Task CatchUp<TKey, TValue>(DictionaryChangeLog<TKey, TValue> log)
        where TKey : notnull
    {
        while (log.Version < log.Dictionary.Version)
        {
            await Task.Delay(1);
        }
    }

    private static async Task<DictionaryChangeSet<int, string>> Next(IAsyncEnumerable<DictionaryChangeSet<int, string>> sets, Func<DictionaryChangeSet<int, string>, object>? look = null)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await foreach (DictionaryChangeSet<int, string> set in sets.WithCancellation(deadline.Token))
        {
            look?.Invoke(set);
            return set;
        }

        throw new InvalidOperationException("the stream has ended");
    }

    private static async Task<List<DictionaryChangeSet<int, string>>> ToList(IAsyncEnumerable<DictionaryChangeSet<int, string>> sets)
    {
        List<DictionaryChangeSet<int, string>> list = [];
        await foreach (DictionaryChangeSet<int, string> set in sets)
        {
            list.Add(set);
        }

        return list;
    }

    /// <summary>A copy that is kept by sets of changes, each of which must follow the one before it.</summary>
    private sealed class Replica<TKey, TValue>
        where TKey : notnull
    {
        private readonly CopyOnWriteDictionary<TKey, TValue> _copy = [];
        private long _version;

        public Replica(DictionarySnapshot<TKey, TValue> start = default)
        {
            Start = start;
            _version = start.Version;
            _copy.AddRange(start);
        }

        public DictionarySnapshot<TKey, TValue> Start { get; }

        public long Version => Volatile.Read(ref _version);

        public int Sets { get; private set; }

        public int Resets { get; private set; }

        public string? Fault { get; private set; }

        public void Apply(DictionaryChangeSet<TKey, TValue> set)
        {
            if (!set.IsReset && (set.FromVersion != Version || !set.All(IsTrue)))
            {
                Fault ??= $"after version {Version} came changes from {set.FromVersion} to {set.ToVersion} that are not from there";
            }

            _copy.Update(batch => batch.Apply(set));
            (Sets, Resets) = (Sets + 1, Resets + (set.IsReset ? 1 : 0));
            Volatile.Write(ref _version, set.ToVersion);

            bool IsTrue(DictionaryChange<TKey, TValue> change) =>
                _copy.TryGetValue(change.Key, out TValue? was) == (change.Kind != DictionaryChangeKind.Added) && EqualityComparer<TValue>.Default.Equals(was, change.OldValue);
        }

        public bool IsLike(CopyOnWriteDictionary<TKey, TValue> dictionary)
        {
            DictionarySnapshot<TKey, TValue> now = dictionary.Snapshot();
            return now.Count == _copy.Count && now.All(entry => _copy.TryGetValue(entry.Key, out TValue? value) && EqualityComparer<TValue>.Default.Equals(entry.Value, value));
        }
    }
}
