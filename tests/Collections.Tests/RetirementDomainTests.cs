using System.Buffers;
using System.Runtime.CompilerServices;

namespace SwmrKit.Tests;

public sealed class RetirementDomainTests : IClassFixture<SharedMachine>
{
    [Fact]
    public void A_full_batch_is_reclaimed_with_one_heavy_barrier()
    {
        using var domain = new RetirementDomain(new RetirementOptions { BatchSize = 64, FlushDelay = TimeSpan.FromHours(1) });
        Canary[] values = [.. Enumerable.Range(0, 64).Select(static _ => new Canary())];
        foreach (Canary value in values)
        {
            Assert.Equal(0, domain.Statistics.HeavyBarriers);
            domain.Retire(value);
        }

        Assert.All(values, static value => Assert.Equal(1, value.Disposals));
        Assert.Equal(1, domain.Statistics.HeavyBarriers);
        Assert.Equal((64, 64, 0), (domain.Statistics.Retired, domain.Statistics.Reclaimed, domain.Statistics.Pending));
    }

    [Fact]
    public void The_last_partial_batch_is_flushed_without_another_retirement()
    {
        using var domain = new RetirementDomain();
        var value = new Canary();
        domain.Retire(value);
        Wait.Until(() => value.Disposals == 1, "the flush");
    }

    [Fact]
    public void What_a_reader_held_back_is_reclaimed_after_it_left_without_another_retirement()
    {
        using var domain = new RetirementDomain();
        var value = new Canary();
        using (StalledReader.In(domain))
        {
            domain.Retire(value);
            Assert.Equal(0, domain.TryReclaim());
            Assert.True(value.IsAlive);
        }

        Wait.Until(() => value.Disposals == 1, "the flush");
    }

    [Fact]
    public void An_action_gets_its_state_once()
    {
        using var domain = new RetirementDomain(new RetirementOptions { BatchSize = 1 });
        var calls = new List<string>();
        domain.Retire(calls, static list => list.Add("called"), bytes: 100);
        Assert.Equal(["called"], calls);
        Assert.Equal(0, domain.Statistics.PendingBytes);
    }

    [Fact]
    public void An_array_goes_back_to_its_pool_when_no_reader_holds_it_and_is_cleared_if_asked_for()
    {
        using var domain = new RetirementDomain(new RetirementOptions { BatchSize = 2, FlushDelay = TimeSpan.FromHours(1) });
        var pool = ArrayPool<long>.Create(maxArrayLength: 1_024, maxArraysPerBucket: 2);
        long[] cleared = pool.Rent(1_024);
        long[] kept = pool.Rent(1_024);
        (cleared[7], kept[7]) = (1, 1);
        using (domain.Enter())
        {
            domain.Retire(cleared, pool, clearArray: true);
            domain.Retire(kept, pool);
            Assert.Equal(2 * 1_024 * sizeof(long), domain.Statistics.PendingBytes);
            Assert.Equal(1, cleared[7]);
        }

        Assert.Equal(2, domain.TryReclaim());
        Assert.Equal((0, 1), (cleared[7], kept[7]));
        Assert.Equal(new HashSet<long[]> { cleared, kept }, [pool.Rent(1_024), pool.Rent(1_024)]);
        Assert.Equal(0, domain.Statistics.PendingBytes);
    }

    [Fact]
    public void Returning_arrays_to_their_pool_allocates_nothing()
    {
        using var domain = new RetirementDomain(new RetirementOptions { BatchSize = 64, FlushDelay = TimeSpan.FromHours(1) });
        var pool = ArrayPool<string>.Create(maxArrayLength: 16, maxArraysPerBucket: 128);
        Work(10_000);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Work(10_000);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Work(int times)
        {
            for (int i = 0; i < times; i++)
            {
                domain.Retire(pool.Rent(16), pool, clearArray: true);
            }
        }
    }

