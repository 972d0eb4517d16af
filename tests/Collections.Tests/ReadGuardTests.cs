#pragma warning disable SWMR002, SWMR005 // What copies do, and what becomes of what was read, is tested here.

namespace SwmrKit.Tests;

public sealed class ReadGuardTests : IClassFixture<SharedMachine>
{
    private readonly RetirementDomain _domain = new(new RetirementOptions { BatchSize = 1, FlushDelay = TimeSpan.FromHours(1) });
    private SharedReference<Canary> _shared = new(new Canary());

    [Fact]
    public void What_a_guard_protects_is_not_disposed_before_the_guard()
    {
        Canary old;
        using (ReadGuard guard = _domain.Enter())
        {
            old = guard.Protect(ref _shared)!;
            Replace();
            Assert.True(old.IsAlive);
            Assert.Equal(1, _domain.Statistics.Pending);
        }

        Assert.Equal(1, _domain.TryReclaim());
        Assert.Equal(1, old.Disposals);
    }

    [Fact]
    public void Control_without_a_guard_it_is_disposed_at_once()
    {
        Canary old = _shared.Read()!;
        Replace();
        Assert.Equal(1, old.Disposals);
    }

    [Fact]
    public void A_nested_guard_leaves_the_outer_one_in_force()
    {
        using ReadGuard outer = _domain.Enter();
        Canary old = outer.Protect(ref _shared)!;
        using (ReadGuard inner = _domain.Enter())
        {
            Assert.Same(old, inner.Protect(ref _shared));
        }

        Replace();
        Assert.True(old.IsAlive);
    }

    [Fact]
    public void A_nested_guard_protects_what_was_published_after_the_outer_one_entered()
    {
        using ReadGuard outer = _domain.Enter();
        Replace();
        using ReadGuard inner = _domain.Enter();
        Canary second = inner.Protect(ref _shared)!;
        Replace();
        Assert.True(second.IsAlive);
    }

    [Fact]
    public void A_guard_that_goes_on_protecting_raises_its_reservation_again_and_again()
    {
        using ReadGuard guard = _domain.Enter();
        for (int i = 0; i < 10; i++)
        {
            Canary current = guard.Protect(ref _shared)!;
            Replace();
            Assert.True(current.IsAlive);
        }
    }

    [Fact]
    public void Disposing_the_outer_guard_first_is_refused_and_changes_nothing()
    {
        ReadGuard outer = _domain.Enter();
        Canary old = outer.Protect(ref _shared)!;
        ReadGuard inner = _domain.Enter();
        Assert.Contains("innermost", DisposeError(outer), StringComparison.Ordinal);
        Replace();
        Assert.True(old.IsAlive);
        inner.Dispose();
        Assert.True(old.IsAlive);
        outer.Dispose();
        Assert.Equal(1, _domain.TryReclaim());
    }

    [Fact]
    public void Disposing_twice_does_nothing_even_while_a_later_guard_is_open()
    {
        ReadGuard first = _domain.Enter();
        ReadGuard copy = first;
        first.Dispose();
        first.Dispose();
        using ReadGuard later = _domain.Enter();
        Canary current = later.Protect(ref _shared)!;
        copy.Dispose();
        Replace();
        Assert.True(current.IsAlive);
    }

    [Fact]
    public void A_copy_of_a_disposed_nested_guard_does_nothing_while_its_sibling_is_open()
    {
        ReadGuard outer = _domain.Enter();
        ReadGuard first = _domain.Enter();
        ReadGuard copy = first;
        first.Dispose();
        ReadGuard sibling = _domain.Enter();
        Canary current = sibling.Protect(ref _shared)!;
        copy.Dispose();
        Replace();
        Assert.True(current.IsAlive);
        sibling.Dispose();
        outer.Dispose();
        Assert.Equal(1, _domain.TryReclaim());
    }

    [Fact]
    public void A_copy_of_a_disposed_guard_cannot_be_refreshed_into_a_section_nobody_closes()
    {
        ReadGuard first = _domain.Enter();
        ReadGuard copy = first;
        first.Dispose();
        Assert.Contains("refreshed", RefreshError(copy), StringComparison.Ordinal);
        Assert.Empty(_domain.Readers.GetActiveReaders());
    }

    [Fact]
    public void A_default_guard_protects_nothing_and_says_so()
    {
        ReadGuard none = default;
        Assert.False(none.IsOpen);
        none.Dispose();
        bool threw = false;
        try
        {
            none.Protect(ref _shared);
        }
        catch (InvalidOperationException)
        {
            threw = true;
        }

        Assert.True(threw);
    }

    [Fact]
    public void Refresh_gives_up_what_was_read_and_protects_what_is_read_next()
    {
        using ReadGuard guard = _domain.Enter();
        Canary first = guard.Protect(ref _shared)!;
        Replace();
        guard.Refresh();
        Assert.Equal(1, _domain.TryReclaim());
        Assert.False(first.IsAlive);
        Canary second = guard.Protect(ref _shared)!;
        Replace();
        Assert.True(second.IsAlive);
    }

    [Fact]
    public void Refresh_is_refused_while_another_guard_is_open()
    {
        using ReadGuard outer = _domain.Enter();
        using ReadGuard inner = _domain.Enter();
        Assert.Contains("refreshed", RefreshError(inner), StringComparison.Ordinal);
        Assert.Contains("refreshed", RefreshError(outer), StringComparison.Ordinal);
    }

    [Fact]
    public void Guards_of_two_domains_interleave_on_one_thread()
    {
        var other = new RetirementDomain(new RetirementOptions { BatchSize = 1, FlushDelay = TimeSpan.FromHours(1) });
        using ReadGuard first = _domain.Enter();
        using ReadGuard second = other.Enter();
        using ReadGuard third = _domain.Enter();
        var value = new Canary();
        other.Retire(value);
        Assert.True(value.IsAlive);
        second.Dispose();
        Assert.Equal(1, other.TryReclaim());
        Assert.False(value.IsAlive);
    }

    private static string DisposeError(ReadGuard guard)
    {
        try
        {
            guard.Dispose();
            return "nothing was thrown";
        }
        catch (InvalidOperationException exception)
        {
            return exception.Message;
        }
    }

    private static string RefreshError(ReadGuard guard)
    {
        try
        {
            guard.Refresh();
            return "nothing was thrown";
        }
        catch (InvalidOperationException exception)
        {
            return exception.Message;
        }
    }

    private void Replace() => _domain.Retire(_shared.Exchange(new Canary())!);
}
