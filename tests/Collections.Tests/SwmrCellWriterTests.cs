using System.Reflection;
using System.Runtime.CompilerServices;

#pragma warning disable SWMR002, SWMR005 // Copies of closed guards are refused, and what was read is disposed: tested here.

namespace SwmrKit.Tests;

/// <summary>Writers of a cell: updates, callbacks that write, what is refused, and what finds no room.</summary>
public sealed class SwmrCellWriterTests : IClassFixture<SharedMachine>
{
    private readonly RetirementDomain _domain = new(new RetirementOptions { BatchSize = 1, FlushDelay = TimeSpan.FromHours(1) });

    [Fact]
    public void Update_computes_the_next_value_from_the_current_one_and_an_exception_changes_nothing()
    {
        using var cell = new SwmrCell<string>("a", _domain);
        Assert.Equal(2, cell.Update(static current => current + "b"));
        Assert.Equal(2, cell.Update(static current => current));
        Assert.Throws<FormatException>(() => cell.Update(static _ => throw new FormatException()));
        Assert.Throws<InvalidOperationException>(() => cell.Update(static _ => null!));
        using CellRead<string> read = cell.Read();
        Assert.Equal("ab", read.Value);
        Assert.Equal(2, cell.Version);
    }

    [Fact]
    public void Writing_from_inside_Update_is_refused()
    {
        using var cell = new SwmrCell<string>("a", _domain);
        Assert.Throws<InvalidOperationException>(() => cell.Update(current =>
        {
            cell.Publish("b");
            return current + "c";
        }));
        Assert.Equal(1, cell.Version);
    }

    [Fact]
    public void A_callback_never_runs_under_the_lock_of_an_Update_but_may_write_to_that_cell()
    {
        using var domain = new RetirementDomain(new RetirementOptions { BatchSize = 1 });
        using var updated = new SwmrCell<string>("a", domain);
        var inUpdate = new SharedInt32();
        int calledInUpdate = 0;
        using var other = new SwmrCell<Canary>(new Canary(), domain, _ =>
        {
            calledInUpdate += inUpdate.Read();
            updated.Publish("from the callback");
        });
        updated.Update(current =>
        {
            inUpdate.Write(1);
            other.Publish(new Canary());
            inUpdate.Write(0);
            return current + "b";
        });
        Wait.Until(() => updated.Version == 3, "the callback");
        Assert.Equal((0, 0), (calledInUpdate, domain.Statistics.CallbackFailures));
        using CellRead<string> read = updated.Read();
        Assert.Equal("from the callback", read.Value);
    }

    [Fact]
    public void A_callback_may_write_to_the_very_cell_whose_write_ran_it()
    {
        SwmrCell<Canary>? cell = null;
        int calls = 0;
        cell = new SwmrCell<Canary>(new Canary(), _domain, _ => calls = calls == 0 ? (int)cell!.Publish(new Canary()) : calls);
        cell.Publish(new Canary());
        Assert.Equal((3, 0), (calls, _domain.Statistics.CallbackFailures));
        cell.Update(static _ => new Canary());
        Assert.Equal(4, cell.Version);
        cell.Dispose();
    }

    [Fact]
    public void After_an_Update_that_threw_callbacks_run_on_the_retiring_thread_again()
    {
        using var cell = new SwmrCell<string>("a", _domain);
        Assert.Throws<FormatException>(() => cell.Update(static _ => throw new FormatException()));
        var value = new Canary();
        _domain.Retire(value);
        Assert.Equal(1, value.Disposals);
    }

    [Fact]
    public void Inside_an_Update_nothing_is_waited_for_or_reclaimed()
    {
        var value = new Canary();
        using var cell = new SwmrCell<string>("a", _domain);
        var other = new SwmrCell<Canary>(value, _domain);
        cell.Update(current =>
        {
            Assert.Contains("Update", Assert.Throws<InvalidOperationException>(() => _domain.Synchronize(TimeSpan.Zero)).Message, StringComparison.Ordinal);
            Assert.Throws<InvalidOperationException>(_domain.Dispose);
            other.Dispose();
            Assert.Equal(0, _domain.TryReclaim());
            Assert.True(value.IsAlive);
            return current + "b";
        });
        Assert.Equal(1, _domain.TryReclaim());
        Assert.Equal(1, value.Disposals);
    }