    [Fact]
    public void Pending_bytes_are_counted_while_a_reader_holds_them()
    {
        using var domain = new RetirementDomain(new RetirementOptions { BatchSize = 1, FlushDelay = TimeSpan.FromHours(1) });
        using (StalledReader.In(domain))
        {
            domain.Retire(new Canary(), bytes: 4_096);
            Assert.Equal(4_096, domain.Statistics.PendingBytes);
        }

        Assert.True(domain.Synchronize(TimeSpan.FromSeconds(60)));
        Assert.Equal(0, domain.Statistics.PendingBytes);
    }

    [Fact]
    public void With_its_birth_known_a_reader_from_before_does_not_hold_it_back()
    {
        using var domain = new RetirementDomain(new RetirementOptions { BatchSize = 1 });
        using StalledReader reader = StalledReader.In(domain);
        domain.Retire(new Canary()); // Held, its birth unknown; advances the era.
        var value = new Canary();
        domain.Retire(value, static canary => canary.Dispose(), birth: domain.Readers.Era);
        Assert.False(value.IsAlive);
        Assert.Equal(1, domain.Statistics.Pending);
    }

    [Fact]
    public void A_birth_in_the_future_is_refused()
    {
        using var domain = new RetirementDomain();
        Assert.Throws<ArgumentOutOfRangeException>(() => domain.Retire(new Canary(), static c => c.Dispose(), birth: domain.Readers.Era + 1));
    }

    [Fact]
    public void A_callback_that_throws_is_reported_and_the_others_run()
    {
        using var domain = new RetirementDomain(new RetirementOptions { BatchSize = 3, FlushDelay = TimeSpan.FromHours(1) });
        Exception? reported = null;
        domain.CallbackFailed += (_, failure) => reported = failure.Exception;
        domain.CallbackFailed += static (_, _) => throw new InvalidOperationException("a bad handler");
        var last = new Canary();
        domain.Retire(new Canary());
        domain.Retire("state", static _ => throw new FormatException("a bad callback"));
        domain.Retire(last);
        Assert.IsType<FormatException>(reported);
        Assert.Equal(1, last.Disposals);
        Assert.Equal((3, 1), (domain.Statistics.Reclaimed, domain.Statistics.CallbackFailures));
    }

    [Fact]
    public void A_callback_may_retire_and_chains_do_not_recurse()
    {
        using var domain = new RetirementDomain(new RetirementOptions { BatchSize = 1 });
        var chain = new Chain(domain, 100_000);
        domain.Retire(chain, static link => link.Next());
        Wait.Until(() => chain.Done, "the end of the chain");
        Assert.Equal(100_000, domain.Statistics.Retired);
    }

    [Fact]
    public void Retiring_inside_a_guard_never_waits_and_is_reclaimed_after_it()
    {
        using var domain = new RetirementDomain(new RetirementOptions { BatchSize = 1, FlushDelay = TimeSpan.FromHours(1) });
        var value = new Canary();
        using (domain.Enter())
        {
            domain.Retire(value);
            Assert.True(value.IsAlive);
        }

        domain.TryReclaim();
        Assert.Equal(1, value.Disposals);
    }

    [Fact]
    public void A_heavy_barrier_that_fails_keeps_everything_pending_until_it_works_again()
    {
        bool fails = true;
        var domain = new RetirementDomain(new RetirementOptions { BatchSize = 1 }, () =>
        {
            if (Volatile.Read(ref fails))
            {
                throw new AsymmetricBarrierException("refused by the test");
            }

            AsymmetricBarrier.Heavy();
        });
        Exception? reported = null;
        domain.ReclaimFailed += (_, failure) => Interlocked.CompareExchange(ref reported, failure.Exception, null);
        var value = new Canary();
        domain.Retire(value);
        Assert.IsType<AsymmetricBarrierException>(reported);
        Assert.Throws<AsymmetricBarrierException>(() => domain.TryReclaim());
        Assert.Throws<AsymmetricBarrierException>(() => domain.Synchronize(TimeSpan.FromSeconds(1)));
        Assert.True(value.IsAlive);
        Assert.True(domain.Statistics.ReclaimFailures >= 1);
        Volatile.Write(ref fails, false);
        Wait.Until(() => value.Disposals == 1, "the flush after the barrier worked again");
        domain.Dispose();
    }

