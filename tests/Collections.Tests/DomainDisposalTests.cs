namespace SwmrKit.Tests;

/// <summary>What Dispose of a domain does to those who read.</summary>
public sealed class DomainDisposalTests : IClassFixture<SharedMachine>
{
    private readonly ManualTime _time = new();

    [Fact]
    public void Nobody_enters_any_more_through_handles_cells_or_as_an_implicit_reader()
    {
        var domain = new RetirementDomain();
        using var cell = new SwmrCell<Canary>(new Canary(), domain);
        using ReaderHandle handle = domain.Register();
        handle.Enter().Dispose();
        cell.Read(handle).Dispose();
        cell.Read().Dispose();
        domain.Dispose();
        Assert.Throws<ObjectDisposedException>(() => handle.Enter().Dispose());
        Assert.Throws<ObjectDisposedException>(() => cell.Read(handle).Dispose());
        Assert.Throws<ObjectDisposedException>(() => cell.Read().Dispose());
        Assert.Throws<ObjectDisposedException>(() => domain.Enter().Dispose());
        Assert.Throws<ObjectDisposedException>(() => domain.Readers.Enter().Dispose());
        Assert.Throws<ObjectDisposedException>(() => domain.Register());
        Assert.Throws<ObjectDisposedException>(() => domain.Readers.Register());
        Wait.OnThread(() => Assert.Throws<ObjectDisposedException>(() => cell.Read().Dispose()));
        Assert.Empty(domain.Readers.GetActiveReaders());
    }

    [Fact]
    public void Other_domains_are_not_concerned()
    {
        var domain = new RetirementDomain();
        using var other = new RetirementDomain();
        domain.Enter().Dispose();
        other.Enter().Dispose();
        domain.Dispose();
        other.Enter().Dispose();
        Assert.Throws<ObjectDisposedException>(() => domain.Enter().Dispose());
        other.Enter().Dispose();
    }

    [Fact]
    public void Readers_that_read_without_pause_are_stopped()
    {
        var domain = new RetirementDomain();
        using var cell = new SwmrCell<Canary>(new Canary(), domain);
        using var allRead = new CountdownEvent(3);
        int stopped = 0;
        Thread[] readers = [.. Enumerable.Range(0, 3).Select(i => new Thread(() =>
        {
            using ReaderHandle handle = domain.Register();
            try
            {
                for (int reads = 0; ; reads++)
                {
                    using CellRead<Canary> read = i == 0 ? cell.Read() : cell.Read(handle);
                    if (reads == 10_000)
                    {
                        allRead.Signal();
                    }
                }
            }
            catch (ObjectDisposedException)
            {
                Interlocked.Increment(ref stopped);
            }
        })
        { IsBackground = true })];
        Array.ForEach(readers, static reader => reader.Start());
        Assert.True(allRead.Wait(TimeSpan.FromSeconds(60)), "a reader never read");
        domain.Dispose();
        Array.ForEach(readers, static reader => Assert.True(reader.Join(TimeSpan.FromSeconds(60)), "a reader goes on"));
        Assert.Equal(3, stopped);
    }

    [Fact]
    public void A_guard_that_is_open_stays_in_force_and_what_it_holds_is_reclaimed_when_it_is_left()
    {
        RetirementDomain domain = Create();
        using var reader = new Inside(domain);
        var value = new Canary();
        domain.Retire(value);
        DisposeWhileTimePasses(domain);
        Assert.True(value.IsAlive);
        Assert.Equal(1, domain.Statistics.Pending);
        reader.Leave();
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(1, value.Disposals);
    }

    [Fact]
    public void Those_still_inside_after_five_seconds_are_reported_by_name()
    {
        RetirementDomain domain = Create();
        Exception? reported = null;
        domain.ReclaimFailed += (_, failure) => reported = failure.Exception;
        using (var reader = new Inside(domain))
        {
            DisposeWhileTimePasses(domain);
        }

        Assert.Contains("Readers inside: inside.", Assert.IsType<TimeoutException>(reported).Message, StringComparison.Ordinal);
        reported = null;
        domain.Dispose();
        Assert.Null(reported);
    }

    [Fact]
    public void A_handle_that_outlives_its_domain_is_disposed_and_collected_as_ever()
    {
        var domain = new RetirementDomain();
        ReaderHandle handle = domain.Register();
        domain.Dispose();
        Assert.Equal(1, domain.Readers.Count);
        handle.Dispose();
        handle.Dispose();
        Assert.Equal(0, domain.Readers.Count);
    }

    [Fact]
    public void Cells_are_written_and_disposed_after_their_domain()
    {
        var domain = new RetirementDomain(new RetirementOptions { BatchSize = 1 });
        var first = new Canary();
        var second = new Canary();
        var cell = new SwmrCell<Canary>(first, domain);
        domain.Dispose();
        cell.Publish(second);
        Assert.Equal(1, first.Disposals);
        cell.Dispose();
        Assert.Equal(1, second.Disposals);
    }

    private RetirementDomain Create() => new(new RetirementOptions { BatchSize = 1, TimeProvider = _time });

    private void DisposeWhileTimePasses(RetirementDomain domain)
    {
        var disposing = new Thread(domain.Dispose) { IsBackground = true };
        disposing.Start();
        Wait.Until(
            () =>
            {
                _time.Advance(TimeSpan.FromSeconds(1));
                return disposing.Join(1);
            },
            "the end of Dispose");
    }

    /// <summary>A thread inside a guard by its own handle.</summary>
    private sealed class Inside : IDisposable
    {
        private readonly ManualResetEventSlim _leave = new();
        private readonly Thread _thread;

        public Inside(RetirementDomain domain)
        {
            using var entered = new ManualResetEventSlim();
            _thread = new Thread(() =>
            {
                using ReaderHandle handle = domain.Register("inside");
                using ReadGuard guard = handle.Enter();
                entered.Set();
                _leave.Wait();
            })
            { IsBackground = true };
            _thread.Start();
            entered.Wait();
        }

        public void Leave()
        {
            _leave.Set();
            _thread.Join();
        }

        public void Dispose()
        {
            Leave();
            _leave.Dispose();
        }
    }
}
