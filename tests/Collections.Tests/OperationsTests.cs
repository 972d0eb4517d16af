using System.Collections.Concurrent;

namespace SwmrKit.Tests;

/// <summary>Waiting without a thread, limits, and where and when the work is done.</summary>
public sealed class OperationsTests : IClassFixture<SharedMachine>
{
    private static readonly TimeSpan s_never = TimeSpan.FromHours(1);

    [Fact]
    public async Task SynchronizeAsync_completes_when_the_readers_of_then_have_left_and_what_was_retired_is_reclaimed()
    {
        using var domain = new RetirementDomain(new RetirementOptions { FlushDelay = s_never });
        var value = new Canary();
        Task<bool> done;
        using (StalledReader.In(domain))
        {
            domain.Retire(value);
            done = domain.SynchronizeAsync(Timeout.InfiniteTimeSpan);
            await Task.Delay(30);
            Assert.False(done.IsCompleted);
            Assert.True(value.IsAlive);
        }

        Assert.True(await done);
        Assert.Equal(1, value.Disposals);
    }

    [Fact]
    public async Task SynchronizeAsync_times_out_and_is_cancelled_without_losing_anything()
    {
        using var domain = new RetirementDomain(new RetirementOptions { FlushDelay = s_never });
        var value = new Canary();
        using (StalledReader.In(domain))
        {
            domain.Retire(value);
            Assert.False(await domain.SynchronizeAsync(TimeSpan.FromMilliseconds(5)));
            using var cancellation = new CancellationTokenSource();
            Task<bool> waiting = domain.SynchronizeAsync(Timeout.InfiniteTimeSpan, cancellation.Token);
            await cancellation.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
            Assert.True(value.IsAlive);
        }

        Assert.True(await domain.SynchronizeAsync(Timeout.InfiniteTimeSpan));
        Assert.Equal(1, value.Disposals);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => domain.SynchronizeAsync(TimeSpan.FromSeconds(-2)));
    }

    [Fact]
    public async Task SynchronizeAsync_may_be_called_inside_a_read_section_and_awaited_after_it()
    {
        using var domain = new RetirementDomain(new RetirementOptions { FlushDelay = s_never });
        var value = new Canary();
        Task<bool> done = CallInside(domain, value);
        Assert.True(await done);
        Assert.Equal(1, value.Disposals);

        static Task<bool> CallInside(RetirementDomain domain, Canary value)
        {
            using ReadGuard guard = domain.Enter();
            domain.Retire(value);
            Task<bool> done = domain.SynchronizeAsync(Timeout.InfiniteTimeSpan);
            Assert.False(done.IsCompleted);
            return done;
        }
    }

    [Fact]
    public async Task SynchronizeAsync_waits_for_asynchronous_disposals()
    {
        using var domain = new RetirementDomain(new RetirementOptions { FlushDelay = s_never });
        var mayEnd = new TaskCompletionSource();
        var value = new SlowDisposal(mayEnd.Task);
        domain.Retire(value);
        Task<bool> done = domain.SynchronizeAsync(Timeout.InfiniteTimeSpan);
        await Task.Delay(30);
        Assert.False(done.IsCompleted);
        mayEnd.SetResult();
        Assert.True(await done);
    }

    [Fact]
    public async Task DrainAsync_waits_for_what_callbacks_retire_in_turn()
    {
        using var domain = new RetirementDomain(new RetirementOptions { FlushDelay = s_never });
        var last = new Canary();
        domain.Retire(domain, domain => domain.Retire(domain, domain => domain.Retire(last)));
        await domain.DrainAsync();
        Assert.Equal(1, last.Disposals);
        Assert.Equal(0, domain.Statistics.Pending);
    }

    [Fact]
    public void Waiting_for_all_is_refused_in_a_callback()
    {
        using var domain = new RetirementDomain(new RetirementOptions { BatchSize = 1 });
        var refusals = new List<Exception?>();
        domain.Retire(domain, domain =>
        {
            refusals.Add(Record.Exception(() => { _ = domain.DrainAsync(); }));
            refusals.Add(Record.Exception(() => { _ = domain.SynchronizeAsync(TimeSpan.Zero); }));
        });
        Assert.Equal(2, refusals.Count);
        Assert.All(refusals, static refusal => Assert.IsType<InvalidOperationException>(refusal));
    }

    [Fact]
    public void Over_the_limit_a_publication_is_refused_and_changes_nothing()
    {
        using var domain = new RetirementDomain(
            new RetirementOptions { BatchSize = 2, MaxPending = 3, Overflow = RetirementOverflow.Throw, FlushDelay = s_never, Name = "full" });
        var first = new Canary();
        using var cell = new SwmrCell<Canary>(first, domain);
        var refused = new Canary();
        using (StalledReader.In(domain))
        {
            for (int i = 0; i < 3; i++)
            {
                domain.Retire(new Canary()); // Their birth is unknown: the reader holds them back.
            }

            RetirementOverflowException refusal = Assert.Throws<RetirementOverflowException>(() => { cell.Publish(refused); });
            Assert.Contains("'full'", refusal.Message, StringComparison.Ordinal);
            Assert.Throws<RetirementOverflowException>(() => { cell.Update(_ => refused); });
            Assert.Throws<RetirementOverflowException>(() => { domain.Reserve(); });
            Assert.Equal((1, 3), (cell.Version, domain.Statistics.Pending));
            domain.Retire(new Canary()); // What has been unlinked is never refused.
            Assert.Equal(4, domain.Statistics.Pending);
        }

        domain.TryReclaim();
        Assert.Equal(2, cell.Publish(refused));
        domain.TryReclaim();
        Assert.Equal((1, 0), (first.Disposals, refused.Disposals));
    }

    [Fact]
    public void Over_the_limit_a_cell_can_be_disposed_and_what_was_exchanged_retired()
    {
        using var domain = new RetirementDomain(
            new RetirementOptions { BatchSize = 1, MaxPending = 1, Overflow = RetirementOverflow.Throw, FlushDelay = s_never });
        var cell = new SwmrCell<Canary>(new Canary(), domain);
        Detached<Canary> detached = cell.Exchange(new Canary())!;
        using (StalledReader.In(domain))
        {
            domain.Retire(new Canary());
            detached.Retire();
            cell.Dispose();
            Assert.True(domain.Statistics.Pending >= 1);
        }

        domain.TryReclaim();
        Assert.Equal((3, 0), (domain.Statistics.Reclaimed, domain.Statistics.Pending));
    }

    [Theory]
    [InlineData(RetirementOverflow.Grow, 0)]
    [InlineData(RetirementOverflow.Callback, 2)]
    [InlineData(RetirementOverflow.Throw, 2)]
    public void Passing_the_limit_is_told_once_each_time(RetirementOverflow policy, int expected)
    {
        using var domain = new RetirementDomain(new RetirementOptions { BatchSize = 4, MaxPending = 8, Overflow = policy, FlushDelay = s_never });
        var told = new List<RetirementOverflowEventArgs>();
        domain.Overflowed += (_, overflow) => told.Add(overflow);
        domain.Overflowed += static (_, _) => throw new InvalidOperationException("ignored, as documented");
        for (int round = 0; round < 2; round++)
        {
            using (StalledReader.In(domain))
            {
                for (int i = 0; i < 20; i++)
                {
                    domain.Retire(new Canary(), bytes: 10);
                }
            }

            domain.TryReclaim();
            Assert.Equal(0, domain.Statistics.Pending);
        }

        Assert.Equal(expected, told.Count);
        Assert.All(told, static overflow => Assert.Equal((9, 90), (overflow.Pending, overflow.PendingBytes)));
    }

    [Fact]
    public void Passing_the_limit_under_a_writers_lock_is_told_by_the_timer()
    {
        var time = new ManualTime();
        using var domain = new RetirementDomain(
            new RetirementOptions { BatchSize = 1, MaxPending = 1, Overflow = RetirementOverflow.Callback, TimeProvider = time, FlushDelay = TimeSpan.FromSeconds(1) });
        using var cell = new SwmrCell<Canary>(new Canary(), domain);
        Exception? publication = null;
        int told = 0;
        domain.Overflowed += (_, _) =>
        {
            told++;
            publication = Record.Exception(() => cell.Publish(new Canary()));
        };
        cell.Update(_ =>
        {
            domain.Retire(new Canary());
            domain.Retire(new Canary());
            Assert.Equal(0, told);
            return new Canary();
        });
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(1, told);
        Assert.Null(publication);
    }

    [Fact]
    public void At_the_limit_a_pass_comes_before_a_publication_is_refused()
    {
        using var domain = new RetirementDomain(
            new RetirementOptions { BatchSize = 4, MaxPending = 4, Overflow = RetirementOverflow.Throw, FlushDelay = s_never });
        using var cell = new SwmrCell<Canary>(new Canary(), domain);
        for (int i = 0; i < 100; i++)
        {
            cell.Publish(new Canary()); // Nobody reads: nothing stays.
        }

        Assert.Equal(101, cell.Version);
    }

    [Fact]
    public void Many_bytes_bring_a_pass_before_the_batch_is_full()
    {
        var options = new RetirementOptions { BatchSize = 64, FlushDelay = s_never };
        using var unlimited = new RetirementDomain(options);
        options.MaxPendingBytes = 1_000;
        using var limited = new RetirementDomain(options);
        foreach (RetirementDomain domain in new[] { unlimited, limited })
        {
            domain.Retire(new Canary(), bytes: 600);
            domain.Retire(new Canary(), bytes: 600);
        }

        Assert.Equal(1_200, unlimited.Statistics.PendingBytes);
        Assert.Equal(0, limited.Statistics.PendingBytes);
    }

    [Fact]
    public void Over_the_limit_not_every_retirement_brings_a_pass()
    {
        using var domain = new RetirementDomain(new RetirementOptions { BatchSize = 64, MaxPending = 64, MaxPendingBytes = 64_000, FlushDelay = s_never });
        using (StalledReader.In(domain))
        {
            for (int i = 0; i < 6_400; i++)
            {
                domain.Retire(new Canary(), bytes: 1_000);
            }

            Assert.InRange(domain.Statistics.HeavyBarriers, 10, 100); // Each when an eighth has come in, or a quarter of the bytes: not 6,400, and not one a batch.
        }
    }

    [Fact]
    public void Heavy_barriers_that_nobody_asked_for_keep_their_distance()
    {
        var time = new ManualTime();
        using var domain = new RetirementDomain(new RetirementOptions
        {
            BatchSize = 1,
            FlushDelay = TimeSpan.FromMilliseconds(1),
            MinHeavyInterval = TimeSpan.FromMilliseconds(100),
            TimeProvider = time,
        });
        for (int i = 0; i < 1_000; i++)
        {
            domain.Retire(new Canary());
            time.Advance(TimeSpan.FromMilliseconds(1));
        }

        Assert.InRange(domain.Statistics.HeavyBarriers, 9, 11);
        time.Advance(TimeSpan.FromMilliseconds(200));
        Assert.Equal(0, domain.Statistics.Pending);
        long before = domain.Statistics.HeavyBarriers;
        domain.Retire(new Canary());
        domain.TryReclaim(); // Asked for.
        Assert.Equal((before + 1, 0), (domain.Statistics.HeavyBarriers, domain.Statistics.Pending));
    }

    [Fact]
    public async Task Callbacks_run_where_the_options_say()
    {
        var scheduler = new QueueingScheduler();
        using var domain = new RetirementDomain(new RetirementOptions { BatchSize = 2, CallbackScheduler = scheduler, FlushDelay = s_never });
        int? ranOn = null;
        domain.Retire(domain, _ => ranOn = Environment.CurrentManagedThreadId);
        domain.Retire(new Canary());
        Assert.Null(ranOn);
        Assert.Equal(2, domain.Statistics.Pending);
        int? other = null;
        Task<bool> done = domain.SynchronizeAsync(Timeout.InfiniteTimeSpan);
        Assert.False(done.IsCompleted);
        Wait.OnThread(() =>
        {
            other = Environment.CurrentManagedThreadId;
            scheduler.RunAll();
        });
        Assert.True(await done);
        Assert.Equal(other, ranOn);
        Assert.Equal(0, domain.Statistics.Pending);
        scheduler.RunsAtOnce = true; // For the domain's disposal.
    }

    [Fact]
    public void What_the_scheduler_refuses_runs_at_once_and_is_reported()
    {
        var scheduler = new QueueingScheduler { Refuses = true };
        using var domain = new RetirementDomain(new RetirementOptions { BatchSize = 1, CallbackScheduler = scheduler, FlushDelay = s_never });
        int reports = 0;
        domain.ReclaimFailed += (_, _) => reports++;
        var value = new Canary();
        domain.Retire(value);
        Assert.Equal((1, 1), (value.Disposals, reports));
        Assert.Equal(1, domain.Statistics.Reclaimed);
    }

    [Fact]
    public void A_stalled_reader_is_named_with_its_age_until_it_leaves()
    {
        var time = new ManualTime();
        using var domain = new RetirementDomain(new RetirementOptions { TimeProvider = time });
        using (StalledReader.In(domain))
        {
            Assert.Empty(domain.GetStalledReaders(TimeSpan.FromTicks(1))); // Seen for the first time.
            time.Advance(TimeSpan.FromSeconds(5));
            SwmrKit.StalledReader stalled = Assert.Single(domain.GetStalledReaders(TimeSpan.FromSeconds(5)));
            Assert.Equal(("stalled", TimeSpan.FromSeconds(5)), (stalled.Name, stalled.Age));
            Assert.Empty(domain.GetStalledReaders(TimeSpan.FromSeconds(6)));
        }

        Assert.Empty(domain.GetStalledReaders(TimeSpan.Zero));
        Assert.Throws<ArgumentOutOfRangeException>(() => domain.GetStalledReaders(TimeSpan.FromTicks(-1)));
    }

    [Fact]
    public void The_flush_timer_sees_who_holds_back_what_was_retired()
    {
        var time = new ManualTime();
        using var domain = new RetirementDomain(new RetirementOptions { TimeProvider = time, FlushDelay = TimeSpan.FromSeconds(1) });
        using (StalledReader.In(domain))
        {
            domain.Retire(new Canary());
            time.Advance(TimeSpan.FromSeconds(1)); // The flush.
            time.Advance(TimeSpan.FromSeconds(1));
            Assert.Equal(TimeSpan.FromSeconds(1), Assert.Single(domain.GetStalledReaders(TimeSpan.FromSeconds(1))).Age);
        }
    }

    [Fact]
    public void A_reader_that_keeps_coming_back_is_not_stalled()
    {
        var time = new ManualTime();
        using var domain = new RetirementDomain(new RetirementOptions { TimeProvider = time });
        using ReaderHandle reader = domain.Register("busy");
        for (int i = 0; i < 3; i++)
        {
            using ReadGuard guard = reader.Enter();
            Assert.Empty(domain.GetStalledReaders(TimeSpan.FromSeconds(1)));
            time.Advance(TimeSpan.FromSeconds(10));
        }

        using (ReadGuard outer = reader.Enter())
        {
            domain.GetStalledReaders(TimeSpan.Zero);
            for (int i = 0; i < 3; i++)
            {
                using ReadGuard inner = reader.Enter(); // Nested ones are part of the outer one.
                time.Advance(TimeSpan.FromSeconds(1));
            }

            Assert.Equal("busy", Assert.Single(domain.GetStalledReaders(TimeSpan.FromSeconds(3))).Name);
            outer.Refresh();
            Assert.Empty(domain.GetStalledReaders(TimeSpan.FromSeconds(1)));
        }
    }

    [Fact]
    public void Options_out_of_range_are_refused_by_name()
    {
        Refused(nameof(RetirementOptions.MaxPending), static options => options.MaxPending = options.BatchSize - 1);
        Refused(nameof(RetirementOptions.MaxPendingBytes), static options => options.MaxPendingBytes = 0);
        Refused(nameof(RetirementOptions.MinHeavyInterval), static options => options.MinHeavyInterval = TimeSpan.FromTicks(-1));
        Refused(nameof(RetirementOptions.MinHeavyInterval), static options => options.MinHeavyInterval = TimeSpan.FromDays(2));
        Refused(nameof(RetirementOptions.StalledReaderAge), static options => options.StalledReaderAge = TimeSpan.Zero);
        Refused(nameof(RetirementOptions.Overflow), static options => options.Overflow = (RetirementOverflow)3);

        static void Refused(string name, Action<RetirementOptions> set)
        {
            var options = new RetirementOptions();
            set(options);
            Assert.Equal(name, Assert.Throws<ArgumentOutOfRangeException>(() => new RetirementDomain(options)).ParamName);
        }
    }

    [Fact]
    public void Domains_have_names()
    {
        using var named = new RetirementDomain(new RetirementOptions { Name = "certificates" });
        using var first = new RetirementDomain();
        using var second = new RetirementDomain();
        Assert.Equal("certificates", named.Name);
        Assert.NotEqual(first.Name, second.Name);
        Assert.Equal("shared", RetirementDomain.Shared.Name);
    }

    private sealed class SlowDisposal(Task end) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync() => await end;
    }

    /// <summary>Keeps tasks until it is told to run them.</summary>
    private sealed class QueueingScheduler : TaskScheduler
    {
        private readonly ConcurrentQueue<Task> _tasks = new();

        public bool Refuses { get; init; }

        public bool RunsAtOnce { get; set; }

        public void RunAll()
        {
            while (_tasks.TryDequeue(out Task? task))
            {
                TryExecuteTask(task);
            }
        }

        protected override IEnumerable<Task> GetScheduledTasks() => _tasks;

        protected override void QueueTask(Task task)
        {
            if (Refuses)
            {
                throw new InvalidOperationException("no task, says the test");
            }

            _tasks.Enqueue(task);
            if (RunsAtOnce)
            {
                RunAll();
            }
        }

        protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;
    }
}