    [Fact]
    public void Disposing_a_domain_reclaims_everything_and_refuses_new_readers()
    {
        var domain = new RetirementDomain(new RetirementOptions { FlushDelay = TimeSpan.FromHours(1) });
        var value = new Canary();
        domain.Retire(value);
        domain.Dispose();
        domain.Dispose();
        Assert.Equal(1, value.Disposals);
        Assert.Throws<ObjectDisposedException>(() => domain.Enter().Dispose());
        Assert.Throws<ObjectDisposedException>(() => domain.Register());
    }

    [Fact]
    public void What_a_handler_of_a_failed_pass_retires_or_publishes_is_left_to_the_timer()
    {
        var domain = new RetirementDomain(
            new RetirementOptions { BatchSize = 1, FlushDelay = TimeSpan.FromHours(1) },
            static () => throw new AsymmetricBarrierException("refused by the test"));
        var cell = new SwmrCell<Canary>(new Canary(), domain);
        (int depth, int deepest) = (0, 0);
        Exception? waiting = null;
        domain.ReclaimFailed += (_, _) =>
        {
            deepest = Math.Max(deepest, ++depth);
            if (depth < 5)
            {
                domain.Retire(new Canary());
                cell.Publish(new Canary());
            }

            waiting = Record.Exception(() => domain.Synchronize(TimeSpan.Zero));
            depth--;
        };
        domain.Retire(new Canary());
        Assert.Equal(1, deepest);
        Assert.Equal(3, domain.Statistics.Pending);
        Assert.IsType<InvalidOperationException>(waiting);
    }

    [Fact]
    public void The_report_of_a_disposal_that_left_something_behind_runs_as_a_callback_too()
    {
        var time = new ManualTime();
        var domain = new RetirementDomain(new RetirementOptions { BatchSize = 1, TimeProvider = time });
        using ReaderHandle handle = domain.Register();
        bool? mayRunCallbacks = null;
        domain.ReclaimFailed += (_, _) => mayRunCallbacks = Reclaimer.MayRunCallbacks;
        using (StalledReader.In(domain))
        {
            var disposing = new Thread(domain.Dispose) { IsBackground = true };
            disposing.Start();
            Wait.Until(
                () =>
                {
                    time.Advance(TimeSpan.FromSeconds(1));
                    return disposing.Join(1);
                },
                "the end of Dispose");
        }

        Assert.False(mayRunCallbacks);
        Assert.True(Reclaimer.MayRunCallbacks);
    }

    [Fact]
    public void Every_pass_that_fails_is_counted_and_its_barrier_is_not()
    {
        bool fails = true;
        int waits = 0;
        var domain = new RetirementDomain(new RetirementOptions { FlushDelay = TimeSpan.FromHours(1) }, () =>
        {
            if (fails && waits-- <= 0)
            {
                throw new AsymmetricBarrierException("refused by the test");
            }
        });
        domain.Retire(new Canary());
        Assert.Throws<AsymmetricBarrierException>(() => domain.TryReclaim());
        Assert.Equal((1, 0, 1), Counts());
        waits = 1;
        Assert.Throws<AsymmetricBarrierException>(() => domain.Synchronize(TimeSpan.FromSeconds(60)));
        Assert.Equal((2, 0, 1), Counts());
        waits = 1;
        Assert.Throws<AsymmetricBarrierException>(domain.Dispose);
        Assert.Equal((3, 0, 1), Counts());
        fails = false;
        Assert.Equal(1, domain.TryReclaim());
        Assert.Equal((3, 1, 0), Counts());

        (long Failures, long Barriers, long Pending) Counts() =>
            (domain.Statistics.ReclaimFailures, domain.Statistics.HeavyBarriers, domain.Statistics.Pending);
    }

