using System.Diagnostics.Metrics;

namespace SwmrKit.Tests;

/// <summary>Nothing is lost, locked up or run twice whatever listeners, clocks and schedulers do.</summary>
public sealed class HostileSurroundingsTests : IClassFixture<SharedMachine>
{
    private static readonly TimeSpan s_never = TimeSpan.FromHours(1);

    [Fact]
    public void A_listener_that_throws_loses_no_disposal()
    {
        using var domain = new RetirementDomain(new RetirementOptions { Name = "throwing-delay", FlushDelay = s_never });
        using MeterListener listener = Listen("swmrkit.retirement.delay", domain.Name, static () => throw new InvalidOperationException("a listener's failure"));
        var value = new Canary();
        domain.Retire(value);
        domain.TryReclaim();
        Assert.Equal(1, value.Disposals);
        Assert.Equal(0, domain.Statistics.CallbackFailures);
    }

    [Fact]
    public void A_listener_that_throws_stops_no_pass()
    {
        using var domain = new RetirementDomain(new RetirementOptions { Name = "throwing-heavy", FlushDelay = s_never });
        using MeterListener listener = Listen("swmrkit.retirement.heavy.duration", domain.Name, static () => throw new InvalidOperationException("a listener's failure"));
        var value = new Canary();
        domain.Retire(value);
        domain.TryReclaim();
        Assert.Equal(1, value.Disposals);
        Assert.Equal(0, domain.Statistics.ReclaimFailures);
    }

    [Fact]
    public void A_listener_is_told_of_a_heavy_barrier_outside_the_lock_of_the_passes()
    {
        using var domain = new RetirementDomain(new RetirementOptions { Name = "asking-listener", FlushDelay = s_never });
        bool? answered = null;
        using MeterListener listener = Listen("swmrkit.retirement.heavy.duration", domain.Name, () =>
        {
            // As a listener whose lock another thread holds, which collects the gauges under it.
            var other = new Thread(() => domain.GetStalledReaders(TimeSpan.Zero)) { IsBackground = true };
            other.Start();
            answered = other.Join(TimeSpan.FromSeconds(5));
        });
        domain.Retire(new Canary());
        domain.TryReclaim();
        Assert.True(answered);
    }

