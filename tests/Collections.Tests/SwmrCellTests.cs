#pragma warning disable SWMR002, SWMR005 // Copies of closed guards are refused, and what was read is disposed: tested here.

namespace SwmrKit.Tests;

public sealed class SwmrCellTests : IClassFixture<SharedMachine>
{
    private readonly RetirementDomain _domain = new(new RetirementOptions { BatchSize = 1, FlushDelay = TimeSpan.FromHours(1) });

    [Fact]
    public void A_replaced_value_is_disposed_once_its_readers_have_left()
    {
        var first = new Canary();
        var second = new Canary();
        using var cell = new SwmrCell<Canary>(first, _domain);
        using (CellRead<Canary> read = cell.Read())
        {
            Assert.Equal(2, cell.Publish(second));
            Assert.Same(first, read.Value);
            Assert.Equal(1, read.Version);
            Assert.True(first.IsAlive);
        }

        _domain.TryReclaim();
        Assert.Equal(1, first.Disposals);
        using CellRead<Canary> after = cell.Read();
        Assert.Same(second, after.Value);
        Assert.Equal(2, after.Version);
    }

    [Fact]
    public void A_read_through_a_handle_protects_as_well()
    {
        var first = new Canary();
        using var cell = new SwmrCell<Canary>(first, _domain);
        using ReaderHandle handle = _domain.Register();
        using CellRead<Canary> read = cell.Read(handle);
        cell.Publish(new Canary());
        Assert.True(read.Value.IsAlive);
    }

    [Fact]
    public void A_read_under_an_open_guard_is_protected_until_that_guards_end()
    {
        var second = new Canary();
        using var cell = new SwmrCell<Canary>(new Canary(), _domain);
        ReadGuard guard = _domain.Enter();
        cell.Publish(second); // Born after the guard entered: reading it raises the guard's reservation.
        Assert.Same(second, guard.Read(cell));
        cell.Publish(new Canary());
        Assert.True(second.IsAlive);
        guard.Dispose();
        _domain.TryReclaim();
        Assert.False(second.IsAlive);
    }

    [Fact]
    public void A_stalled_reader_holds_back_only_what_was_alive_while_it_read()
    {
        using var domain = new RetirementDomain();
        using var cell = new SwmrCell<Canary>(new Canary(), domain);
        using StalledReader reader = StalledReader.Of(cell);
        long worst = 0;
        for (int i = 0; i < 100_000; i++)
        {
            cell.Publish(new Canary());
            worst = Math.Max(worst, domain.Statistics.Pending);
        }

        Assert.InRange(worst, 1, 128);
    }

    [Fact]
    public void Control_without_known_births_the_same_reader_holds_back_everything()
    {
        using var domain = new RetirementDomain();
        using (StalledReader.In(domain))
        {
            for (int i = 0; i < 5_000; i++)
            {
                domain.Retire(new Canary());
            }

            Assert.Equal(5_000, domain.Statistics.Pending);
        }
    }

    [Fact]
    public void Publishing_the_current_object_does_nothing()
    {
        var value = new Canary();
        using var cell = new SwmrCell<Canary>(value, _domain);
        Assert.Equal(1, cell.Publish(value));
        Assert.Null(cell.Exchange(value));
        Assert.True(value.IsAlive);
    }

    [Fact]
    public void An_exchanged_value_is_left_to_the_caller_who_retires_it_once()
    {
        var first = new Canary();
        using var cell = new SwmrCell<Canary>(first, _domain);
        Detached<Canary> detached = cell.Exchange(new Canary())!;
        _domain.TryReclaim();
        Assert.True(first.IsAlive);
        detached.Retire();
        Assert.Equal(1, first.Disposals);
        Assert.Throws<InvalidOperationException>(detached.Retire);
    }

    [Fact]
    public void An_exchanged_value_published_again_keeps_its_birth_so_that_an_old_reader_still_holds_it()
    {
        var value = new Canary();
        using var cell = new SwmrCell<Canary>(value, _domain);
        using (StalledReader.Of(cell))
        {
            Detached<Canary> detached = cell.Exchange(new Canary())!;
            for (int i = 0; i < 10; i++)
            {
                cell.Publish(new Canary()); // The era goes on.
            }

            cell.Publish(detached.Value);
            Assert.Throws<InvalidOperationException>(detached.Retire);
            cell.Publish(new Canary());
            Assert.True(value.IsAlive, "disposed under the reader that found it before it was exchanged");
        }

        _domain.TryReclaim();
        Assert.Equal(1, value.Disposals);
    }

    [Fact]
    public void A_Detached_from_an_earlier_publication_no_longer_decides()
    {
        var value = new Canary();
        using var cell = new SwmrCell<Canary>(value, _domain);
        Detached<Canary> earlier = cell.Exchange(new Canary())!;
        cell.Publish(value);
        Detached<Canary> later = cell.Exchange(new Canary())!;
        Assert.Throws<InvalidOperationException>(earlier.Retire);
        Assert.True(value.IsAlive);
        later.Retire();
        Assert.Equal(1, value.Disposals);
    }

