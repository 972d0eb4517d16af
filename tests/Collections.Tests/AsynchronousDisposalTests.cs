namespace SwmrKit.Tests;

public sealed class AsynchronousDisposalTests : IClassFixture<SharedMachine>
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(60);

    private readonly RetirementDomain _domain = new(new RetirementOptions { BatchSize = 1, FlushDelay = TimeSpan.FromHours(1) });

    [Fact]
    public void It_counts_as_reclaimed_when_it_has_ended_and_delays_no_other()
    {
        var slow = new AsyncCanary();
        var next = new Canary();
        _domain.Retire(slow, bytes: 100);
        _domain.Retire(next);
        Assert.Equal(1, slow.Disposals);
        Assert.Equal(1, next.Disposals);
        Assert.Equal((2, 1, 1), (_domain.Statistics.Retired, _domain.Statistics.Reclaimed, _domain.Statistics.Pending));
        Assert.Equal(100, _domain.Statistics.PendingBytes);
        slow.End();
        Wait.Until(() => _domain.Statistics.Pending == 0, "the end of the disposal");
        Assert.Equal((2, 0), (_domain.Statistics.Reclaimed, _domain.Statistics.PendingBytes));
        Assert.Equal(1, slow.Disposals);
    }

    [Fact]
    public void One_that_ends_at_once_is_reclaimed_at_once_without_an_allocation()
    {
        var value = new AsyncCanary(endsAtOnce: true);
        Work(100);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Work(1_000);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal((1_100, 0), (value.Disposals, _domain.Statistics.Pending));

        void Work(int times)
        {
            for (int i = 0; i < times; i++)
            {
                _domain.Retire(value);
            }
        }
    }

    [Fact]
    public void A_reader_holds_it_back()
    {
        var value = new AsyncCanary(endsAtOnce: true);
        using (_domain.Enter())
        {
            _domain.Retire(value);
            Assert.Equal(0, value.Disposals);
        }

        Assert.Equal(1, _domain.TryReclaim());
        Assert.Equal(1, value.Disposals);
    }

    [Fact]
    public void Synchronize_waits_for_one_that_began_before()
    {
        var slow = new AsyncCanary();
        _domain.Retire(slow);
        Assert.False(_domain.Synchronize(TimeSpan.FromMilliseconds(20)));
        slow.End();
        Assert.True(_domain.Synchronize(s_deadline));
        Assert.Equal(0, _domain.Statistics.Pending);
    }

    [Fact]
    public void Synchronize_waits_for_one_that_it_begins_itself()
    {
        using var domain = new RetirementDomain(new RetirementOptions { FlushDelay = TimeSpan.FromHours(1) });
        var slow = new AsyncCanary();
        domain.Retire(slow);
        Assert.False(domain.Synchronize(TimeSpan.FromMilliseconds(20)));
        Assert.Equal(1, slow.Disposals);
        slow.End();
        Assert.True(domain.Synchronize(s_deadline));
        Assert.Equal(0, domain.Statistics.Pending);
    }

    [Fact]
    public void Synchronize_does_not_wait_for_one_that_began_later()
    {
        var earlier = new AsyncCanary();
        var later = new AsyncCanary();
        _domain.Retire(earlier);
        bool synchronized = false;
        var waiter = new Thread(() => synchronized = _domain.Synchronize(s_deadline));
        long era = _domain.Readers.Era;
        waiter.Start();
        Wait.Until(() => _domain.Readers.Era >= era + 2, "the waiter's own pass, after its wait for readers");
        _domain.Retire(later);
        earlier.End();
        Assert.True(waiter.Join(s_deadline));
        Assert.True(synchronized);
        Assert.Equal(1, _domain.Statistics.Pending);
        later.End();
    }

    [Fact]
    public void TryReclaim_does_not_count_one_that_goes_on()
    {
        var slow = new AsyncCanary();
        using (_domain.Enter())
        {
            _domain.Retire(slow);
            _domain.Retire(new Canary());
        }

        Assert.Equal(1, _domain.TryReclaim());
        slow.End();
    }

    [Fact]
    public void One_that_fails_is_reported_and_counted_whenever_it_fails()
    {
        var reported = new System.Collections.Concurrent.ConcurrentQueue<Exception>();
        _domain.CallbackFailed += (_, failure) => reported.Enqueue(failure.Exception);
        _domain.Retire(new Throwing());
        var atOnce = new AsyncCanary();
        atOnce.Fail(new FormatException("at once"));
        _domain.Retire(atOnce);
        var later = new AsyncCanary();
        _domain.Retire(later);
        Assert.Equal(["when called", "at once"], reported.Select(static exception => exception.Message));
        later.Fail(new FormatException("later"));
        Wait.Until(() => _domain.Statistics.Pending == 0, "the end of the last disposal");
        Assert.Equal(["when called", "at once", "later"], reported.Select(static exception => exception.Message));
        Assert.Equal((3, 3), (_domain.Statistics.CallbackFailures, _domain.Statistics.Reclaimed));
    }

    [Fact]
    public void A_handler_of_a_late_failure_may_not_wait_for_what_it_is_part_of()
    {
        Exception? refused = null;
        _domain.CallbackFailed += (_, _) => refused = Record.Exception(() => _domain.Synchronize(Timeout.InfiniteTimeSpan));
        var value = new AsyncCanary();
        _domain.Retire(value);
        value.Fail(new FormatException());
        Wait.Until(() => _domain.Statistics.Pending == 0, "the end of the disposal");
        Assert.IsType<InvalidOperationException>(refused);
        Assert.Equal(0, _domain.TryReclaim());
    }

    [Fact]
    public void What_can_be_disposed_both_ways_is_disposed_synchronously_unless_asked_for_otherwise()
    {
        var both = new Both();
        _domain.Retire(both);
        Assert.Equal("sync", both.Disposed);
        var asked = new Both();
        _domain.Retire((IAsyncDisposable)asked);
        Assert.Equal("async", asked.Disposed);
    }

    [Fact]
    public void A_cell_disposes_asynchronously_what_allows_nothing_else_and_begins_with_the_last_one_before_its_Dispose_returns()
    {
        var first = new AsyncCanary();
        var last = new AsyncCanary();
        var cell = new SwmrCell<AsyncCanary>(first, _domain);
        using (StalledReader.Of(cell))
        {
            cell.Publish(last);
            Assert.Equal(0, first.Disposals);
        }

        _domain.TryReclaim();
        Assert.Equal(1, first.Disposals);
        cell.Dispose();
        Assert.Equal(1, last.Disposals);
        first.End();
        Assert.False(_domain.Synchronize(TimeSpan.FromMilliseconds(20)));
        last.End();
        Assert.True(_domain.Synchronize(s_deadline));
        Assert.Equal((2, 0), (_domain.Statistics.Reclaimed, _domain.Statistics.Pending));
    }

    [Fact]
    public void A_cell_publishes_an_object_that_allows_nothing_else_only_once()
    {
        var first = new AsyncCanary(endsAtOnce: true);
        using var cell = new SwmrCell<AsyncCanary>(first, _domain);
        cell.Publish(new AsyncCanary(endsAtOnce: true));
        Assert.Throws<InvalidOperationException>(() => cell.Publish(first));
    }

    [Fact]
    public void A_cell_prefers_the_synchronous_way()
    {
        var both = new Both();
        using var cell = new SwmrCell<IAsyncDisposable>(both, _domain);
        cell.Publish(new AsyncCanary(endsAtOnce: true));
        Assert.Equal("sync", both.Disposed);
    }

    [Fact]
    public void One_that_began_on_a_thread_with_a_synchronization_context_ends_while_that_thread_waits_for_it()
    {
        Wait.OnThread(() =>
        {
            var context = new NeverPumped();
            SynchronizationContext.SetSynchronizationContext(context);
            var value = new Yielding();
            _domain.Retire(value);
            Assert.True(_domain.Synchronize(TimeSpan.FromSeconds(20)), "the disposal waits for the thread that waits for it");
            Assert.True(value.Ended);
            Assert.Same(context, SynchronizationContext.Current);
        });
    }

    /// <summary>The context of a thread that handles nothing while it waits, as that of a window does not.</summary>
    private sealed class NeverPumped : SynchronizationContext
    {
        public override void Post(SendOrPostCallback d, object? state)
        {
        }
    }

    private sealed class Yielding : IAsyncDisposable
    {
        public bool Ended { get; private set; }

        public async ValueTask DisposeAsync()
        {
            await Task.Yield();
            Ended = true;
        }
    }

    private sealed class Throwing : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => throw new FormatException("when called");
    }

    private sealed class Both : IDisposable, IAsyncDisposable
    {
        public string? Disposed { get; private set; }

        public void Dispose() => Disposed += "sync";

        public ValueTask DisposeAsync()
        {
            Disposed += "async";
            return default;
        }
    }
}