    [Fact]
    public void An_interrupted_thread_loses_nothing_it_replaced()
    {
        using var domain = new RetirementDomain(new RetirementOptions { FlushDelay = TimeSpan.FromHours(1) });
        var made = new List<Canary> { new() };
        var cell = new SwmrCell<Canary>(made[0], domain);
        bool stop = false;
        Thread[] noise = [.. Enumerable.Range(0, 3).Select(_ => new Thread(() =>
        {
            while (!Volatile.Read(ref stop))
            {
                domain.Retire("noise", static _ => { });
            }
        }))];
        var writer = new Thread(() =>
        {
            for (int i = 0; i < 20_000; i++)
            {
                made.Add(new Canary());
                cell.Publish(made[^1]);
            }
        });
        Array.ForEach(noise, static thread => thread.Start());
        writer.Start();
        while (writer.IsAlive)
        {
            writer.Interrupt();
            Thread.Yield();
        }

        Volatile.Write(ref stop, true);
        Array.ForEach(noise, static thread => thread.Join());
        cell.Dispose();
        Assert.True(domain.Synchronize(TimeSpan.FromSeconds(60)));
        Assert.Equal(20_001, made.Count);
        Assert.All(made, static canary => Assert.Equal(1, canary.Disposals));
    }

    [Fact]
    public void The_shared_domain_cannot_be_disposed() => Assert.Throws<InvalidOperationException>(RetirementDomain.Shared.Dispose);

    [Fact]
    public void What_was_pending_in_a_domain_nobody_knows_any_more_is_reclaimed_when_its_reader_leaves()
    {
        var value = new Canary();
        (ReadGuard guard, WeakReference domain) = AbandonDomain(value);
        Wait.Until(
            () =>
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
                return !domain.IsAlive;
            },
            "the domain's collection");
        Assert.True(value.IsAlive);
        guard.Dispose();
        Wait.Until(() => value.Disposals == 1, "the flush");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(65_537)]
    public void A_batch_size_out_of_range_is_refused(int size) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new RetirementDomain(new RetirementOptions { BatchSize = size }));

    [Fact]
    public void Guards_and_steady_retirement_allocate_nothing()
    {
        using var domain = new RetirementDomain(new RetirementOptions { BatchSize = 64, FlushDelay = TimeSpan.FromHours(1) });
        using ReaderHandle handle = domain.Register();
        var shared = new SharedReference<string>("value");
        Work(10_000);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Work(10_000);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Work(int times)
        {
            for (int i = 0; i < times; i++)
            {
                using (ReadGuard explicitly = handle.Enter())
                {
                    explicitly.Protect(ref shared);
                }

                using (ReadGuard implicitly = domain.Enter())
                {
                    implicitly.Protect(ref shared);
                }

                domain.Retire("state", static _ => { });
            }
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static GuardAndDomain AbandonDomain(Canary value)
    {
        var domain = new RetirementDomain();
        ReadGuard guard = domain.Enter();
        domain.Retire(value);
        return new GuardAndDomain(guard, new WeakReference(domain));
    }

    private readonly ref struct GuardAndDomain(ReadGuard guard, WeakReference domain)
    {
        private readonly ReadGuard _guard = guard;

        public void Deconstruct(out ReadGuard guard, out WeakReference weak)
        {
            guard = _guard;
            weak = domain;
        }
    }

    private sealed class Chain(RetirementDomain domain, int links)
    {
        private int _left = links;

        public bool Done => Volatile.Read(ref _left) == 0;

        public void Next()
        {
            if (Interlocked.Decrement(ref _left) > 0)
            {
                domain.Retire(this, static link => link.Next());
            }
        }
    }
}
