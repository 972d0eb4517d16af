using System.Runtime.CompilerServices;

namespace SwmrKit.Tests;

public sealed class ReaderHandleTests : IClassFixture<SharedMachine>
{
    private readonly RetirementDomain _domain = new(new RetirementOptions { BatchSize = 1 });

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
        Assert.Equal(0, _domain.Readers.Count);
    }

    [Fact]
    public void A_handle_dropped_inside_keeps_its_slot_until_its_guard_is_left()
    {
        ReadGuard guard = EnterAndDrop(_domain);
        var value = new Canary();
        Collect();
        _domain.Retire(value);
        Assert.Equal(1, _domain.Readers.Count);
        Assert.True(value.IsAlive);
        guard.Dispose();
        _domain.Readers.TakeBackAbandoned();
        Assert.Equal(0, _domain.Readers.Count);
        Assert.Equal(1, _domain.TryReclaim());
    }

    [Fact]
    public void A_handle_is_not_collected_between_the_load_of_its_slot_and_the_announcement()
    {
        // The second registration would get the first one's slot if the handle had been collected inside Enter.
        for (int i = 0; i < 100; i++)
        {
            var domain = new RetirementDomain(new RetirementOptions { BatchSize = 1 });
            ReadGuard guard = EnterAndDrop(domain);
            Collect();
            using ReaderHandle second = domain.Register();
            using (second.Enter())
            {
            }

            var value = new Canary();
            domain.Retire(value);
            Assert.True(value.IsAlive, "the guard's slot was shared");
            guard.Dispose();
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Drop(RetirementDomain domain) => domain.Register();

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static ReadGuard EnterAndDrop(RetirementDomain domain) => domain.Register().Enter();

    private static void Collect()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
    }
}
