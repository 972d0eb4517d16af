using System.Buffers;

namespace SwmrKit.Tests;

public sealed class RetirementReservationTests : IClassFixture<SharedMachine>
{
    private const int Many = 1_000;

    private static readonly Action<string> s_nothing = static _ => { };

    // Nothing runs a pass but the tests: what is retired comes in and stays.
    private readonly RetirementDomain _domain = new(new RetirementOptions { BatchSize = 65_536, FlushDelay = TimeSpan.FromHours(1) });

    [Fact]
    public void Every_form_retires_through_it()
    {
        var disposable = new Canary();
        var asyncDisposable = new AsyncCanary(endsAtOnce: true);
        var calls = new List<string>();
        var pool = new ListedPool();
        using (RetirementReservation room = _domain.Reserve())
        {
            room.Retire(disposable, bytes: 1);
        }

        using (RetirementReservation room = _domain.Reserve())
        {
            room.Retire(asyncDisposable, bytes: 2);
        }

        using (RetirementReservation room = _domain.Reserve())
        {
            room.Retire(calls, static list => list.Add("called"), bytes: 4);
        }

        using (RetirementReservation room = _domain.Reserve())
        {
            room.Retire(new byte[8], pool);
        }

        Assert.Equal((4, 4, 15), (_domain.Statistics.Retired, _domain.Statistics.Pending, _domain.Statistics.PendingBytes));
        Assert.Equal(4, _domain.TryReclaim());
        Assert.Equal((1, 1), (disposable.Disposals, asyncDisposable.Disposals));
        Assert.Equal(["called"], calls);
        Assert.Equal([8], pool.Returned);
        Assert.Equal(0, _domain.Statistics.PendingBytes);
    }

    [Fact]
    public void Retiring_through_it_allocates_nothing_however_much_came_in_between()
    {
        Assert.True(AllocatedByLast(100, reserve: false) >= 0); // Warm.
        long[] reserved = [.. Enumerable.Range(1, 100).Select(static between => AllocatedByLast(between, reserve: true))];
        long[] unreserved = [.. Enumerable.Range(1, 100).Select(static between => AllocatedByLast(between, reserve: false))];
        Assert.All(reserved, static bytes => Assert.Equal(0, bytes));
        Assert.Contains(unreserved, static bytes => bytes > 0); // The control: at some of these lengths the list must grow.
    }

    /// <summary>Retires a number of things and then one more, for which room may have been reserved before them.</summary>
    private static long AllocatedByLast(int between, bool reserve)
    {
        var domain = new RetirementDomain(new RetirementOptions { BatchSize = 1, FlushDelay = TimeSpan.FromHours(1) });
        long allocated = -1;

        // In a callback nothing is reclaimed in between, so that the list grows.
        domain.Retire(domain, domain =>
        {
            using RetirementReservation room = reserve ? domain.Reserve() : default;
            for (int i = 0; i < between; i++)
            {
                domain.Retire("state", s_nothing);
            }

            long before = GC.GetAllocatedBytesForCurrentThread();
            if (reserve)
            {
                room.Retire("state", s_nothing);
            }
            else
            {
                domain.Retire("state", s_nothing);
            }

            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        });
        Assert.Equal(between + 2, domain.Statistics.Retired);
        return allocated;
    }

    [Fact]
    public void Unused_it_is_given_back_and_one_that_is_not_keeps_its_room()
    {
        var domain = new RetirementDomain(new RetirementOptions { BatchSize = 8, FlushDelay = TimeSpan.FromHours(1) });
        Assert.Equal(0, Allocated(static domain => domain.Reserve().Dispose()));
        Assert.True(Allocated(static domain => _ = domain.Reserve()) > 0, "the room of a thousand reservations is nowhere");

        long Allocated(Action<RetirementDomain> action)
        {
            action(domain);
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < Many; i++)
            {
                action(domain);
            }

            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }

