namespace SwmrKit.Tests;

/// <summary>When the timer of a domain is armed, and for when.</summary>
public sealed class FlushTimerTests : IClassFixture<SharedMachine>
{
    private static readonly TimeSpan s_delay = TimeSpan.FromMilliseconds(20);

    private readonly ManualTime _time = new();
    private readonly RetirementDomain _domain;
    private bool _barrierFails;

    public FlushTimerTests() => _domain = new RetirementDomain(
        new RetirementOptions { BatchSize = 4, FlushDelay = s_delay, TimeProvider = _time },
        () =>
        {
            if (_barrierFails)
            {
                throw new AsymmetricBarrierException("refused by the test");
            }

            AsymmetricBarrier.Heavy();
        });

    [Fact]
    public void It_is_armed_only_while_something_is_pending()
    {
        Assert.Null(_time.NextDue);
        _domain.Retire(new Canary());
        Assert.Equal(s_delay, _time.NextDue);
        _time.Advance(s_delay);
        Assert.Equal(0, _domain.Statistics.Pending);
        Assert.Null(_time.NextDue);
        _time.Advance(TimeSpan.FromDays(1));
        Assert.Null(_time.NextDue);
    }

    [Fact]
    public void A_partial_batch_waits_for_the_delay_and_no_longer()
    {
        var value = new Canary();
        _domain.Retire(value);
        _time.Advance(s_delay - TimeSpan.FromTicks(1));
        Assert.True(value.IsAlive);
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.Equal(1, value.Disposals);
    }

    [Fact]
    public void While_batches_fill_by_themselves_it_stays_out_of_the_way_and_the_last_partial_one_waits_for_at_most_two_delays()
    {
        var last = new Canary();
        _domain.Retire(new Canary());
        for (int batch = 1; batch <= 10; batch++)
        {
            _domain.Retire(new Canary());
            _domain.Retire(new Canary());
            _domain.Retire(new Canary()); // Fills it.
            _domain.Retire(batch < 10 ? new Canary() : last);
            Assert.Equal(s_delay, _time.NextDue);
            _time.Advance(s_delay);
            Assert.Equal(batch, _domain.Statistics.HeavyBarriers);
        }

        Assert.True(last.IsAlive);
        _time.Advance(s_delay);
        Assert.Equal(1, last.Disposals);
        Assert.Null(_time.NextDue);
    }

    [Fact]
    public void What_a_reader_holds_back_is_looked_at_again_later_each_time_up_to_eight_delays()
    {
        using (StalledReader.In(_domain))
        {
            _domain.Retire(new Canary());
            _time.Advance(s_delay);
            Assert.Equal([1, 2, 4, 8, 8], Enumerable.Range(0, 5).Select(_ => NextLook()));
        }
    }

    [Fact]
    public void Progress_makes_the_next_look_come_early_again()
    {
        using ReaderHandle handle = _domain.Register();
        using (handle.Enter())
        {
            Assert.Equal([1, 2, 4], BackOffs());
        }

        _time.Advance(8 * s_delay);
        Assert.Equal(0, _domain.Statistics.Pending);
        using (handle.Enter())
        {
            Assert.Equal([1, 2, 4], BackOffs());
        }

        double[] BackOffs()
        {
            _domain.Retire(new Canary());
            _time.Advance(s_delay);
            return [.. Enumerable.Range(0, 3).Select(_ => NextLook())];
        }
    }

    [Fact]
    public void It_survives_a_heavy_barrier_that_fails_and_backs_off()
    {
        _barrierFails = true;
        var value = new Canary();
        _domain.Retire(value);
        _time.Advance(s_delay);
        Assert.Equal(s_delay, _time.NextDue);
        _time.Advance(s_delay);
        Assert.Equal(2 * s_delay, _time.NextDue);
        Assert.Equal((2, 1), (_domain.Statistics.ReclaimFailures, _domain.Statistics.Pending));
        _barrierFails = false;
        _time.Advance(2 * s_delay);
        Assert.Equal(1, value.Disposals);
        Assert.Null(_time.NextDue);
    }

    [Fact]
    public void A_timer_that_cannot_be_set_is_reported_and_neither_retiring_nor_publishing_nor_a_tick_fails()
    {
        var reported = new List<Exception>();
        _domain.ReclaimFailed += (_, failure) =>
        {
            reported.Add(failure.Exception);
            _domain.Retire(new Canary()); // Fails to set it too: counted, and the handlers not called again.
        };
        var cell = new SwmrCell<Canary>(new Canary(), _domain);
        _time.RefusesTimers = true;
        cell.Publish(new Canary());
        Assert.Equal("no timer, says the test", Assert.Single(reported).Message);
        Assert.Equal((2, 2), (_domain.Statistics.ReclaimFailures, _domain.Statistics.Retired));
        Assert.Null(_time.NextDue);

        _time.RefusesTimers = false;
        using (StalledReader.In(_domain))
        {
            _domain.Retire(new Canary());
            Assert.Equal(s_delay, _time.NextDue);
            _time.RefusesTimers = true;
            _time.Advance(s_delay); // What the reader holds must be looked at again.
            Assert.Equal(2, reported.Count);
        }

        _time.RefusesTimers = false;
        _domain.Retire(new Canary());
        _time.Advance(s_delay);
        Assert.Equal(0, _domain.Statistics.Pending);
    }

    [Fact]
    public void An_asynchronous_disposal_that_goes_on_does_not_keep_it_armed()
    {
        var slow = new AsyncCanary();
        _domain.Retire(slow);
        _time.Advance(s_delay);
        Assert.Equal((1, 1), (slow.Disposals, _domain.Statistics.Pending));
        Assert.Null(_time.NextDue);
        slow.End();
    }

    [Fact]
    public void A_callback_that_takes_long_does_not_keep_what_a_reader_held_back_from_being_looked_at()
    {
        var held = new Canary();
        StalledReader reader = StalledReader.In(_domain);
        _domain.Retire(held);
        using var release = new ManualResetEventSlim();
        using var started = new ManualResetEventSlim();
        _domain.Retire(
            "state",
            _ =>
            {
                started.Set();
                release.Wait();
            },
            birth: _domain.Readers.Era); // Which the reader, having entered before, does not hold back.
        var timer = new Thread(() => _time.Advance(s_delay)) { IsBackground = true };
        timer.Start();
        started.Wait();
        reader.Dispose();
        Assert.NotNull(_time.NextDue);
        _time.Advance(_time.NextDue.Value);
        Assert.Equal(1, held.Disposals);
        release.Set();
        timer.Join();
    }

    /// <summary>Goes on to when the timer is due.</summary>
    /// <returns>How many delays that took.</returns>
    private double NextLook()
    {
        TimeSpan due = _time.NextDue!.Value;
        _time.Advance(due);
        return due / s_delay;
    }
}
