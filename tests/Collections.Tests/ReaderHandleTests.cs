using System.Runtime.CompilerServices;

#pragma warning disable SWMR004, SWMR005 // Guards left open or copied are tested here.

namespace SwmrKit.Tests;

public sealed class ReaderHandleTests : IClassFixture<SharedMachine>
{
    private readonly RetirementDomain _domain = new(new RetirementOptions { BatchSize = 1, FlushDelay = TimeSpan.FromHours(1) });

    [Fact]
    public void A_handle_enters_and_leaves()
    {
        using ReaderHandle handle = _domain.Register("mine");
        Assert.Equal("mine", handle.Name);
        using (handle.Enter())
        {
            Assert.Equal(["mine"], _domain.Readers.GetActiveReaders());
        }

        Assert.Empty(_domain.Readers.GetActiveReaders());
    }

    [Fact]
    public void A_disposed_handle_refuses_entry_and_gives_its_slot_back()
    {
        ReaderHandle handle = _domain.Register();
        Assert.Equal(1, _domain.Readers.Count);
        handle.Dispose();
        handle.Dispose();
        Assert.Equal(0, _domain.Readers.Count);
        Assert.Throws<ObjectDisposedException>(() => handle.Enter().Dispose());
    }

    [Fact]
    public void Disposing_a_handle_inside_its_guard_is_refused()
    {
        using ReaderHandle handle = _domain.Register();
        using ReadGuard guard = handle.Enter();
        Assert.Throws<InvalidOperationException>(handle.Dispose);
        Assert.Single(_domain.Readers.GetActiveReaders());
    }

    [Fact]
    public void Disposing_a_handle_from_another_thread_is_refused_while_its_own_lives()
    {
        using ReaderHandle handle = _domain.Register();
        Wait.OnThread(() => Assert.Throws<InvalidOperationException>(handle.Dispose));
    }

    [Fact]
    public void A_handle_whose_thread_has_ended_can_be_disposed_by_any_even_with_a_guard_left_open()
    {
        ReaderHandle? handle = null;
        Wait.OnThread(() =>
        {
            handle = _domain.Register();
            _ = handle.Enter();
        });
        handle!.Dispose();
        Assert.Equal(0, _domain.Readers.Count);
        Assert.Empty(_domain.Readers.GetActiveReaders());
    }

    [Fact]
    public void A_handle_dropped_outside_gives_its_slot_back_when_collected()
    {
        Drop(_domain);
        Collect();
        Assert.Equal((0, 0), (_domain.Readers.Count, _domain.Readers.Quarantined));
    }

    [Fact]
    public void A_handle_dropped_inside_is_quarantined_and_keeps_its_slot_until_its_guard_is_left()
    {
        ReadGuard guard = EnterAndDrop(_domain);
        var value = new Canary();
        Collect();
        _domain.Retire(value);
        Assert.Equal((1, 1), (_domain.Readers.Count, _domain.Readers.Quarantined));
        Assert.Single(_domain.Readers.GetActiveReaders());
        Assert.True(value.IsAlive);
        guard.Dispose();
        _domain.Readers.TakeBackAbandoned();
        Assert.Equal((0, 0), (_domain.Readers.Count, _domain.Readers.Quarantined));
        Assert.Equal(1, _domain.TryReclaim());
    }

    [Fact]
    public void A_handle_dropped_inside_by_a_thread_that_ended_leaves_quarantine_by_itself()
    {
        using var domain = new RetirementDomain();
        Wait.OnThread(() =>
        {
            ReadGuard guard = EnterAndDrop(domain);
            Wait.Until(
                () =>
                {
                    Collect();
                    return domain.Readers.Quarantined == 1;
                },
                "the quarantine");
            Assert.True(guard.IsOpen);
        });
        domain.Retire(new Canary()); // The flush looks at who has ended.
        Wait.Until(() => domain.Readers.Quarantined == 0 && domain.Statistics.Pending == 0, "the end of the quarantine");
        Assert.Equal(0, domain.Readers.Count);
    }

    [Fact]
    public void A_stale_copy_does_nothing_to_the_next_owner_of_its_slot()
    {
        ReadGuard copy = EnterCopyAndLeave(_domain);
        Collect();
        using ReaderHandle next = _domain.Register();
        using ReadGuard open = next.Enter();
        copy.Dispose();
        Assert.Single(_domain.Readers.GetActiveReaders());
    }

    [Fact]
    public void A_slot_is_given_back_once_however_many_threads_dispose_its_handle()
    {
        for (int round = 0; round < 200; round++)
        {
            var handles = new ReaderHandle[16];
            Wait.OnThread(() =>
            {
                for (int i = 0; i < handles.Length; i++)
                {
                    handles[i] = _domain.Register();
                }
            });
            Parallel.For(0, 4, _ => Array.ForEach(handles, static handle => handle.Dispose()));
            Assert.Equal(0, _domain.Readers.Count);
        }
    }

    [Fact]
    public void A_handle_kept_after_its_thread_ended_inside_a_guard_holds_nothing_back()
    {
        ReaderHandle? handle = null;
        Wait.OnThread(() =>
        {
            handle = _domain.Register();
            _ = handle.Enter();
        });
        var value = new Canary();
        _domain.Retire(value);
        Assert.True(_domain.Synchronize(TimeSpan.FromSeconds(60)));
        Assert.False(value.IsAlive);
        handle!.Dispose();
    }

    [Fact]
    public void Waiting_for_oneself_is_refused_even_when_the_handle_has_been_collected()
    {
        ReadGuard guard = EnterAndDrop(_domain);
        Collect();
        Assert.Throws<InvalidOperationException>(() => _domain.Synchronize(TimeSpan.FromSeconds(60)));
        guard.Dispose();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Drop(RetirementDomain domain) => domain.Register();

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static ReadGuard EnterAndDrop(RetirementDomain domain) => domain.Register().Enter();

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static ReadGuard EnterCopyAndLeave(RetirementDomain domain)
    {
        ReadGuard guard = domain.Register().Enter();
        ReadGuard copy = guard;
        guard.Dispose();
        return copy;
    }

    private static void Collect()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
    }
}