    [Fact]
    public void A_scheduler_that_runs_a_batch_and_then_throws_leaves_nothing_to_wait_for()
    {
        using var domain = new RetirementDomain(new RetirementOptions { FlushDelay = s_never, CallbackScheduler = new RunsThenThrows() });
        var value = new Canary();
        domain.Retire(value);
        domain.TryReclaim();
        Assert.Equal(1, value.Disposals);
        Assert.True(domain.Synchronize(TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public void A_scheduler_that_throws_while_a_thread_of_its_runs_the_batch_has_nothing_disposed_twice()
    {
        var scheduler = new ThrowsMeanwhile();
        using var domain = new RetirementDomain(new RetirementOptions { FlushDelay = s_never, CallbackScheduler = scheduler });
        int calls = 0;
        domain.Retire(
            new object(),
            _ =>
            {
                if (Interlocked.Increment(ref calls) == 1)
                {
                    scheduler.Started.Set();
                    scheduler.Refused.Wait(TimeSpan.FromSeconds(1)); // Until the retiring thread has had its chance to run it too.
                }
            });
        domain.TryReclaim();
        scheduler.Refused.Set();
        Assert.True(domain.Synchronize(TimeSpan.FromSeconds(5)));
        Assert.Equal(1, calls);
        Assert.Equal(0, domain.Statistics.Pending);
    }

    [Fact]
    public void A_flush_keeps_the_least_interval_however_much_callbacks_retire()
    {
        var time = new ManualTime();
        using var domain = new RetirementDomain(new RetirementOptions
        {
            BatchSize = 1,
            FlushDelay = TimeSpan.FromMilliseconds(1),
            MinHeavyInterval = TimeSpan.FromSeconds(1),
            TimeProvider = time,
        });
        Chain(domain, 10);
        for (int second = 1; second <= 30; second++)
        {
            Assert.InRange(domain.Statistics.HeavyBarriers, 0, second);
            time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(0, domain.Statistics.Pending);

        static void Chain(RetirementDomain domain, int left) => domain.Retire(
            domain,
            domain =>
            {
                if (left > 0)
                {
                    Chain(domain, left - 1);
                }
            });
    }

    [Fact]
    public void The_timer_keeps_the_least_interval_after_a_pass_that_was_asked_for()
    {
        var time = new ManualTime();
        using var domain = new RetirementDomain(new RetirementOptions
        {
            FlushDelay = TimeSpan.FromMilliseconds(100),
            MinHeavyInterval = TimeSpan.FromMilliseconds(100),
            TimeProvider = time,
        });
        using (StalledReader.In(domain))
        {
            domain.Retire(new Canary());
            time.Advance(TimeSpan.FromMilliseconds(100)); // The flush. Held: the timer looks again, in 100 ms.
            time.Advance(TimeSpan.FromMilliseconds(99));
            domain.TryReclaim();
            Assert.Equal(2, domain.Statistics.HeavyBarriers);
            time.Advance(TimeSpan.FromMilliseconds(1)); // A millisecond after the one that was asked for.
            Assert.Equal(2, domain.Statistics.HeavyBarriers);
            time.Advance(TimeSpan.FromMilliseconds(1_000));
            Assert.InRange(domain.Statistics.HeavyBarriers, 3, 12); // It is not forgotten.
        }
    }

    [Fact]
    public async Task Waiting_for_a_fraction_of_a_millisecond_does_not_hold_the_thread()
    {
        var time = new ManualTime();
        var domain = new RetirementDomain(new RetirementOptions { FlushDelay = s_never, TimeProvider = time });
        using (StalledReader.In(domain))
        {
            Task<bool>? waiting = null;
            using var end = new CancellationTokenSource();
            var caller = new Thread(() => waiting = domain.SynchronizeAsync(TimeSpan.FromMilliseconds(0.5), end.Token)) { IsBackground = true };
            caller.Start();
            bool returned = caller.Join(TimeSpan.FromSeconds(5));
            if (!returned)
            {
                time.Advance(TimeSpan.FromSeconds(1)); // Ends its loop.
            }

            Assert.True(returned);
            Assert.False(waiting!.IsCompleted);
            time.Advance(TimeSpan.FromMilliseconds(1));
            Assert.False(await waiting.WaitAsync(TimeSpan.FromSeconds(5)));
        }
    }

    [Theory]
    [InlineData(64, null)]
    [InlineData(null, 1_000)]
    public void Above_a_limit_looking_at_what_is_held_stays_a_constant_part_of_a_retirement(int? most, int? mostBytes)
    {
        const int Retirements = 20_000;
        using var domain = new RetirementDomain(new RetirementOptions { FlushDelay = s_never, MaxPending = most, MaxPendingBytes = mostBytes });
        using (StalledReader.In(domain))
        {
            for (int i = 0; i < Retirements; i++)
            {
                domain.Retire(domain, static _ => { }, bytes: 1_000);
            }

            Assert.InRange(domain.Statistics.HeavyBarriers, 1, 150);
        }

        Assert.True(domain.Synchronize(TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public void A_clock_that_fails_loses_nothing_that_has_been_unlinked()
    {
        var time = new FailingTime();
        using var domain = new RetirementDomain(new RetirementOptions { Name = "failing-clock", FlushDelay = s_never, TimeProvider = time });
        using MeterListener listener = Listen("swmrkit.retirement.delay", domain.Name, static () => { });
        var first = new Canary();
        using var cell = new SwmrCell<Canary>(first, domain);
        time.Fails = true;
        cell.Publish(new Canary());
        time.Fails = false;
        Assert.True(domain.Synchronize(TimeSpan.FromSeconds(30)));
        Assert.Equal(1, first.Disposals);
    }

    [Fact]
    public async Task DrainAsync_returns_to_its_caller_however_long_callbacks_go_on_retiring()
    {
        using var domain = new RetirementDomain(new RetirementOptions { FlushDelay = s_never });
        using var end = new CancellationTokenSource();
        Again(domain, end.Token);
        Task? draining = null;
        var caller = new Thread(() => draining = domain.DrainAsync()) { IsBackground = true };
        caller.Start();
        bool returned = caller.Join(TimeSpan.FromSeconds(5));
        await end.CancelAsync();
        Assert.True(returned);
        await draining!;
        Assert.Equal(0, domain.Statistics.Pending);

        static void Again(RetirementDomain domain, CancellationToken end) => domain.Retire(
            domain,
            domain =>
            {
                if (!end.IsCancellationRequested)
                {
                    Again(domain, end);
                }
            });
    }

    [Fact]
    public void A_batch_whose_disposals_go_on_keeps_no_room_for_what_readers_hold()
    {
        const int Held = 20_000;
        using var domain = new RetirementDomain(new RetirementOptions { BatchSize = 65_536, FlushDelay = s_never });
        var mayEnd = new TaskCompletionSource();
        using (StalledReader.In(domain))
        {
            for (int i = 0; i < Held; i++)
            {
                domain.Retire(domain, static _ => { });
            }

            domain.TryReclaim();
            long before = GC.GetTotalMemory(forceFullCollection: true);
            for (int i = 0; i < 50; i++)
            {
                domain.Retire((IAsyncDisposable)new Hanging(mayEnd.Task), birth: domain.Readers.Era); // Born after the reader entered.
                domain.TryReclaim();
            }

            long grown = GC.GetTotalMemory(forceFullCollection: true) - before;
            Assert.Equal(50 + Held, domain.Statistics.Pending);
            Assert.InRange(grown, long.MinValue, 8_000_000);
        }

        mayEnd.SetResult();
        Assert.True(domain.Synchronize(TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public void What_nobody_listens_to_is_told_without_an_allocation_which_could_fail()
    {
        using var domain = new RetirementDomain();
        var failure = new InvalidOperationException("a failure to tell");
        Assert.Equal(0, Allocated());
        domain.CallbackFailed += static (_, _) => { };
        Assert.NotEqual(0, Allocated()); // The control: what a handler gets must be allocated, where a failure to do so is ignored.

        long Allocated()
        {
            long before = 0;
            for (int i = 0; i < 2; i++) // The first time for what is made once.
            {
                before = GC.GetAllocatedBytesForCurrentThread();
                domain.OnFailed(failure, isCallback: true);
                domain.OnFailed(failure, isCallback: false);
                domain.OnOverflow(1, 1);
            }

            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }

    [Fact]
    public async Task A_clock_moved_by_hand_in_an_update_runs_no_callback_there()
    {
        var time = new ManualTime();
        using var domain = new RetirementDomain(new RetirementOptions { FlushDelay = s_never, TimeProvider = time });
        using var cell = new SwmrCell<Canary>(new Canary(), domain);
        bool? pooled = null;
        Task<bool> done;
        using (StalledReader.In(domain))
        {
            domain.Retire(domain, _ => pooled = Thread.CurrentThread.IsThreadPoolThread);
            done = domain.SynchronizeAsync(Timeout.InfiniteTimeSpan);
        }

        Wait.OnThread(() => cell.Update(current =>
        {
            time.Advance(TimeSpan.FromSeconds(1));
            return current;
        }));
        Assert.True(await done.WaitAsync(TimeSpan.FromSeconds(60)));
        Assert.True(pooled);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_is_waited_for_does_not_take_the_callers_ambient_state_along(bool drains)
    {
        const string Callers = "the caller's";
        var ambient = new AsyncLocal<string?> { Value = Callers };
        using var domain = new RetirementDomain(new RetirementOptions { FlushDelay = s_never });
        Task<string?>? begun = null;
        domain.Retire(domain, _ => begun = Task.Run<string?>(() => ambient.Value));
        Task done = WaitFor();
        Assert.False(ExecutionContext.IsFlowSuppressed());
        await done;
        Assert.Null(await begun!);

        string? later = Callers;
        using (StalledReader.In(domain))
        {
            domain.Retire(domain, _ => later = ambient.Value);
            done = WaitFor();
        }

        await done;
        Assert.Null(later);
        Assert.Equal(Callers, ambient.Value);

        domain.Retire(domain, _ => begun = Task.Run<string?>(() => ambient.Value));
        domain.TryReclaim();
        Assert.Equal(Callers, await begun!); // The control: nothing else suppresses it.

        Task WaitFor() => drains ? domain.DrainAsync() : domain.SynchronizeAsync(Timeout.InfiniteTimeSpan);
    }

    private static MeterListener Listen(string instrument, string domain, Action measured)
    {
        var listener = new MeterListener
        {
            InstrumentPublished = (published, listener) =>
            {
                if (published.Meter.Name == "SwmrKit" && published.Name == instrument)
                {
                    listener.EnableMeasurementEvents(published);
                }
            },
        };
        listener.SetMeasurementEventCallback<double>((_, _, tags, _) =>
        {
            if (Equals(tags[0].Value, domain))
            {
                measured();
            }
        });
        listener.Start();
        return listener;
    }

    private sealed class Hanging(Task end) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync() => await end.ConfigureAwait(false);
    }

    private sealed class FailingTime : TimeProvider
    {
        public bool Fails { get; set; }

        public override long GetTimestamp() => Fails ? throw new InvalidOperationException("no time, says the test") : base.GetTimestamp();
    }

    private sealed class RunsThenThrows : TaskScheduler
    {
        protected override void QueueTask(Task task)
        {
            TryExecuteTask(task);
            throw new InvalidOperationException("refused too late");
        }

        protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;

        protected override IEnumerable<Task> GetScheduledTasks() => [];
    }

    private sealed class ThrowsMeanwhile : TaskScheduler
    {
        public ManualResetEventSlim Started { get; } = new();

        public ManualResetEventSlim Refused { get; } = new();

        protected override void QueueTask(Task task)
        {
            new Thread(() => Record.Exception(() => TryExecuteTask(task))) { IsBackground = true }.Start(); // The task is ended twice, which it may not like.
            Started.Wait(TimeSpan.FromSeconds(10));
            throw new InvalidOperationException("refused too late");
        }

        protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;

        protected override IEnumerable<Task> GetScheduledTasks() => [];
    }
}
