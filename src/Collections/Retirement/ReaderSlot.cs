using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace SwmrKit;

/// <summary>
/// Where one reader says what it may be holding: everything that was alive in some era of [lower, upper].
/// </summary>
/// <remarks>
/// <para>Two words are shared with the scanner. <c>Lower</c> is 0 while the reader is outside; <c>Upper</c> is written before it
/// on entry, so that a scanner that sees a lower bound sees an upper bound no less (release, acquire). <c>Upper</c> only grows.</para>
/// <para>Two more are the owner's alone. <c>Current</c> is the token of the innermost open guard: it never returns to a value
/// whose guard was closed, so a guard disposed twice or out of turn is recognised before it touches the slot.</para>
/// <para>Integers only on the hot line: storing an object reference would cost a GC write barrier. A slot is never moved to
/// another registry and never freed while its registry lives; it is handed from owner to owner.</para>
/// </remarks>
internal sealed class ReaderSlot(EraClock clock)
{
    public readonly EraClock Clock = clock;

    /// <summary>Who holds the slot; null while it is free. Guarded by the registry's lock.</summary>
    public SlotOwner? Owner;

    private Words _words;

    /// <summary>A slot that is always inside, of a clock of its own: what a disposed handle points to, so that entry needs no check for it.</summary>
    public static ReaderSlot Closed { get; } = CreateClosed();

    [StructLayout(LayoutKind.Sequential)]
    private struct Words
    {
        private readonly CacheLinePadding _before;
        public SharedInt64 Lower;
        public SharedInt64 Upper;
        public long Current;
        public long NestedIssued;
        private readonly CacheLinePadding _after;
    }

    /// <summary>The lower bound as a scanner or waiter reads it: acquire, so that what the reader read before leaving stays before (O4).</summary>
    public long Lower => _words.Lower.Read();

    /// <summary>The upper bound, to be read after <see cref="Lower"/>.</summary>
    public long Upper => _words.Upper.Read();

    /// <summary>Whether the owner is inside, asked by the owner or by whoever took over from it.</summary>
    public bool IsInside => _words.Lower.Read() != 0;

    /// <summary>Enters: afterwards nothing alive now or later can be reclaimed unless it died before.</summary>
    /// <param name="upper">The upper bound now published.</param>
    /// <param name="token">Identifies the guard.</param>
    /// <returns>The token of the enclosing guard, 0 for an outermost one.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long Enter(out long upper, out long token)
    {
        if (_words.Lower.ReadRelaxed() != 0)
        {
            return EnterNested(out upper, out token);
        }

        token = ++_words.Current;
        upper = Clock.Now; // O3: acquire, before the announcement.
        _words.Upper.WriteRelaxed(upper);
        _words.Lower.Announce(upper); // O1: the light barrier; pairs with Heavy() in Reclaimer and ReaderRegistry.WaitForReaders.
        return 0;
    }

    /// <summary>Leaves the guard with this token.</summary>
    /// <returns>False, having changed nothing, when it is not the innermost open one.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryLeave(long token, long enclosing)
    {
        if (_words.Current != token)
        {
            return false;
        }

        if (enclosing == 0)
        {
            _words.Lower.Write(0); // O4: release, after the reads it protected.
        }
        else
        {
            _words.Current = enclosing;
        }

        return true;
    }

    /// <summary>Extends the reservation to a later era (O8); what is loaded after this, and born by then, is protected.</summary>
    public void RaiseUpper(long era) => _words.Upper.Announce(era); // O1, as in Enter.

    /// <summary>Leaves whatever was entered, on behalf of an owner that no longer exists.</summary>
    public void Clear() => _words.Lower.Write(0);

    /// <summary>Gives up what was protected so far and starts anew at the current era, if the guard is the only one open.</summary>
    /// <returns>The era entered; 0, having changed nothing, when another guard is open.</returns>
    public long TryReenter(long token, long enclosing)
    {
        if (_words.Current != token || enclosing != 0)
        {
            return 0;
        }

        long era = Clock.Now;
        _words.Upper.WriteRelaxed(era);
        _words.Lower.Announce(era); // O4: release, after the reads protected so far. O1 for those to come.
        return era;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private long EnterNested(out long upper, out long token)
    {
        ObjectDisposedException.ThrowIf(ReferenceEquals(this, Closed), typeof(ReaderHandle));
        long enclosing = _words.Current;
        token = --_words.NestedIssued;
        _words.Current = token;

        // The published upper, never a fresh era: the slot promises no more than it says (O8).
        upper = _words.Upper.ReadRelaxed();
        return enclosing;
    }

    private static ReaderSlot CreateClosed()
    {
        var closed = new ReaderSlot(new EraClock());
        closed._words.Lower.Write(1);
        return closed;
    }
}
