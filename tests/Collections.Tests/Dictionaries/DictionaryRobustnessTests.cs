namespace SwmrKit.Tests;

/// <summary>What a caller does at the wrong moment, or much too often, costs him an exception at most: no other thread waits for ever, and nothing is kept.</summary>
public sealed class DictionaryRobustnessTests : IClassFixture<SharedMachine>
{
    private static readonly TimeSpan s_long = TimeSpan.FromSeconds(30);

    [Fact]
    public void A_factory_is_refused_in_a_batch_before_it_runs_or_waits()
    {
        CopyOnWriteDictionary<int, string> dictionary = [];
        using var inFactory = new ManualResetEventSlim();
        using var inBatch = new ManualResetEventSlim();
        var other = new Thread(() => dictionary.GetOrAdd(1, _ =>
        {
            inFactory.Set();
            inBatch.Wait(s_long);
            return "x";
        }));
        other.Start();
        Assert.True(inFactory.Wait(s_long));
        int runs = 0;
        dictionary.Update(_ =>
        {
            inBatch.Set();
            Assert.Throws<InvalidOperationException>(() => dictionary.GetOrAdd(1, _ => $"{runs++}"));
            Assert.Throws<InvalidOperationException>(() => dictionary.AddOrUpdate(1, _ => $"{runs++}", (_, _) => $"{runs++}"));
        });
        Assert.True(other.Join(s_long));
        Assert.Equal(0, runs);
        Assert.Equal("x", dictionary[1]);
    }

    [Fact]
    public void An_interrupt_loses_no_key_gate()
    {
        CopyOnWriteDictionary<int, string> dictionary = [];
        using var stop = new CancellationTokenSource();
        int unexpected = 0;
        long done = 0;
        Thread[] threads = [.. Enumerable.Range(0, 4).Select(number => new Thread(() =>
        {
            for (int i = number; !stop.IsCancellationRequested; i++)
            {
                try
                {
                    dictionary.GetOrAdd(i % 2, static key => $"{key}");
                    dictionary.TryRemove(i % 2);
                    Interlocked.Increment(ref done);
                }
                catch (ThreadInterruptedException)
                {
                }
                catch (InvalidOperationException)
                {
                    Interlocked.Increment(ref unexpected); // "It waits for itself", of a gate that was never left.
                }
            }
        }) { IsBackground = true })];
        Array.ForEach(threads, static thread => thread.Start());
        for (int i = 0; i < 2_000; i++)
        {
            Array.ForEach(threads, static thread => thread.Interrupt());
            Thread.Yield();
        }

        long before = Interlocked.Read(ref done);
        Assert.True(SpinWait.SpinUntil(() => Interlocked.Read(ref done) > before + 100, s_long), "the threads have stopped moving");
        stop.Cancel();
        Assert.All(threads, static thread => Assert.True(thread.Join(s_long)));
        Assert.Equal(0, unexpected);
    }

    [Fact]
    public void A_comparer_that_throws_on_the_way_out_of_a_factory_is_not_asked()
    {
        var comparer = new FailingComparer();
        var dictionary = new CopyOnWriteDictionary<string, string>(comparer);
        for (int fail = 0; fail < 20; fail++)
        {
            comparer.Left = fail;
            string key = $"{fail}";
            Exception? thrown = Record.Exception(() => dictionary.GetOrAdd(key, static key => key));
            comparer.Left = int.MaxValue;
            Assert.Equal(thrown is null, dictionary.ContainsKey(key));
            Assert.Equal(key, dictionary.GetOrAdd(key, static key => key));
        }
    }

    [Fact]
    public void A_long_chain_is_copied_on_a_small_stack()
    {
        CopyOnWriteDictionary<Colliding, int> dictionary = [];
        dictionary.AddRange(Enumerable.Range(0, 4_000).Select(static i => KeyValuePair.Create(new Colliding(i), i)));
        DictionarySnapshot<Colliding, int> snapshot = dictionary.Snapshot();
        var writer = new Thread(() => dictionary.Set(new Colliding(1), -1), maxStackSize: 128 * 1024);
        writer.Start();
        writer.Join();
        Assert.Equal(1, snapshot[new Colliding(1)]);
        Assert.Equal(-1, dictionary[new Colliding(1)]);
        Assert.Equal(4_000, dictionary.Count(static entry => entry.Value is -1 or > -1));
    }

    [Fact]
    public void A_batch_that_removes_most_gives_the_memory_back()
    {
        CopyOnWriteDictionary<int, long> dictionary = [];
        dictionary.AddRange(Enumerable.Range(0, 200_000).Select(static i => KeyValuePair.Create(i, (long)i)));
        long full = GC.GetTotalMemory(forceFullCollection: true);
        dictionary.Update(static batch =>
        {
            for (int i = 10; i < 200_000; i++)
            {
                batch.TryRemove(i);
            }
        });
        long given = full - GC.GetTotalMemory(forceFullCollection: true);
        Assert.True(given > 200_000 * 16, $"{given:N0} bytes came back");
        Assert.Equal(10, dictionary.Count);
        Assert.Equal(45, dictionary.Sum(static entry => entry.Value));
    }

    [Fact]
    public void A_batch_keeps_no_page_that_it_has_replaced()
    {
        CopyOnWriteDictionary<int, long> dictionary = [];
        dictionary.AddRange(Enumerable.Range(0, 1_000).Select(static i => KeyValuePair.Create(i, (long)i)));
        long kept = 0;
        dictionary.Update(batch =>
        {
            long before = GC.GetTotalMemory(forceFullCollection: true);
            for (int i = 0; i < 200_000; i++)
            {
                batch.TryRemove(i);
                batch.Set(i + 1_000, i);
            }

            kept = GC.GetTotalMemory(forceFullCollection: true) - before;
        });
        Assert.True(kept < 1_000_000, $"{kept:N0} bytes are kept");
    }

    [Fact]
    public void A_batch_is_refused_to_other_threads()
    {
        CopyOnWriteDictionary<int, int> dictionary = [];
        Exception? thrown = null;
        dictionary.Update(batch =>
        {
            batch.Set(1, 1);
            var other = new Thread(() => thrown = Record.Exception(() => batch.Set(2, 2)));
            other.Start();
            other.Join();
        });
        Assert.IsType<InvalidOperationException>(thrown);
        Assert.Equal([KeyValuePair.Create(1, 1)], dictionary);
    }

    [Fact]
    public void An_update_notices_a_change_between_values_that_count_as_equal()
    {
        CopyOnWriteDictionary<int, double> dictionary = [];
        dictionary.Set(1, 0.0);
        bool changed = false;
        dictionary.AddOrUpdate(1, static _ => 0, (_, value) =>
        {
            if (!changed)
            {
                changed = true;
                dictionary.Set(1, -0.0);
            }

            return 1 / value;
        });
        Assert.Equal(double.NegativeInfinity, dictionary[1]);
    }

    private readonly record struct Colliding(int Number)
    {
        public override int GetHashCode() => 1;
    }

    /// <summary>Throws when it has been called so many times.</summary>
    private sealed class FailingComparer : IEqualityComparer<string>
    {
        public int Left { get; set; } = int.MaxValue;

        public bool Equals(string? x, string? y)
        {
            Count();
            return x == y;
        }

        public int GetHashCode(string obj)
        {
            Count();
            return obj.Length;
        }

        private void Count()
        {
            if (Left-- == 0)
            {
                throw new FormatException();
            }
        }
    }
}
