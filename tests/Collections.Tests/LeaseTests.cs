#pragma warning disable SWMR001, SWMR002, SWMR004 // What outlives its read, and what leases left open hold, is tested here.

namespace SwmrKit.Tests;

public sealed class LeaseTests : IClassFixture<SharedMachine>
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(60);

    private readonly RetirementDomain _domain = new(new RetirementOptions { BatchSize = 1, FlushDelay = TimeSpan.FromHours(1) });

    [Fact]
    public void A_lease_holds_its_value_until_it_is_disposed()
    {
        var first = new Canary();
        using var cell = new SwmrCell<Canary>(first, _domain);
        using Lease<Canary> lease = cell.Lease();
        cell.Publish(new Canary());
        cell.Publish(new Canary());
        _domain.TryReclaim();
        Assert.Same(first, lease.Value);
        Assert.Equal(1, lease.Version);
        Assert.True(first.IsAlive);
        Assert.Equal((1, 1), (_domain.LeasesHeld, _domain.Statistics.Pending));
        lease.Dispose();
        Assert.Equal(1, _domain.TryReclaim());
        Assert.Equal(1, first.Disposals);
        Assert.Equal(0, _domain.LeasesHeld);
    }

    [Fact]
    public void Control_a_value_without_a_lease_is_disposed_when_it_is_replaced()
    {
        var first = new Canary();
        using var cell = new SwmrCell<Canary>(first, _domain);
        cell.Publish(new Canary());
        Assert.False(first.IsAlive);
    }

    [Fact]
    public async Task It_lives_across_await_and_is_released_on_another_thread()
    {
        var first = new Canary();
        using var cell = new SwmrCell<Canary>(first, _domain);
        Lease<Canary> lease = cell.Lease();
        int taker = Environment.CurrentManagedThreadId;
        for (int i = 0; i < 10; i++)
        {
            cell.Publish(new Canary());
            await Task.Delay(1);
            Assert.True(lease.Value.IsAlive);
        }

        Wait.OnThread(() =>
        {
            Assert.NotEqual(taker, Environment.CurrentManagedThreadId);
            Assert.Same(first, lease.Value);
            lease.Dispose();
        });
        Assert.Equal(1, _domain.TryReclaim());
        Assert.False(first.IsAlive);
    }

    [Fact]
    public void A_thread_that_takes_a_lease_and_ends_leaves_it_in_force()
    {
        var first = new Canary();
        using var cell = new SwmrCell<Canary>(first, _domain);
        Lease<Canary>? taken = null;
        Lease<Canary>? promoted = null;
        Wait.OnThread(() =>
        {
            taken = cell.Lease();
            CellRead<Canary> read = cell.Read(); // Never left: its thread ends.
            promoted = read.Lease();
        });
        cell.Publish(new Canary());
        Assert.True(_domain.Readers.WaitForReaders(s_deadline));
        _domain.Readers.TakeBackAbandoned();
        taken!.Dispose();
        Assert.Equal(0, _domain.TryReclaim());
        Assert.True(promoted!.Value.IsAlive);
        promoted.Dispose();
        Assert.Equal(1, _domain.TryReclaim());
    }

    [Fact]
    public void It_needs_no_reader()
    {
        using var cell = new SwmrCell<Canary>(new Canary(), _domain);
        Wait.OnThread(() => cell.Lease().Dispose());
        Assert.Equal((0, 0), (_domain.Readers.Count, _domain.Readers.Capacity));
    }

    [Fact]
    public void A_disposed_lease_gives_nothing_and_is_disposed_as_often_as_you_like()
    {
        using var cell = new SwmrCell<Canary>(new Canary(), _domain);
        Lease<Canary> lease = cell.Lease();
        lease.Dispose();
        lease.Dispose();
        Assert.Equal(0, _domain.LeasesHeld);
        Assert.Throws<ObjectDisposedException>(() => lease.Value);
        Assert.Throws<ObjectDisposedException>(() => lease.Version);
    }

    [Fact]
    public void A_slot_is_given_back_once_however_many_threads_dispose_its_lease()
    {
        using var cell = new SwmrCell<Canary>(new Canary(), _domain);
        using var other = new SwmrCell<Canary>(new Canary(), _domain);
        for (int round = 0; round < 500; round++)
        {
            Lease<Canary>[] leases = [.. Enumerable.Range(0, 8).Select(_ => cell.Lease())];
            Parallel.For(0, 4, _ => Array.ForEach(leases, static lease => lease.Dispose()));
            Assert.Equal(0, _domain.LeasesHeld);

            // Were a slot given back twice, these two would share it, and the second hide what the first holds.
            Canary held = Current(cell);
            using Lease<Canary> first = cell.Lease();
            using Lease<Canary> second = other.Lease();
            cell.Publish(new Canary());
            Assert.True(held.IsAlive);
        }
    }

    [Fact]
    public void Two_leases_of_one_value_hold_it_until_both_are_disposed()
    {
        var first = new Canary();
        using var cell = new SwmrCell<Canary>(first, _domain);
        Lease<Canary> one = cell.Lease();
        Lease<Canary> two = cell.Lease();
        cell.Publish(new Canary());
        one.Dispose();
        Assert.Equal(0, _domain.TryReclaim());
        two.Dispose();
        Assert.Equal(1, _domain.TryReclaim());
    }

    [Fact]
    public void A_read_is_promoted_to_a_lease_of_the_value_that_was_read_although_it_has_been_replaced()
    {
        var first = new Canary();
        using var cell = new SwmrCell<Canary>(first, _domain);
        Lease<Canary> lease;
        using (CellRead<Canary> read = cell.Read())
        {
            cell.Publish(new Canary());
            lease = read.Lease();
            cell.Publish(new Canary());
        }

        _domain.TryReclaim();
        Assert.Same(first, lease.Value);
        Assert.Equal(1, lease.Version);
        Assert.True(first.IsAlive);
        lease.Dispose();
        Assert.Equal(1, _domain.TryReclaim());
    }

    [Fact]
    public void A_guard_gives_a_lease_of_the_current_value_even_if_that_is_younger_than_the_guard()
    {
        var second = new Canary();
        using var cell = new SwmrCell<Canary>(new Canary(), _domain);
        Lease<Canary> lease;
        using (ReadGuard guard = _domain.Enter())
        {
            cell.Publish(second);
            lease = guard.Lease(cell);
        }

        cell.Publish(new Canary());
        _domain.TryReclaim();
        Assert.Same(second, lease.Value);
        Assert.True(second.IsAlive);
        lease.Dispose();
        _domain.TryReclaim();
        Assert.False(second.IsAlive);
    }

    [Fact]
    public void Promotion_while_the_writer_replaces_holds_what_was_read()
    {
        using var cell = new SwmrCell<Canary>(new Canary(), _domain);
        using var stop = new CancellationTokenSource();
        var writer = new Thread(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                cell.Publish(new Canary());
            }
        })
        { IsBackground = true };
        writer.Start();
        for (int i = 0; i < 20_000; i++)
        {
            Canary read;
            Lease<Canary> lease;
            if (i % 2 == 0)
            {
                using CellRead<Canary> reading = cell.Read();
                read = reading.Value;
                lease = reading.Lease();
            }
            else
            {
                using ReadGuard guard = _domain.Enter();
                lease = guard.Lease(cell);
                read = lease.Value;
            }

            using Lease<Canary> taken = cell.Lease();
            Assert.Same(read, lease.Value);
            Assert.True(read.IsAlive && taken.Value.IsAlive);
            lease.Dispose();
        }

        stop.Cancel();
        writer.Join();
        Assert.Equal(0, _domain.LeasesHeld);
        Assert.True(_domain.Synchronize(s_deadline));
        Assert.Equal(0, _domain.Statistics.Pending);
    }

    [Fact]
    public void Default_and_foreign_reads_and_guards_are_refused()
    {
        using var cell = new SwmrCell<Canary>(new Canary(), _domain);
        using var foreign = new RetirementDomain();
        Assert.Throws<InvalidOperationException>(() => default(CellRead<Canary>).Lease());
        Assert.Throws<InvalidOperationException>(() => default(ReadGuard).Lease(cell));
        Assert.Throws<InvalidOperationException>(() =>
        {
            CellRead<Canary> read = cell.Read();
            read.Dispose();
            read.Lease();
        });
        Assert.Throws<InvalidOperationException>(() =>
        {
            using ReadGuard guard = foreign.Enter();
            guard.Lease(cell);
        });
        Assert.Throws<ArgumentNullException>(() =>
        {
            using ReadGuard guard = _domain.Enter();
            guard.Lease<Canary>(null!);
        });
        Assert.Equal(0, _domain.LeasesHeld);
    }

    [Fact]
    public void A_value_exchanged_out_and_published_again_is_held_by_a_lease_from_its_first_time()
    {
        var first = new Canary();
        using var cell = new SwmrCell<Canary>(first, _domain);
        Lease<Canary> lease = cell.Lease();
        Detached<Canary> old = cell.Exchange(new Canary())!;
        cell.Publish(old.Value);
        cell.Publish(new Canary());
        Assert.True(first.IsAlive);
        lease.Dispose();
        Assert.Equal(1, _domain.TryReclaim());
        Assert.Equal(1, first.Disposals);
    }

    [Fact]
    public void A_value_exchanged_out_and_retired_is_held_by_its_lease()
    {
        var first = new Canary();
        using var cell = new SwmrCell<Canary>(first, _domain);
        Lease<Canary> lease = cell.Lease();
        cell.Exchange(new Canary())!.Retire();
        Assert.True(first.IsAlive);
        lease.Dispose();
        Assert.Equal(1, _domain.TryReclaim());
    }

    [Fact]
    public void A_pooled_object_gets_a_new_id_with_each_life()
    {
        var pooled = new Canary();
        var returned = new List<Canary>();
        using var cell = new SwmrCell<Canary>(pooled, _domain, returned.Add);
        long firstId = cell.Current.Ownership!.Id;
        cell.Publish(new Canary());
        Assert.Equal([pooled], returned);
        cell.Publish(pooled);
        Assert.NotEqual(firstId, cell.Current.Ownership!.Id);
        using (cell.Lease())
        {
            cell.Publish(new Canary());
            Assert.Single(returned, pooled);
        }

        _domain.TryReclaim();
        Assert.Equal(2, returned.Count(value => ReferenceEquals(value, pooled)));
    }

    [Fact]
    public void A_disposed_cell_leases_nothing_and_leaks_nothing()
    {
        var value = new Canary();
        var cell = new SwmrCell<Canary>(value, _domain);
        using Lease<Canary> before = cell.Lease();
        cell.Dispose();
        Assert.Throws<ObjectDisposedException>(cell.Lease);
        Assert.Throws<ObjectDisposedException>(() =>
        {
            using ReadGuard guard = _domain.Enter();
            guard.Lease(cell);
        });
        Assert.Equal(1, _domain.LeasesHeld);
        Assert.True(before.Value.IsAlive);
        before.Dispose();
        Assert.Equal(1, _domain.TryReclaim());
        Assert.Equal(1, value.Disposals);
    }

    [Fact]
    public void What_need_not_be_disposed_is_leased_without_a_hazard_and_may_be_dropped()
    {
        var plain = new SwmrCell<string>("first", _domain);
        Lease<string> lease = plain.Lease();
        plain.Publish("second");
        Assert.Equal(("first", 1), (lease.Value, lease.Version));
        Lease<string> promoted;
        using (CellRead<string> read = plain.Read())
        {
            promoted = read.Lease();
        }

        Assert.Equal(("second", 2), (promoted.Value, promoted.Version));
        Assert.Equal(0, _domain.LeasesHeld);
        Assert.Empty(_domain.Hazards.Slots);
        promoted.Dispose();
        Assert.Throws<ObjectDisposedException>(() => promoted.Value);
        plain.Dispose();
        Assert.Throws<ObjectDisposedException>(plain.Lease);
    }

    [Fact]
    public void A_cell_may_hold_by_turns_what_must_be_disposed_and_what_need_not()
    {
        var owned = new Canary();
        using var cell = new SwmrCell<object>("plain", _domain);
        using Lease<object> first = cell.Lease();
        cell.Publish(owned);
        Lease<object> second = cell.Lease();
        cell.Publish("plain again");
        Assert.Equal(1, _domain.LeasesHeld);
        Assert.True(owned.IsAlive);
        second.Dispose();
        Assert.Equal(1, _domain.TryReclaim());
    }

    private static Canary Current(SwmrCell<Canary> cell)
    {
        using CellRead<Canary> read = cell.Read();
        return read.Value;
    }
}
