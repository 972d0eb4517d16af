namespace SwmrKit.Tests;

/// <summary>Waiting for readers and callbacks: Synchronize, and Dispose.</summary>
public sealed class SynchronizeTests : IClassFixture<SharedMachine>
{
    [Fact]
    public void Synchronize_inside_a_guard_is_refused()
    {
        using var domain = new RetirementDomain();
        using ReadGuard guard = domain.Enter();
        Assert.Throws<InvalidOperationException>(() => domain.Synchronize(TimeSpan.FromSeconds(1)));
        Assert.Throws<InvalidOperationException>(domain.Dispose);
        guard.Dispose();
    }

    [Fact]
    public void Synchronize_and_Dispose_in_a_callback_are_refused()
    {
        using var domain = new RetirementDomain(new RetirementOptions { BatchSize = 1 });
        var thrown = new List<Exception?>();
        domain.Retire(domain, inside =>
        {
            thrown.Add(Record.Exception(() => inside.Synchronize(TimeSpan.Zero)));
            thrown.Add(Record.Exception(inside.Dispose));
        });
        Assert.All(thrown, static exception => Assert.IsType<InvalidOperationException>(exception));
        Assert.Equal(2, thrown.Count);
    }

    [Fact]
    public void Synchronize_reclaims_what_was_retired_before_it()
    {
        using var domain = new RetirementDomain(new RetirementOptions { FlushDelay = TimeSpan.FromHours(1) });
        var value = new Canary();
        domain.Retire(value);
        Assert.True(domain.Synchronize(TimeSpan.FromSeconds(60)));
        Assert.Equal(1, value.Disposals);
    }

    [Fact]
    public void Synchronize_times_out_while_a_reader_stays_and_it_can_be_named()
    {
        using var domain = new RetirementDomain();
        using ReaderHandle outside = domain.Register("outside");
        using StalledReader reader = StalledReader.In(domain);
        Assert.False(domain.Synchronize(TimeSpan.FromMilliseconds(10)));
        Assert.Equal(["stalled"], domain.Readers.GetActiveReaders());
    }

    [Fact]
    public void What_is_retired_into_a_disposed_domain_is_still_reclaimed()
    {
        var domain = new RetirementDomain();
        domain.Dispose();
        var value = new Canary();
        domain.Retire(value);
        Wait.Until(() => value.Disposals == 1, "the flush");
    }

    [Fact]
    public void A_refused_Dispose_leaves_the_domain_as_it_was()
    {
        var domain = new RetirementDomain(new RetirementOptions { FlushDelay = TimeSpan.FromHours(1) });
        var value = new Canary();
        using (domain.Enter())
        {
            domain.Retire(value);
            Assert.Throws<InvalidOperationException>(domain.Dispose);
        }

        domain.Enter().Dispose();
        domain.Dispose();
        Assert.Equal(1, value.Disposals);
    }

    [Fact]
    public void Synchronize_waits_for_callbacks_that_another_thread_is_running()
    {
        using var domain = new RetirementDomain();
        using var started = new ManualResetEventSlim();
        using var release = new ManualResetEventSlim();
        domain.Retire("state", _ =>
        {
            started.Set();
            release.Wait();
        });
        started.Wait(); // On the timer's thread.
        Assert.False(domain.Synchronize(TimeSpan.FromMilliseconds(50)));
        release.Set();
        Assert.True(domain.Synchronize(TimeSpan.FromSeconds(60)));
        Assert.Equal(0, domain.Statistics.Pending);
    }

    [Fact]
    public void What_was_retired_before_Synchronize_is_disposed_after_it_whoever_else_reclaims()
    {
        using var domain = new RetirementDomain(new RetirementOptions { FlushDelay = TimeSpan.FromHours(1) });
        bool stop = false;
        var other = new Thread(() =>
        {
            while (!Volatile.Read(ref stop))
            {
                domain.TryReclaim();
            }
        });
        other.Start();
        int missed = 0;
        for (int i = 0; i < TestMode.Choose(20_000, 200_000); i++)
        {
            var value = new Canary();
            domain.Retire(value);
            Assert.True(domain.Synchronize(TimeSpan.FromSeconds(60)));
            missed += value.IsAlive ? 1 : 0;
        }

        Volatile.Write(ref stop, true);
        other.Join();
        Assert.Equal(0, missed);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_was_retired_before_Synchronize_or_Dispose_is_disposed_though_a_reader_that_loaded_the_era_before_announces_after_the_wait(bool dispose)
    {
        int barriers = 0;
        Action announce = static () => { };
        var domain = new RetirementDomain(new RetirementOptions { FlushDelay = TimeSpan.FromHours(1) }, () =>
        {
            AsymmetricBarrier.Heavy();
            if (++barriers == 2)
            {
                announce(); // After the wait's barrier and scan, before the pass's.
            }
        });
        using ReaderHandle handle = domain.Register();
        ReaderSlot slot = handle.Slot;
        long era = slot.Clock.Now; // The reader is held here, between the load and the announcement.
        long token = 0;
        announce = () => token = slot.Enter(era);
        var value = new Canary();
        domain.Retire(value);
        if (dispose)
        {
            domain.Dispose();
        }
        else
        {
            Assert.True(domain.Synchronize(TimeSpan.FromSeconds(60)));
        }

        Assert.Equal(1, value.Disposals);
        Assert.Equal(0, domain.Statistics.Pending);
        Assert.True(slot.TryLeave(token));
    }

    [Fact]
    public void What_is_retired_while_Synchronize_waits_is_kept_for_a_reader_that_holds_it()
    {
        int barriers = 0;
        Action between = static () => { };
        using var domain = new RetirementDomain(new RetirementOptions { FlushDelay = TimeSpan.FromHours(1) }, () =>
        {
            AsymmetricBarrier.Heavy();
            if (++barriers == 1)
            {
                between(); // After the wait's era, so that the tag is that era; the pass takes it.
            }
        });
        using ReaderHandle handle = domain.Register();
        ReaderSlot slot = handle.Slot;
        var value = new Canary();
        long token = 0;
        between = () =>
        {
            token = slot.Enter(slot.Clock.Now);
            domain.Retire(value);
        };
        Assert.True(domain.Synchronize(TimeSpan.FromSeconds(60)));
        Assert.True(value.IsAlive);
        Assert.True(slot.TryLeave(token));
        Assert.True(domain.Synchronize(TimeSpan.FromSeconds(60)));
        Assert.Equal(1, value.Disposals);
    }

    [Fact]
    public void A_token_cancelled_before_ends_Synchronize_although_nobody_is_inside()
    {
        using var domain = new RetirementDomain();
        Assert.Throws<OperationCanceledException>(() => domain.Synchronize(TimeSpan.FromSeconds(60), new CancellationToken(canceled: true)));
    }
}
