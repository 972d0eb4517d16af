using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace SwmrKit;

/// <summary>
/// Where one reader says what it may be holding: everything that was alive in some era of [lower, upper].
/// </summary>
/// <remarks>
/// <para><b>Shared with the scanner</b> are two words. <c>Lower</c> is 0 while the reader is outside (O6). <c>Raised</c> is the era to which a section
/// last raised its upper bound, this one or an earlier one: the upper bound is the greater of the two, so that entering writes one word only.</para>
/// <para><b>The owner's alone</b> is <c>Current</c>, which names the innermost open guard. An outermost guard gets the next positive
/// number, a nested one the next negative even number; neither is ever given twice. A guard keeps its number as its token, a
/// nested one with the lowest bit set, so that it never equals <c>Current</c> and takes the longer way out. So a guard disposed
/// out of turn or again is recognised before it touches the slot.</para>
/// <para>Integers only on the hot line: storing an object reference would cost a GC write barrier. A slot never moves to another
/// registry and is never freed while its registry lives; it is handed from owner to owner.</para>
/// </remarks>
internal sealed class ReaderSlot(EraClock clock)
{
    public readonly EraClock Clock = clock;

    private Words _words;
    private Stack<long>? _enclosing;
    private long _lastNested;
    private long _quietEra;
    private long _quietSince;
    private PlainData<SlotOwner?> _owner;

    private ReaderSlot(EraClock clock, long lower)
        : this(clock) => _words.Lower = new SharedInt64(lower);

    /// <summary>A slot that is always inside, of a clock of its own: what a disposed handle points to, so that entry needs no check for it.</summary>
    public static ReaderSlot Closed { get; } = new(new EraClock(), lower: 1);

    /// <summary>As <see cref="Closed"/>, for the way in that a handle does not have: a lock's has none but through the lock, any other none through a lock.</summary>
    public static ReaderSlot NoWayIn { get; } = new(new EraClock(), lower: 1);

    /// <summary>Who holds the slot; null while it is free. Guarded by the registry's lock.</summary>
    public SlotOwner? Owner
    {
        get => _owner.Read();
        set => _owner.Write(value);
    }

    /// <summary>The lower bound as a scanner or waiter reads it: acquire, so that what the reader read before leaving comes before what follows (O4).</summary>
    public long Lower => _words.Lower.Read();

    /// <summary>The upper bound that goes with a lower bound, to be read after it.</summary>
    public long UpperOver(long lower) => Math.Max(lower, _words.Raised.Read());

    /// <summary>The upper bound as its owner reads it back.</summary>
    public long PublishedUpper => Math.Max(_words.Lower.ReadRelaxed(), _words.Raised.ReadRelaxed());

    /// <summary>Whether its owner, asking, has a guard open.</summary>
    public bool IsInside
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _words.Lower.Read() != 0; // Acquire only because the JIT makes it one instruction with the comparison.
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Words
    {
        private readonly CacheLinePadding _before;
        public SharedInt64 Lower;
        public SharedInt64 Raised;
        public long Current;
        private readonly CacheLinePadding _after;
    }

    /// <summary>Enters from outside: from here on, what can be found and was born by the upper bound is held.</summary>
    /// <param name="era">The current era, loaded by the caller with acquire (O3); it becomes both bounds.</param>
    /// <returns>The guard's token.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long Enter(long era)
    {
        long token = _words.Current + 1;
        _words.Current = token;
        _words.Lower.Announce(era); // O1: the light barrier; pairs with Heavy() in Reclaimer and GracePeriod.
        return token;
    }

    /// <summary>
    /// Enters while another guard is open. The published bounds stay as they are: a nested guard gets no fresh era, for the slot
    /// promises no more than it says (O8).
    /// </summary>
    /// <returns>The guard's token.</returns>
    /// <exception cref="ObjectDisposedException">This is <see cref="Closed"/>.</exception>
    /// <exception cref="InvalidOperationException">This is <see cref="NoWayIn"/>.</exception>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public long EnterNested()
    {
        ObjectDisposedException.ThrowIf(ReferenceEquals(this, Closed), typeof(ReaderHandle));
        if (ReferenceEquals(this, NoWayIn))
        {
            throw new InvalidOperationException("This reader handle is a lock's: pass it to the lock's EnterRead. Without asking the lock it would come in beside a writer.");
        }

        (_enclosing ??= new Stack<long>()).Push(_words.Current);
        _lastNested -= 2;
        _words.Current = _lastNested;
        return _lastNested | 1;
    }

    /// <summary>Leaves an outermost guard, if no other is open.</summary>
    /// <returns>False, having changed nothing, for any other guard: see <see cref="LeaveNested"/>.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryLeave(long token)
    {
        if (_words.Current != token)
        {
            return false;
        }

        _words.Lower.Write(0); // O4: release, after the reads it protected.
        return true;
    }

    /// <summary>Leaves a nested guard. For one that has been left before it does nothing.</summary>
    /// <exception cref="InvalidOperationException">A guard entered later is still open; nothing has been changed.</exception>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void LeaveNested(long token)
    {
        long number = token < 0 ? token & ~1L : token;
        if (_words.Current == number)
        {
            _words.Current = _enclosing!.Pop();
        }
        else if (_enclosing is not null && _enclosing.Contains(number))
        {
            throw new InvalidOperationException(
                "Read guards of one reader must be disposed innermost first. This one encloses a guard that is still open; nothing was changed.");
        }
    }

    /// <summary>Whether a guard is still open, its owner asking: for what lives inside a guard and is not part of it.</summary>
    /// <param name="token">The guard's.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool IsOpen(long token) => (_words.Current == token && IsInside) || IsOpenInside(token);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool IsOpenInside(long token)
    {
        long number = token < 0 ? token & ~1L : token;
        return IsInside && (_words.Current == number || (_enclosing is not null && _enclosing.Contains(number)));
    }

    /// <summary>Extends the reservation to the current era (O8, loaded by O3): every load made before must be repeated, from the live root.</summary>
    public void RaiseUpper() => _words.Raised.Announce(Clock.Now); // O1, as in Enter.

    /// <summary>Gives up what was protected so far and starts anew at the current era, if the guard is the only one open.</summary>
    /// <returns>False, having changed nothing, when another guard is open.</returns>
    public bool TryReenter(long token)
    {
        if (_words.Current != token || !IsInside)
        {
            return false;
        }

        // O3: acquire, before the announcement. O4: release, after the reads protected so far. O1 for those to come: the next load of shared data is
        // an acquire. That its owner reads the bounds back in between, relaxed, concerns nobody: a thread always sees its own last store.
        _words.Lower.Announce(Clock.Now);
        return true;
    }

    /// <summary>Whether its owner, asking from inside an outermost guard each time it enters, has entered that often since the era last changed.</summary>
    /// <param name="token">The guard's.</param>
    /// <param name="entries">How often.</param>
    public bool HasBeenQuiet(long token, int entries)
    {
        long era = _words.Lower.ReadRelaxed();
        if (_quietEra != era)
        {
            (_quietEra, _quietSince) = (era, token);
        }

        return token - _quietSince >= entries;
    }

    /// <summary>Prepares the slot for the next owner; no guard of the last one counts any more.</summary>
    public void Clear()
    {
        if (_enclosing is { Count: > 0 })
        {
            _words.Current = _enclosing.Last(); // The outermost guard's.
            _enclosing.Clear();
        }

        _words.Current++;
        _words.Lower.Write(0); // O4: the last owner left, or its thread ended, before; see ReaderRegistry.TakeBackAbandoned.
    }
}
