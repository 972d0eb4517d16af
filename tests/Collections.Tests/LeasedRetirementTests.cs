#pragma warning disable SWMR001, SWMR002, SWMR004 // What outlives its read, and what leases left open hold, is tested here.

namespace SwmrKit.Tests;

/// <summary>What leases hold back of what has been retired, and who waits for that.</summary>
public sealed class LeasedRetirementTests : IClassFixture<SharedMachine>
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(60);

    private readonly RetirementDomain _domain = new(new RetirementOptions { BatchSize = 1, FlushDelay = TimeSpan.FromHours(1) });

    [Fact]
    public void Synchronize_waits_for_leases_of_what_was_retired_before()
    {
        var first = new Canary();
        using var cell = new SwmrCell<Canary>(first, _domain);
        Lease<Canary> lease = cell.Lease();
        cell.Publish(new Canary());
        Assert.False(_domain.Synchronize(TimeSpan.FromMilliseconds(20)));
        Assert.True(first.IsAlive);
        using var cancellation = new CancellationTokenSource(20);
        Assert.Throws<OperationCanceledException>(() => _domain.Synchronize(s_deadline, cancellation.Token));
        Assert.True(first.IsAlive);

        bool done = false;
        var synchronizing = new Thread(() => done = _domain.Synchronize(s_deadline)) { IsBackground = true };
        synchronizing.Start();
        Assert.False(synchronizing.Join(50));
        lease.Dispose();
        Assert.True(synchronizing.Join(s_deadline));
        Assert.True(done);
        Assert.Equal(1, first.Disposals);
    }

    [Fact]
    public void Synchronize_does_not_wait_for_leases_of_what_is_still_published_or_retired_later()
    {
        using var cell = new SwmrCell<Canary>(new Canary(), _domain);
        using Lease<Canary> lease = cell.Lease();
        Assert.True(_domain.Synchronize(TimeSpan.Zero));
        _domain.Retire(new Canary());
        Assert.True(_domain.Synchronize(s_deadline));
    }

    [Fact]
    public void Synchronize_waits_for_every_one_of_several_leases()
    {
        using var cell = new SwmrCell<Canary>(new Canary(), _domain);
        Canary[] values = [.. Enumerable.Range(0, 20).Select(_ => new Canary())];
        Lease<Canary>[] leases = [.. values.Select(value =>
        {
            cell.Publish(value);
            return cell.Lease();
        })];
        cell.Publish(new Canary());
        bool done = false;
        var synchronizing = new Thread(() => done = _domain.Synchronize(s_deadline)) { IsBackground = true };
        synchronizing.Start();
        foreach (Lease<Canary> lease in leases.Reverse())
        {
            Assert.False(synchronizing.Join(1));
            lease.Dispose();
        }

        Assert.True(synchronizing.Join(s_deadline));
        Assert.True(done);
        Assert.All(values, static value => Assert.Equal(1, value.Disposals));
    }

    [Fact]
    public void One_lease_held_at_most_one_batch_and_one_object_pending()
    {
        const int BatchSize = 64;
        using var domain = new RetirementDomain(new RetirementOptions { BatchSize = BatchSize, FlushDelay = TimeSpan.FromHours(1) });
        var first = new Canary();
        using var cell = new SwmrCell<Canary>(first, domain);
        Lease<Canary> lease = cell.Lease();
        long most = 0;
        for (int i = 0; i < 100_000; i++)
        {
            cell.Publish(new Canary());
            most = Math.Max(most, domain.Statistics.Pending);
        }

        Assert.InRange(most, 1, BatchSize + 1);
        Assert.True(first.IsAlive);
        lease.Dispose();
        Assert.True(domain.Synchronize(s_deadline));
        Assert.Equal((0, 100_000), (domain.Statistics.Pending, domain.Statistics.Reclaimed));
    }

    [Fact]
    public void A_thousand_leases_in_turn_use_one_slot()
    {
        using var cell = new SwmrCell<Canary>(new Canary(), _domain);
        cell.Lease().Dispose();
        int slots = _domain.Hazards.Slots.Length;
        for (int i = 0; i < 1_000; i++)
        {
            using Lease<Canary> lease = cell.Lease();
            Assert.Equal(1, _domain.LeasesHeld);
            cell.Publish(new Canary());
        }

        Assert.Equal(slots, _domain.Hazards.Slots.Length);
        Assert.Equal(0, _domain.LeasesHeld);
    }

    [Fact]
    public void A_thousand_leases_at_once_hold_a_thousand_objects()
    {
        using var cell = new SwmrCell<Canary>(new Canary(), _domain);
        List<Lease<Canary>> leases = [];
        for (int i = 0; i < 1_000; i++)
        {
            leases.Add(cell.Lease());
            cell.Publish(new Canary());
            cell.Publish(new Canary());
        }

        _domain.TryReclaim();
        Assert.Equal((1_000, 1_000), (_domain.LeasesHeld, _domain.Statistics.Pending));
        Assert.All(leases, static lease => Assert.True(lease.Value.IsAlive));
        leases.ForEach(static lease => lease.Dispose());
        Assert.Equal(1_000, _domain.TryReclaim());
    }

    [Fact]
    public void Passes_with_leases_held_allocate_nothing_at_steady_state()
    {
        using var cell = new SwmrCell<Canary>(new Canary(), _domain);
        Lease<Canary>[] leases = [.. Enumerable.Range(0, 20).Select(_ =>
        {
            cell.Publish(new Canary());
            return cell.Lease();
        })];
        var state = new object();
        for (int i = 0; i < 1_000; i++)
        {
            RetireOne();
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1_000; i++)
        {
            RetireOne();
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Array.ForEach(leases, static lease => lease.Dispose());

        void RetireOne() => _domain.Retire(state, static _ => { });
    }

    [Fact]
    public void What_a_lease_held_is_disposed_within_the_documented_delay_after_its_release()
    {
        var time = new ManualTime();
        var delay = TimeSpan.FromMilliseconds(20);
        var domain = new RetirementDomain(new RetirementOptions { FlushDelay = delay, TimeProvider = time });
        var first = new Canary();
        using var cell = new SwmrCell<Canary>(first, domain);
        Lease<Canary> lease = cell.Lease();
        cell.Publish(new Canary());
        for (int i = 0; i < 50; i++)
        {
            time.Advance(delay); // The rescans back off, up to eight delays.
        }

        Assert.True(first.IsAlive);
        lease.Dispose();
        Assert.InRange(time.NextDue!.Value, TimeSpan.Zero, 8 * delay);
        time.Advance(8 * delay);
        Assert.Equal(1, first.Disposals);
        Assert.Null(time.NextDue);
    }

    [Fact]
    public void A_disposed_domain_leases_nothing_reports_the_leases_held_and_reclaims_when_they_are_released()
    {
        var time = new ManualTime();
        var domain = new RetirementDomain(new RetirementOptions { BatchSize = 1, TimeProvider = time });
        Exception? reported = null;
        domain.ReclaimFailed += (_, failure) => reported = failure.Exception;
        var value = new Canary();
        var cell = new SwmrCell<Canary>(value, domain);
        Lease<Canary> lease = cell.Lease();
        cell.Publish(new Canary());
        DisposeWhileTimePasses(domain, time);
        Assert.Contains("Leases held: 1.", Assert.IsType<TimeoutException>(reported).Message, StringComparison.Ordinal);
        Assert.True(value.IsAlive);
        Assert.Throws<ObjectDisposedException>(cell.Lease);
        Assert.Equal(1, domain.LeasesHeld);
        lease.Dispose();
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(1, value.Disposals);
        cell.Dispose();
    }

    [Fact]
    public void A_read_still_open_in_a_disposed_domain_is_promoted_as_ever()
    {
        var time = new ManualTime();
        var domain = new RetirementDomain(new RetirementOptions { BatchSize = 1, TimeProvider = time });
        var value = new Canary();
        var cell = new SwmrCell<Canary>(value, domain);
        using var inside = new ManualResetEventSlim();
        using var disposed = new ManualResetEventSlim();
        Lease<Canary>? lease = null;
        var reader = new Thread(() =>
        {
            using CellRead<Canary> read = cell.Read();
            inside.Set();
            disposed.Wait();
            lease = read.Lease();
        })
        { IsBackground = true };
        reader.Start();
        inside.Wait();
        cell.Publish(new Canary());
        DisposeWhileTimePasses(domain, time);
        disposed.Set();
        Assert.True(reader.Join(s_deadline));
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.True(lease!.Value.IsAlive);
        lease.Dispose();
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(1, value.Disposals);
        cell.Dispose();
    }

    private static void DisposeWhileTimePasses(RetirementDomain domain, ManualTime time)
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
}
