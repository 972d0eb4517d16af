using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace SwmrKit;

/// <summary>
/// A read section: from its creation to its <see cref="Dispose"/>, nothing that is reached through <see cref="Protect"/> or read
/// from a container under it is disposed.
/// </summary>
/// <remarks>
/// <para>It costs no fence and no allocation. What it holds back is only what was alive while it read: an object published after
/// the last read and replaced since is disposed although the section is still open.</para>
/// <para>Use it with <c>using</c>, on one thread, innermost first. It is a ref struct: it cannot cross an <c>await</c>, be stored
/// in a field or reach another thread. References obtained under it must not be used after it. Do not copy it: a copy that
/// outlives the original protects nothing, and says nothing.</para>
/// <para><c>default</c> protects nothing: reading under it throws, disposing it does nothing.</para>
/// </remarks>
public ref struct ReadGuard
{
    private readonly long _token;
    private long _upper;
    private ReaderSlot? _slot;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal ReadGuard(ReaderSlot slot)
    {
        EraClock clock = slot.Clock;
        if (slot.IsInside)
        {
            this = EnterNested(slot).Copy();
        }
        else
        {
            _upper = clock.Now; // O3: acquire, before the announcement.
            _token = slot.Enter(_upper);
            _slot = slot;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ReadGuard(ReaderSlot slot, long token, long upper)
    {
        _slot = slot;
        _token = token;
        _upper = upper;
    }

    /// <summary>Whether this guard is open: neither <c>default</c> nor disposed.</summary>
    public readonly bool IsOpen => _slot is not null;

    /// <summary>The upper bound last published: what was born by then, and reached from the live root since, is protected (O8).</summary>
    internal readonly long Upper => _upper;

    /// <summary>The slot, for containers that raise its upper bound; null for a guard that is not open.</summary>
    internal readonly ReaderSlot? Slot => _slot;

    internal readonly long Token => _token;

    /// <summary>Takes over the upper bound that a container has raised.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void UpperWasRaised() => _upper = _slot!.PublishedUpper;

    /// <summary>Loads a reference from where it is published, and protects what it refers to until this guard is disposed.</summary>
    /// <typeparam name="T">The type referred to.</typeparam>
    /// <param name="location">The live root: the word from which the writer unlinks. A word in something that has itself been detached protects nothing.</param>
    /// <returns>The object, or null if the word is null.</returns>
    /// <remarks>O(1), no fence, no allocation; repeats the load while a writer advances the era at the same time.</remarks>
    /// <exception cref="InvalidOperationException">The guard is <c>default</c> or has been disposed.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T? Protect<T>(ref SharedReference<T> location)
        where T : class
    {
        ReaderSlot? slot = _slot;
        if (slot is null)
        {
            ThrowNotOpen();
        }

        T? value = location.Read();

        // O8: born by the published upper bound, or the bound is raised and the load repeated.
        if (slot.Clock.Now != _upper)
        {
            Raised<T> raised = ProtectRaised(slot, _token, ref location);
            value = raised.Value;
            _upper = raised.Upper;
        }

        return value;
    }

    /// <summary>Reads the current value of a cell, and protects it until this guard is disposed.</summary>
    /// <typeparam name="T">The type of the value.</typeparam>
    /// <param name="cell">A cell of this guard's domain.</param>
    /// <returns>The value. Do not dispose it, and do not use it after the guard.</returns>
    /// <remarks>O(1), no fence, no allocation.</remarks>
    /// <exception cref="ArgumentNullException"><paramref name="cell"/> is null.</exception>
    /// <exception cref="InvalidOperationException">The guard is not open, or belongs to another domain.</exception>
    /// <exception cref="ObjectDisposedException">The cell has been disposed.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T Read<T>(SwmrCell<T> cell)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(cell);
        return cell.ReadUnder(ref this);
    }

    /// <summary>Takes a lease of the current value of a cell, which outlives this guard: it may cross <c>await</c> and threads.</summary>
    /// <typeparam name="T">The type of the value.</typeparam>
    /// <param name="cell">A cell of this guard's domain.</param>
    /// <returns>The lease; dispose it.</returns>
    /// <remarks>O(1) amortised; it allocates. <see cref="SwmrCell{T}.Lease"/> does the same without a guard.</remarks>
    /// <exception cref="ArgumentNullException"><paramref name="cell"/> is null.</exception>
    /// <exception cref="InvalidOperationException">The guard is not open, or belongs to another domain.</exception>
    /// <exception cref="ObjectDisposedException">The cell has been disposed.</exception>
    public Lease<T> Lease<T>(SwmrCell<T> cell)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(cell);
        return cell.LeaseUnder(ref this);
    }

    /// <summary>
    /// Gives up everything read under this guard so far and goes on as a new read section: for loops that would otherwise hold
    /// back for long what they no longer need.
    /// </summary>
    /// <exception cref="InvalidOperationException">The guard is not open, or not the only one open on its reader: an enclosing one may still rely on it.</exception>
    public void Refresh()
    {
        if (_slot is null)
        {
            ThrowNotOpen();
        }

        if (!_slot.TryReenter(_token))
        {
            throw new InvalidOperationException("A read section can be refreshed only while no other guard is open on the same reader.");
        }

        _upper = _slot.PublishedUpper;
    }

    /// <summary>Leaves the read section. Further calls, on copies too, do nothing: on this guard's thread, where all of them belong.</summary>
    /// <exception cref="InvalidOperationException">A guard entered later on the same reader is still open; nothing has been changed.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Dispose()
    {
        if (_slot is { } slot)
        {
            if (!slot.TryLeave(_token))
            {
                slot.LeaveNested(_token);
            }

            _slot = null;
        }
    }

    /// <summary>Whether this guard belongs to the readers of that clock; false for one that is not open.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal readonly bool IsOf(EraClock clock) => _slot is { } slot && ReferenceEquals(slot.Clock, clock);

    [DoesNotReturn]
    internal static void ThrowNotOpen() => throw new InvalidOperationException(
        "The read, or its guard, is not open: it is a default value or has been disposed. Read(), or Enter(), and use what that returns before disposing it.");

    [DoesNotReturn]
    internal static void ThrowForeign() => throw new InvalidOperationException(
        "The guard or reader handle belongs to another retirement domain than the container, and would protect nothing here.");

    /// <summary>The same guard, for what a call has returned: the JIT keeps that in memory, and may keep the copy in registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly ReadGuard Copy()
    {
        ReaderSlot slot = _slot!;
        _ = slot.Clock; // Not null, then, on this way as on the usual one: Protect and Dispose need not look again.
        return new(slot, _token, _upper);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static ReadGuard EnterNested(ReaderSlot slot)
    {
        long token = slot.EnterNested();
        return new ReadGuard(slot, token, slot.PublishedUpper);
    }

    // Static, with values in and out: passing this guard by reference would keep every guard in memory instead of registers. The token is passed
    // for the JIT's sake alone: what lives across this call is saved where the call uses it, and otherwise on every read.
    [MethodImpl(MethodImplOptions.NoInlining)]
    [SuppressMessage("Style", "IDE0060", Justification = "See above.")]
    private static Raised<T> ProtectRaised<T>(ReaderSlot slot, long token, ref SharedReference<T> location)
        where T : class
    {
        T? value;
        do
        {
            slot.RaiseUpper();
            value = location.Read();
        }
        while (slot.Clock.Now != slot.PublishedUpper);

        return new Raised<T>(value, slot.PublishedUpper);
    }

    private readonly record struct Raised<T>(T? Value, long Upper);
}
