#pragma warning disable SWMR001, SWMR002, SWMR004 // What outlives its read, and what leases left open hold, is tested here.
using System.Buffers;

namespace SwmrKit.Tests;

/// <summary>An object that a cell has published and given away, handed to its domain without its <see cref="Detached{T}"/>.</summary>
public sealed class RetireDetachedTests : IClassFixture<SharedMachine>
{
    private readonly RetirementDomain _domain = new(new RetirementOptions { BatchSize = 1, FlushDelay = TimeSpan.FromHours(1) });

    public enum Form
    {
        Disposal,
        AsynchronousDisposal,
        DisposalInRoom,
        AsynchronousDisposalInRoom,
    }

    public static TheoryData<Form> Forms => [.. Enum.GetValues<Form>()];

    [Theory]
    [MemberData(nameof(Forms))]
    public void It_is_not_disposed_before_its_lease_is(Form form)
    {
        var value = new Resource();
        using var cell = new SwmrCell<Resource>(value, _domain);
        Lease<Resource> lease = cell.Lease();
        Retire(cell.Exchange(new Resource())!.Value, form);
        _domain.TryReclaim();
        Assert.Equal(0, value.Disposals);
        Assert.Same(value, lease.Value);
        lease.Dispose();
        Assert.Equal(1, _domain.TryReclaim());
        Assert.Equal(1, value.Disposals);
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void Control_without_a_lease_it_is_disposed_at_once(Form form)
    {
        var value = new Resource();
        using var cell = new SwmrCell<Resource>(value, _domain);
        Retire(cell.Exchange(new Resource())!.Value, form);
        Assert.Equal((1, 0), (value.Disposals, _domain.Statistics.Pending));
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void What_a_cell_still_publishes_is_refused_and_the_cell_goes_on(Form form)
    {
        var value = new Resource();
        using var cell = new SwmrCell<Resource>(value, _domain);
        Assert.Contains("published by a container", Assert.Throws<InvalidOperationException>(() => Retire(value, form)).Message, StringComparison.Ordinal);
        Assert.Equal(0, _domain.Statistics.Retired);
        using (CellRead<Resource> read = cell.Read())
        {
            Assert.Same(value, read.Value);
        }

        cell.Publish(new Resource());
        Assert.Equal(1, value.Disposals);
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void It_is_retired_once_by_whichever_way(Form form)
    {
        var value = new Resource();
        using var cell = new SwmrCell<Resource>(value, _domain);
        Detached<Resource> detached = cell.Exchange(new Resource())!;
        Retire(value, form);
        AssertRefused(() => Retire(value, form));
        AssertRefused(detached.Retire);
        AssertRefused(() => cell.Publish(value));

        var other = new Resource();
        cell.Publish(other);
        cell.Exchange(new Resource())!.Retire();
        AssertRefused(() => Retire(other, form));
        Assert.Equal((1, 1), (value.Disposals, other.Disposals));
        Assert.Equal(3, _domain.Statistics.Retired); // These, and the one that the second replaced.

        static void AssertRefused(Action retire) =>
            Assert.Contains("retired", Assert.Throws<InvalidOperationException>(retire).Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void Another_domain_which_does_not_know_its_leases_refuses_it(Form form)
    {
        var value = new Resource();
        using var other = new RetirementDomain();
        using var cell = new SwmrCell<Resource>(value, other);
        Detached<Resource> detached = cell.Exchange(new Resource())!;
        Assert.Contains("another retirement domain", Assert.Throws<InvalidOperationException>(() => Retire(value, form)).Message, StringComparison.Ordinal);
        detached.Retire(); // Nothing was lost.
        Assert.True(other.Synchronize(TimeSpan.FromSeconds(60)));
        Assert.Equal(1, value.Disposals);
    }

    [Fact]
    public void Of_threads_that_retire_it_at_once_exactly_one_does()
    {
        const int Rounds = 2_000;
        using var cell = new SwmrCell<Resource>(new Resource(), _domain);
        var values = new Resource[Rounds];
        var old = new Detached<Resource>[Rounds];
        for (int i = 0; i < Rounds; i++)
        {
            old[i] = cell.Exchange(new Resource())!;
            values[i] = old[i].Value;
        }

        int retired = 0;
        using var together = new Barrier(2);
        Thread[] threads = [new(() => Race(domain: true)), new(() => Race(domain: false))];
        Array.ForEach(threads, static thread => thread.Start());
        Array.ForEach(threads, static thread => thread.Join());
        Assert.True(_domain.Synchronize(TimeSpan.FromSeconds(60)));
        Assert.Equal((Rounds, Rounds), (retired, _domain.Statistics.Reclaimed));
        Assert.All(values, static value => Assert.Equal(1, value.Disposals));

        void Race(bool domain)
        {
            for (int i = 0; i < Rounds; i++)
            {
                if (i % 16 == 0)
                {
                    together.SignalAndWait(TimeSpan.FromSeconds(60));
                }

                Action retire = domain || i % 2 == 0 ? () => _domain.Retire((IDisposable)values[i]) : old[i].Retire;
                if (Record.Exception(retire) is not { } exception)
                {
                    Interlocked.Increment(ref retired);
                }
                else if (exception is not InvalidOperationException)
                {
                    throw exception;
                }
            }
        }
    }

    [Fact]
    public void A_birth_given_too_late_uncovers_no_reader()
    {
        var value = new Resource();
        var unknown = new Resource();
        using var cell = new SwmrCell<Resource>(value, _domain);
        using (StalledReader.Of(cell))
        {
            Advance();
            Resource old = cell.Exchange(new Resource())!.Value;
            _domain.Retire((IDisposable)unknown, birth: _domain.Readers.Era); // The control: no cell knows better.
            _domain.Retire((IDisposable)old, birth: _domain.Readers.Era);
            _domain.TryReclaim();
            Assert.Equal((0, 1), (value.Disposals, unknown.Disposals));
        }

        Assert.Equal(1, _domain.TryReclaim());
    }

    [Fact]
    public void Without_a_birth_every_reader_from_before_counts_as_for_anything_else()
    {
        var value = new Resource();
        var other = new Resource();
        using (StalledReader.In(_domain))
        {
            Advance();
            using var cell = new SwmrCell<Resource>(value, _domain);
            Detached<Resource> first = cell.Exchange(other)!;
            Detached<Resource> second = cell.Exchange(new Resource())!;
            _domain.Retire((IDisposable)first.Value); // May have been reachable otherwise, too.
            second.Retire(); // Born after the reader entered.
            _domain.TryReclaim();
            Assert.Equal((0, 1), (value.Disposals, other.Disposals));
        }

        Assert.True(_domain.Synchronize(TimeSpan.FromSeconds(60)));
        Assert.Equal(1, value.Disposals);
    }

    [Fact]
    public void A_refusal_leaves_a_reservation_unused_and_a_used_reservation_leaves_the_object()
    {
        var value = new Resource();
        using var cell = new SwmrCell<Resource>(value, _domain);
        RetirementReservation room = _domain.Reserve();
        Assert.IsType<InvalidOperationException>(Refusal(ref room, value)); // Still published.
        RetirementReservation copy = room;
        room.Retire((IDisposable)new Resource());
        Detached<Resource> detached = cell.Exchange(new Resource())!;
        Assert.IsType<InvalidOperationException>(Refusal(ref copy, value)); // Used up.
        RetirementReservation none = default;
        Assert.IsType<InvalidOperationException>(Refusal(ref none, value));
        Assert.Equal((0, 1), (value.Disposals, _domain.Statistics.Retired));
        detached.Retire();
        Assert.Equal(1, value.Disposals);

        static Exception? Refusal(ref RetirementReservation room, Resource value)
        {
            try
            {
                room.Retire((IDisposable)value);
                return null;
            }
            catch (InvalidOperationException exception)
            {
                return exception;
            }
        }
    }

    [Fact]
    public void Refused_arguments_leave_it_to_be_retired()
    {
        var value = new Resource();
        using var cell = new SwmrCell<Resource>(value, _domain);
        Detached<Resource> detached = cell.Exchange(new Resource())!;
        Assert.Throws<ArgumentOutOfRangeException>(() => _domain.Retire((IDisposable)value, birth: _domain.Readers.Era + 1_000));
        Assert.Throws<ArgumentOutOfRangeException>(() => _domain.Retire((IDisposable)value, bytes: -1));
        detached.Retire();
        Assert.Equal(1, value.Disposals);
    }

    [Fact]
    public void A_value_whose_publication_failed_may_be_retired()
    {
        using var domain = new RetirementDomain(new RetirementOptions { BatchSize = 1, MaxPending = 1, Overflow = RetirementOverflow.Throw, FlushDelay = TimeSpan.FromHours(1) });
        using var cell = new SwmrCell<Resource>(new Resource(), domain);
        var refused = new Resource();
        using (StalledReader.In(domain))
        {
            domain.Retire((IDisposable)new Resource());
            Assert.Throws<RetirementOverflowException>(() => cell.Publish(refused));
        }

        domain.Retire((IDisposable)refused);
        domain.TryReclaim();
        Assert.Equal(1, refused.Disposals);
    }

    [Fact]
    public void An_array_goes_to_its_pool_after_its_lease_and_may_be_published_again()
    {
        var pool = new ListedPool();
        byte[] array = new byte[16];
        using var cell = new SwmrCell<byte[]>(array, _domain, pool.Returned.Add);
        for (int life = 1; life <= 3; life++)
        {
            Assert.Throws<InvalidOperationException>(() => _domain.Retire(array, pool));
            Lease<byte[]> lease = cell.Lease();
            _domain.Retire(cell.Exchange(new byte[8])!.Value, pool, clearArray: life == 2);
            _domain.TryReclaim();
            Assert.Equal(life - 1, pool.Returned.Count(returned => returned == array));
            Assert.Throws<InvalidOperationException>(() => cell.Publish(array)); // Not the pool's yet.
            lease.Dispose();
            _domain.TryReclaim();
            Assert.Equal(life, pool.Returned.Count(returned => returned == array));
            cell.Publish(array); // Rented again.
        }
    }

    [Fact]
    public void The_state_of_an_action_is_nobodys_to_claim()
    {
        var state = new Resource();
        using var cell = new SwmrCell<Resource>(state, _domain);
        int calls = 0;
        _domain.Retire(state, _ => calls++);
        _domain.Retire(state, _ => calls++);
        Assert.Equal((2, 0), (calls, state.Disposals));
        cell.Publish(new Resource());
        Assert.Equal(1, state.Disposals);
    }

    private void Retire(Resource value, Form form)
    {
        switch (form)
        {
            case Form.Disposal:
                _domain.Retire((IDisposable)value);
                break;
            case Form.AsynchronousDisposal:
                _domain.Retire((IAsyncDisposable)value);
                break;
            default:
                using (RetirementReservation room = _domain.Reserve())
                {
                    if (form == Form.DisposalInRoom)
                    {
                        room.Retire((IDisposable)value);
                    }
                    else
                    {
                        room.Retire((IAsyncDisposable)value);
                    }
                }

                break;
        }
    }

    /// <summary>Moves the era on.</summary>
    private void Advance()
    {
        long era = _domain.Readers.Era;
        _domain.TryReclaim();
        Assert.True(_domain.Readers.Era > era);
    }

    private sealed class Resource : IDisposable, IAsyncDisposable
    {
        private int _disposals;

        public int Disposals => Volatile.Read(ref _disposals);

        public void Dispose() => Interlocked.Increment(ref _disposals);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }
    }

    private sealed class ListedPool : ArrayPool<byte>
    {
        public List<byte[]> Returned { get; } = [];

        public override byte[] Rent(int minimumLength) => new byte[minimumLength];

        public override void Return(byte[] array, bool clearArray = false) => Returned.Add(array);
    }
}