    [Fact]
    public void It_serves_once()
    {
        RetirementReservation room = _domain.Reserve();
        room.Retire(new Canary());
        Assert.True(IsRefused(ref room));
        room.Dispose();
        room.Dispose();
        RetirementReservation unused = _domain.Reserve();
        unused.Dispose();
        Assert.True(IsRefused(ref unused));
        Assert.Equal(1, _domain.Statistics.Retired);
    }

    [Fact]
    public void A_second_use_through_a_copy_is_refused_and_accepts_nothing()
    {
        RetirementReservation room = _domain.Reserve();
        RetirementReservation copy = room;
        room.Retire(new Canary());
        RetirementReservation next = _domain.Reserve(); // May lie where the first one lay.
        Assert.True(IsRefused(ref copy));
        next.Retire(new Canary());
        Assert.Equal(2, _domain.Statistics.Retired);
        Assert.Equal(2, _domain.TryReclaim());
    }

    [Fact]
    public void Copies_disposed_after_a_use_give_back_no_room_that_another_made()
    {
        const int Items = 20;
        var domain = new RetirementDomain(new RetirementOptions { BatchSize = 8, FlushDelay = TimeSpan.FromHours(1) });
        for (int i = 0; i < Many; i++)
        {
            using RetirementReservation room = domain.Reserve();
            Use(room); // By value.
        }

        domain.TryReclaim();
        CallbackScope.Enter(); // Nothing is reclaimed in between, so that the list must grow.
        try
        {
            for (int i = 0; i < Items; i++)
            {
                domain.Retire(new Canary());
            }
        }
        finally
        {
            CallbackScope.Exit();
        }

        Assert.Equal(Items, domain.TryReclaim());
        Assert.Equal((Many + Items, 0), (domain.Statistics.Retired, domain.Statistics.Pending));

        static void Use(RetirementReservation room) => room.Retire(new Canary());
    }

    [Fact]
    public void By_default_it_is_no_room()
    {
        RetirementReservation none = default;
        Assert.True(IsRefused(ref none));
        none.Dispose();
    }

    [Fact]
    public void Refused_arguments_leave_it_unused()
    {
        RetirementReservation room = _domain.Reserve();
        bool refused = false;
        try
        {
            room.Retire(new Canary(), birth: _domain.Readers.Era + 1);
        }
        catch (ArgumentOutOfRangeException)
        {
            refused = true;
        }

        Assert.True(refused);
        room.Retire(new Canary());
        Assert.Equal(1, _domain.Statistics.Retired);
    }

    [Fact]
    public void It_serves_after_its_domain_has_been_disposed()
    {
        var domain = new RetirementDomain();
        RetirementReservation room = domain.Reserve();
        domain.Dispose();
        var value = new Canary();
        room.Retire(value);
        Wait.Until(() => value.Disposals == 1, "the flush");
    }

    [Fact]
    public void A_value_of_a_cell_that_needs_no_disposal_takes_no_room()
    {
        var domain = new RetirementDomain(new RetirementOptions { BatchSize = 8, FlushDelay = TimeSpan.FromHours(1) });
        using var cell = new SwmrCell<string>("first", domain);
        for (int i = 0; i < Many; i++)
        {
            cell.Publish(i % 2 == 0 ? "even" : "odd");
            Assert.Null(cell.Exchange("other") is { } detached ? Record.Exception(detached.Retire) : null);
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        domain.Reserve().Dispose();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(0, domain.Statistics.Retired);
    }

    private static bool IsRefused(ref RetirementReservation room)
    {
        try
        {
            room.Retire(new Canary());
            return false;
        }
        catch (InvalidOperationException)
        {
            return true;
        }
    }

    private sealed class ListedPool : ArrayPool<byte>
    {
        public List<int> Returned { get; } = [];

        public override byte[] Rent(int minimumLength) => new byte[minimumLength];

        public override void Return(byte[] array, bool clearArray = false) => Returned.Add(array.Length);
    }
}