    [Fact]
    public void An_interrupt_while_an_object_is_given_back_to_its_pool_does_not_lose_it()
    {
        var pool = new Queue<Canary>();
        var first = new Canary();
        using var cell = new SwmrCell<Canary>(first, _domain, pool.Enqueue);
        using (_domain.Enter())
        {
            cell.Publish(new Canary());
        }

        Exception? kept = null;
        var reclaiming = new Thread(() =>
        {
            _domain.TryReclaim();
            kept = Record.Exception(static () => Thread.Sleep(1));
        })
        { IsBackground = true };
        HoldingTheRecords(() =>
        {
            reclaiming.Start();
            Wait.Until(() => reclaiming.ThreadState.HasFlag(ThreadState.WaitSleepJoin), "the wait for the table of records");
            reclaiming.Interrupt();
            SpinWait.SpinUntil(() => _domain.Statistics.CallbackFailures > 0, TimeSpan.FromMilliseconds(200)); // Time to fail.
        });

        Assert.True(reclaiming.Join(TimeSpan.FromSeconds(60)));
        Assert.Same(first, Assert.Single(pool));
        Assert.Equal(0, _domain.Statistics.CallbackFailures);
        Assert.IsType<ThreadInterruptedException>(kept);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_write_that_finds_no_room_changes_nothing_and_leaves_what_was_exchanged_out_to_its_holder(bool byUpdate)
    {
        var value = new Canary();
        using var cell = new SwmrCell<Canary>(value, _domain);
        Detached<Canary> detached = cell.Exchange(new Canary())!;
        WithoutRoom(() => Assert.Throws<OutOfMemoryException>(() => byUpdate ? cell.Update(_ => value) : cell.Publish(value)));
        Assert.Equal(2, cell.Version);
        detached.Retire();
        Assert.Equal(1, value.Disposals);
    }

    [Fact]
    public void A_write_that_is_refused_gives_its_room_back()
    {
        var value = new Canary();
        using var cell = new SwmrCell<Canary>(value, _domain);
        using var other = new SwmrCell<Canary>(new Canary(), _domain);
        Assert.Throws<InvalidOperationException>(() => other.Publish(value));
        Assert.Equal(0, Rooms(_domain.Reclaimer).Count);
    }

    [Fact]
    public void A_Dispose_that_finds_no_room_changes_nothing()
    {
        var value = new Canary();
        var cell = new SwmrCell<Canary>(value, _domain);
        Task<long> change = cell.WaitForChangeAsync(1);
        WithoutRoom(() => Assert.Throws<OutOfMemoryException>(cell.Dispose));
        cell.Publish(new Canary());
        Assert.True(change.IsCompletedSuccessfully);
        Assert.Equal(1, value.Disposals);
        cell.Dispose();
    }

    [Fact]
    public void Dispose_waits_for_no_callback_that_another_thread_runs()
    {
        using var begun = new ManualResetEventSlim();
        using var mayEnd = new ManualResetEventSlim();
        var slow = new Thread(() => _domain.Retire("slow", _ =>
        {
            begun.Set();
            mayEnd.Wait();
        }));
        slow.Start();
        begun.Wait();
        var value = new Canary();
        new SwmrCell<Canary>(value, _domain).Dispose();
        Assert.Equal(1, value.Disposals);
        mayEnd.Set();
        slow.Join();
    }

    [Fact]
    public void Concurrent_writers_dispose_every_replaced_value_exactly_once()
    {
        using var domain = new RetirementDomain();
        var all = new System.Collections.Concurrent.ConcurrentBag<Canary>();
        Canary last;
        using (var cell = new SwmrCell<Canary>(New(), domain))
        {
            Parallel.For(0, 4, _ =>
            {
                for (int i = 0; i < 5_000; i++)
                {
                    cell.Publish(New());
                }
            });
            using CellRead<Canary> read = cell.Read();
            last = read.Value;
        }

        Assert.True(domain.Synchronize(TimeSpan.FromSeconds(60)));
        Wait.Until(() => domain.Statistics.Pending == 0, "the last callbacks");
        Assert.Equal(1, last.Disposals);
        Assert.All(all, static canary => Assert.Equal(1, canary.Disposals));
        Assert.Equal(20_001, domain.Statistics.Reclaimed);

        Canary New()
        {
            var canary = new Canary();
            all.Add(canary);
            return canary;
        }
    }

    /// <summary>Every reservation fails meanwhile, as when there is no memory: the array would have to be longer than any.</summary>
    private void WithoutRoom(Action action)
    {
        Places(Rooms(_domain.Reclaimer)) += int.MaxValue - 40;
        action();
        Places(Rooms(_domain.Reclaimer)) -= int.MaxValue - 40;
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_reserved")]
    private static extern ref ReservedRooms Rooms(Reclaimer reclaimer);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_places")]
    private static extern ref int Places(ReservedRooms rooms);

    /// <summary>Whoever changes the table of records meanwhile waits, as when another thread changes it.</summary>
    private static void HoldingTheRecords(Action action)
    {
        const BindingFlags ours = BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static;
        object records = typeof(Ownership).GetField("s_records", ours)!.GetValue(null)!;
        object held = records.GetType().GetField("_lock", ours)!.GetValue(records)!;
        if (held is Lock newer)
        {
            lock (newer)
            {
                action();
            }
        }
        else
        {
            lock (held)
            {
                action();
            }
        }
    }
}
