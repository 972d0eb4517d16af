using System.Runtime.CompilerServices;

#pragma warning disable SWMR004 // Leases dropped undisposed are tested here.

namespace SwmrKit.Tests;

/// <summary>Leases that were dropped instead of disposed: reported, and what they held is left alone.</summary>
public sealed class LeakedLeaseTests : IClassFixture<SharedMachine>
{
    [Fact]
    public void A_dropped_lease_is_reported_with_its_age_type_and_stack_and_its_value_is_never_disposed()
    {
        var time = new ManualTime();
        var domain = new RetirementDomain(new RetirementOptions { BatchSize = 1, TimeProvider = time, CaptureLeaseStacks = true });
        var reports = new List<LeaseLeakedEventArgs>();
        domain.LeaseLeaked += (sender, leak) =>
        {
            Assert.Same(domain, sender);
            lock (reports)
            {
                reports.Add(leak);
            }
        };
        var value = new Canary();
        var cell = new SwmrCell<object>(value, domain);
        Drop(cell);
        time.Advance(TimeSpan.FromMinutes(3));
        CollectUntil(() => domain.Statistics.LeakedLeases == 1);
        Wait.Until(
            () =>
            {
                lock (reports)
                {
                    return reports.Count == 1;
                }
            },
            "the report");
        LeaseLeakedEventArgs leak = Assert.Single(reports);
        Assert.Equal(TimeSpan.FromMinutes(3), leak.Age);
        Assert.Equal(typeof(Canary), leak.ValueType);
        Assert.Contains(nameof(Drop), leak.StackTrace, StringComparison.Ordinal);
        Assert.Equal(0, domain.LeasesHeld);

        cell.Publish(new object());
        domain.TryReclaim();
        Assert.True(domain.Synchronize(TimeSpan.FromSeconds(60)));
        Assert.True(value.IsAlive);
        RetirementStatistics statistics = domain.Statistics;
        Assert.Equal((1, 0, 1, 0), (statistics.Retired, statistics.Reclaimed, statistics.Abandoned, statistics.Pending));
        Assert.Null(time.NextDue); // Nothing is waited for any more.
    }

    [Fact]
    public void Dropped_after_its_value_was_retired_it_lets_the_domain_forget_the_value()
    {
        using var domain = new RetirementDomain(new RetirementOptions { BatchSize = 1, FlushDelay = TimeSpan.FromHours(1) });
        WeakReference value = PublishLeaseReplaceAndDrop(domain);
        Assert.Equal(1, domain.Statistics.Pending);
        CollectUntil(() => domain.Statistics.LeakedLeases == 1);
        Assert.Equal(0, domain.TryReclaim());
        RetirementStatistics statistics = domain.Statistics;
        Assert.Equal((1, 0, 0), (statistics.Abandoned, statistics.Pending, statistics.PendingBytes));
        CollectUntil(() => !value.IsAlive);
    }

    [Fact]
    public void Control_a_disposed_lease_is_not_reported_and_its_value_is_disposed()
    {
        using var domain = new RetirementDomain(new RetirementOptions { BatchSize = 1, FlushDelay = TimeSpan.FromHours(1) });
        var value = new Canary();
        using var cell = new SwmrCell<object>(value, domain);
        LeaseAndDispose(cell);
        cell.Publish(new object());
        Collect();
        Assert.Equal((0, 0), (domain.Statistics.LeakedLeases, domain.Statistics.Abandoned));
        Assert.Equal(1, value.Disposals);
    }

    [Fact]
    public void Without_the_option_no_stack_is_kept_and_a_handler_that_throws_harms_nobody()
    {
        using var domain = new RetirementDomain(new RetirementOptions { BatchSize = 1, FlushDelay = TimeSpan.FromHours(1) });
        string? stack = "none yet";
        domain.LeaseLeaked += (_, leak) =>
        {
            Volatile.Write(ref stack, leak.StackTrace);
            throw new InvalidOperationException("a handler's");
        };
        var cell = new SwmrCell<object>(new Canary(), domain);
        Drop(cell);
        CollectUntil(() => domain.Statistics.LeakedLeases == 1);
        Wait.Until(() => Volatile.Read(ref stack) is null, "the report");
        Drop(cell);
        CollectUntil(() => domain.Statistics.LeakedLeases == 2);
        Assert.Equal(0, domain.LeasesHeld);
    }

    [Fact]
    public void A_pooled_value_whose_lease_was_dropped_does_not_go_back_to_its_pool()
    {
        using var domain = new RetirementDomain(new RetirementOptions { BatchSize = 1, FlushDelay = TimeSpan.FromHours(1) });
        var returned = new List<object>();
        var cell = new SwmrCell<object>(new object(), domain, returned.Add);
        Drop(cell);
        CollectUntil(() => domain.Statistics.LeakedLeases == 1);
        cell.Publish(new object());
        Assert.Empty(returned);
        cell.Publish(new object());
        Assert.Single(returned);
        Assert.Equal(1, domain.Statistics.Abandoned);
    }

    [Fact]
    public void While_another_lease_of_the_value_is_held_it_stays_pending_and_then_is_left_alone()
    {
        using var domain = new RetirementDomain(new RetirementOptions { BatchSize = 1, FlushDelay = TimeSpan.FromHours(1) });
        var value = new Canary();
        var cell = new SwmrCell<object>(value, domain);
        Lease<object> lease = cell.Lease();
        Drop(cell);
        CollectUntil(() => domain.Statistics.LeakedLeases == 1);
        cell.Publish(new object());
        Assert.Equal(1, domain.Statistics.Pending);
        Assert.Same(value, lease.Value);
        lease.Dispose();
        domain.TryReclaim();
        Assert.Equal((0, 1), (domain.Statistics.Pending, domain.Statistics.Abandoned));
        Assert.True(value.IsAlive);
    }

    [Fact]
    public void A_lease_dropped_with_its_domain_harms_nobody_and_what_was_held_when_the_domain_went_is_disposed_after_its_release()
    {
        var value = new Canary();
        (Lease<object> lease, WeakReference domain) = LeaseAndDropTheDomain(value);
        CollectUntil(() => !domain.IsAlive);
        Assert.True(value.IsAlive);
        Assert.Same(value, lease.Value);
        lease.Dispose();
        Wait.Until(() => !value.IsAlive, "the disposal by the timer");
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Drop(SwmrCell<object> cell) => cell.Lease();

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void LeaseAndDispose(SwmrCell<object> cell) => cell.Lease().Dispose();

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference PublishLeaseReplaceAndDrop(RetirementDomain domain)
    {
        var value = new Canary();
        var cell = new SwmrCell<object>(value, domain);
        Lease<object> lease = cell.Lease();
        cell.Publish(new object());
        Assert.Same(value, lease.Value);
        return new WeakReference(value);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static (Lease<object> Lease, WeakReference Domain) LeaseAndDropTheDomain(Canary value)
    {
        var domain = new RetirementDomain(new RetirementOptions { BatchSize = 1, FlushDelay = TimeSpan.FromMilliseconds(1) });
        var cell = new SwmrCell<object>(value, domain);
        Lease<object> lease = cell.Lease();
        cell.Publish(new Canary());
        Drop(cell);
        return (lease, new WeakReference(domain));
    }

    private static void CollectUntil(Func<bool> condition) => Wait.Until(
        () =>
        {
            Collect();
            return condition();
        },
        "what a collection was to bring");

    private static void Collect()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
    }
}