    [Fact]
    public void Publishing_a_retired_object_or_one_of_another_cell_is_refused_and_changes_nothing()
    {
        var first = new Canary();
        using var cell = new SwmrCell<Canary>(first, _domain);
        using var other = new SwmrCell<Canary>(new Canary(), _domain);
        Assert.Throws<InvalidOperationException>(() => other.Publish(first));
        cell.Publish(new Canary());
        Assert.Throws<InvalidOperationException>(() => cell.Publish(first));
        Assert.Throws<InvalidOperationException>(() => new SwmrCell<Canary>(first, _domain));
        Assert.Equal(2, cell.Version);
        Assert.Equal(1, other.Version);
    }

    [Fact]
    public void An_object_once_published_under_one_domain_is_refused_by_another()
    {
        var value = new Canary();
        using var cell = new SwmrCell<Canary>(value, _domain);
        cell.Exchange(new Canary());
        using var other = new RetirementDomain();
        Assert.Throws<InvalidOperationException>(() => new SwmrCell<Canary>(value, other));
    }

    [Fact]
    public void A_reclaim_action_replaces_disposal_and_the_object_may_be_published_again()
    {
        var pool = new Queue<Canary>();
        using var cell = new SwmrCell<Canary>(new Canary(), _domain, pool.Enqueue);
        cell.Publish(new Canary());
        Canary pooled = pool.Dequeue();
        Assert.True(pooled.IsAlive);
        cell.Publish(pooled);
        using CellRead<Canary> read = cell.Read();
        Assert.Same(pooled, read.Value);
    }

    [Fact]
    public async Task A_change_is_awaited_and_one_that_came_first_is_seen_at_once()
    {
        using var cell = new SwmrCell<string>("a", _domain);
        Task<long> change = cell.WaitForChangeAsync(1);
        Assert.False(change.IsCompleted);
        cell.Publish("b");
        Assert.Equal(2, await change.WaitAsync(TimeSpan.FromSeconds(60)));
        Assert.Equal(2, await cell.WaitForChangeAsync(1));
        using var cancelled = new CancellationTokenSource();
        Task<long> never = cell.WaitForChangeAsync(2, cancelled.Token);
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => never);
    }

    [Fact]
    public async Task A_disposed_cell_retires_its_value_and_refuses_everything_else()
    {
        var value = new Canary();
        var cell = new SwmrCell<Canary>(value, _domain);
        Task<long> waiting = cell.WaitForChangeAsync(1);
        cell.Dispose();
        cell.Dispose();
        Assert.Equal(1, value.Disposals);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting);
        Assert.Throws<ObjectDisposedException>(() => cell.Read().Dispose());
        using ReaderHandle handle = _domain.Register();
        Assert.Throws<ObjectDisposedException>(() => cell.Read(handle).Dispose());
        Assert.Throws<ObjectDisposedException>(() => cell.Publish(new Canary()));
        Assert.Throws<ObjectDisposedException>(() => { _ = cell.WaitForChangeAsync(0); });
        Assert.Empty(_domain.Readers.GetActiveReaders());
    }

    [Fact]
    public void A_handle_or_guard_of_another_domain_is_refused()
    {
        using var other = new RetirementDomain();
        using var cell = new SwmrCell<Canary>(new Canary(), _domain);
        using ReaderHandle foreign = other.Register();
        Assert.Throws<InvalidOperationException>(() => cell.Read(foreign).Dispose());
        Assert.Throws<ArgumentNullException>(() => cell.Read(null!).Dispose());
        ReaderHandle disposed = _domain.Register();
        disposed.Dispose();
        Assert.Throws<ObjectDisposedException>(() => cell.Read(disposed).Dispose());
        ReadGuard guard = other.Enter();
        bool refused = false;
        try
        {
            guard.Read(cell);
        }
        catch (InvalidOperationException)
        {
            refused = true;
        }

        guard.Dispose();
        Assert.True(refused);
    }

    [Fact]
    public void A_guard_that_is_not_open_is_refused()
    {
        using var cell = new SwmrCell<string>("a", _domain);
        ReadGuard disposed = _domain.Enter();
        disposed.Dispose();
        Assert.Contains("not open", Refusal(default), StringComparison.Ordinal);
        Assert.Contains("not open", Refusal(disposed), StringComparison.Ordinal);

        string Refusal(ReadGuard guard)
        {
            try
            {
                return guard.Read(cell);
            }
            catch (InvalidOperationException exception)
            {
                return exception.Message;
            }
        }
    }

    [Fact]
    public void A_default_or_disposed_read_has_no_value()
    {
        CellRead<string> none = default;
        none.Dispose();
        Assert.True(Throws(none));
        using var cell = new SwmrCell<string>("a", _domain);
        CellRead<string> read = cell.Read();
        read.Dispose();
        read.Dispose();
        Assert.True(Throws(read));

        static bool Throws(CellRead<string> read)
        {
            try
            {
                return read.Value.Length < 0;
            }
            catch (InvalidOperationException)
            {
                return true;
            }
        }
    }

    [Fact]
    public void Reads_allocate_nothing()
    {
        using var cell = new SwmrCell<string>("a", _domain);
        using ReaderHandle handle = _domain.Register();
        Work();
        long before = GC.GetAllocatedBytesForCurrentThread();
        Work();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Work()
        {
            for (int i = 0; i < 10_000; i++)
            {
                cell.Read().Dispose();
                cell.Read(handle).Dispose();
            }
        }
    }
}
