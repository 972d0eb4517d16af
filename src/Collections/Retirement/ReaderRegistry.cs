using System.Diagnostics;

namespace SwmrKit;

/// <summary>
/// The readers of a piece of shared state: who they are, who is inside a read section now, and a way to wait until all that
/// were inside have left.
/// </summary>
/// <remarks>
/// <para>A <see cref="RetirementDomain"/> has one; make your own for a protocol of your own (unlink something, call
/// <see cref="WaitForReaders(TimeSpan, CancellationToken)"/>, then nobody can hold it). Under a guard of your own protocol load what is shared with
/// <see cref="ReadGuard.Protect"/>, <see cref="SharedReference{T}.Read"/> or <see cref="Volatile.Read{T}(ref readonly T)"/>: the first load after entering must be
/// an acquire, or it may be made before the entry.</para>
/// <para><b>Registration.</b> Slots are reused and never freed, the table doubles when it is full, and before that the slots of
/// threads that have ended are taken back: registering is O(1) amortised. All members may be called from any thread.</para>
/// </remarks>
[DebuggerDisplay("Readers = {Count}, Slots = {Capacity}, Era = {Era}")]
public sealed class ReaderRegistry
{
    private const int InitialCapacity = 8;

    private readonly Action _heavy;
    private readonly TimeProvider _time;
    private readonly ExclusiveLock _lock = new();
    private readonly Stack<ReaderSlot> _free = new();

    // Every entry of a published array is a slot; arrays are replaced, never changed.
    private SharedReference<ReaderSlot[]> _slots = new([]);

    // What a thread compares its last implicit slot's clock with: the clock, and once closed one that no slot has.
    private SharedReference<EraClock> _entry;

    // Guarded by the lock.
    private bool _isClosed;
    private int _quarantined;

    /// <summary>Creates an empty registry.</summary>
    public ReaderRegistry()
        : this(AsymmetricBarrier.Heavy, TimeProvider.System)
    {
    }

    /// <param name="heavy">The heavy barrier; tests put a broken one here.</param>
    /// <param name="time">Measures the waits.</param>
    internal ReaderRegistry(Action heavy, TimeProvider time)
    {
        _heavy = heavy;
        _time = time;
        _entry = new SharedReference<EraClock>(Clock);
        _ = AsymmetricBarrier.IsAccelerated; // Decided now: readers fence until it is, code that is compiled once and before for good.
    }

    internal EraClock Clock { get; } = new();

    /// <summary>The clock by which a thread finds its implicit slot again: another one once the registry is closed.</summary>
    internal EraClock EntryClock => _entry.ReadRelaxed()!;

    /// <summary>The current era: what is unlinked from now on is retired at this era or a later one.</summary>
    public long Era => Clock.Now;

    /// <summary>The number of slots held, by handles and by threads that have read implicitly and were not yet found to have ended. O(1).</summary>
    public int Count
    {
        get
        {
            using ExclusiveLock.Scope held = _lock.Enter();
            return _slots.Read()!.Length - _free.Count;
        }
    }

    /// <summary>The number of slots there are. O(1).</summary>
    public int Capacity => _slots.Read()!.Length;

    /// <summary>
    /// The number of readers whose handle was dropped and collected while a guard of it was open. Their places are kept until the guard has
    /// been left or the thread has ended: more than 0 for long means that somebody lost a guard without disposing it, and holds
    /// back what it protects. <see cref="GetActiveReaders"/> names them. O(1).
    /// </summary>
    public int Quarantined
    {
        get
        {
            using ExclusiveLock.Scope held = _lock.Enter();
            return _quarantined;
        }
    }

    /// <summary>Registers an explicit reader for the calling thread: the fastest way in.</summary>
    /// <param name="name">For people; by default the thread's name.</param>
    /// <returns>The handle. It is bound to the calling thread; dispose it there when the thread stops reading.</returns>
    /// <exception cref="ObjectDisposedException">The domain these readers belong to has been disposed.</exception>
    public ReaderHandle Register(string? name = null) => Register(name, isOfLock: false);

    /// <param name="name">For people; by default the thread's name.</param>
    /// <param name="isOfLock">Whether the only way in is <see cref="ReaderHandle.LockSlot"/>.</param>
    internal ReaderHandle Register(string? name, bool isOfLock)
    {
        var owner = new SlotOwner(name, ThreadIdentity.Current, isImplicit: false);
        ReaderSlot slot = Acquire(owner);
        try
        {
            var handle = new ReaderHandle(this, slot, isOfLock);
            using ExclusiveLock.Scope held = _lock.Enter();
            owner.Handle = new WeakReference<ReaderHandle>(handle);
            if (_isClosed)
            {
                handle.Close(); // Meanwhile.
            }

            return handle;
        }
        catch
        {
            Release(slot, owner, evenInside: true); // No memory: nobody has the handle.
            throw;
        }
    }

    /// <summary>Enters a read section as the calling thread's implicit reader, registering it on first use.</summary>
    /// <returns>The guard; dispose it on this thread.</returns>
    /// <exception cref="ObjectDisposedException">The domain these readers belong to has been disposed.</exception>
    public ReadGuard Enter() => new(ImplicitReaders.SlotOf(this));

    /// <summary>
    /// Waits until every read section that was open when this was called has been left (a grace period). Sections entered
    /// meanwhile are not waited for.
    /// </summary>
    /// <param name="timeout">The longest wait; <see cref="Timeout.InfiniteTimeSpan"/> for no limit.</param>
    /// <param name="cancellationToken">Ends the wait early.</param>
    /// <returns>True when all have left, false when the time ran out.</returns>
    /// <exception cref="InvalidOperationException">The calling thread is itself inside a read section of this registry, and would wait for itself.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="AsymmetricBarrierException">The heavy barrier failed; nothing may be concluded.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The time is negative and not infinite.</exception>
    /// <exception cref="ThreadInterruptedException">The thread was interrupted while it waited.</exception>
    public bool WaitForReaders(TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        var deadline = new Deadline(_time, timeout, cancellationToken);
        ThrowIfCallerInside();
        GracePeriod readers = BeginGracePeriod();
        return deadline.SpinUntil(readers.IsOver) || readers.IsOverAtLast();
    }

    /// <exception cref="InvalidOperationException">The calling thread is inside a read section.</exception>
    internal void ThrowIfCallerInside()
    {
        if (IsCallerInside())
        {
            throw new InvalidOperationException(
                "The calling thread is inside a read section of the readers it wants to wait for, and would wait for ever. Dispose the guard first.");
        }
    }

    internal GracePeriod BeginGracePeriod() => new(this, _heavy);

    /// <summary>The name of who holds a slot; null when nobody does.</summary>
    internal string? NameOf(ReaderSlot slot)
    {
        using ExclusiveLock.Scope held = _lock.Enter();
        return slot.Owner?.Name;
    }

    /// <summary>The readers that are inside a read section now, by name: a sample, for diagnostics.</summary>
    /// <returns>The names; a reader may have left before the list is returned.</returns>
    public IReadOnlyList<string> GetActiveReaders()
    {
        var names = new List<string>();
        using ExclusiveLock.Scope held = _lock.Enter();
        foreach (ReaderSlot slot in Slots)
        {
            if (slot.Owner is { } owner && slot.IsInside)
            {
                names.Add(owner.Name);
            }
        }

        return names;
    }

    /// <summary>The slots as they are now: to be read after the heavy barrier, never kept from before it (O5).</summary>
    internal ReaderSlot[] Slots => _slots.Read()!;

    internal long Advance()
    {
        using ExclusiveLock.Scope held = Clock.Gate.Enter();
        return Clock.AdvanceUnderGate();
    }

    internal ReaderSlot Acquire(SlotOwner owner)
    {
        using ExclusiveLock.Scope held = _lock.Enter();
        ThrowIfClosedUnderLock();
        if (_free.Count == 0)
        {
            TakeBackAbandoned();
            if (_free.Count <= Slots.Length / 4)
            {
                Grow(); // Unless that freed a fair part: else one thread after another would look through a full table.
            }
        }

        ReaderSlot slot = _free.Pop();
        slot.Owner = owner;
        return slot;
    }

    /// <summary>Takes a slot back from an owner that gives it up; any later call for the same owner does nothing.</summary>
    /// <param name="slot">The slot.</param>
    /// <param name="owner">The owner; the slot may have another one by now.</param>
    /// <param name="evenInside">Whether a guard left open counts no more; otherwise the slot is quarantined until it has been left.</param>
    internal void Release(ReaderSlot slot, SlotOwner owner, bool evenInside)
    {
        using ExclusiveLock.Scope held = _lock.Enter();
        if (!ReferenceEquals(slot.Owner, owner))
        {
            return;
        }

        if (slot.Lower != 0 && !evenInside)
        {
            owner.IsQuarantined = true;
            _quarantined++;
            return;
        }

        FreeUnderLock(slot);
    }

    /// <summary>
    /// Takes the ways in away, from handles and from threads that read implicitly: entering throws from now on. Guards that are open
    /// stay so, and further calls do nothing.
    /// </summary>
    /// <remarks>
    /// It costs readers nothing: no slot changes, but what a handle or a thread finds its slot by. One that had found it
    /// and not yet announced itself still comes in, once; it is seen by every scan, as any other (O1). That is also why no
    /// slot is freed here; those freed later are given to nobody.
    /// </remarks>
    internal void Close()
    {
        using ExclusiveLock.Scope held = _lock.Enter();
        if (_isClosed)
        {
            return;
        }

        _isClosed = true;
        _entry.Write(new EraClock());
        foreach (ReaderSlot slot in Slots)
        {
            if (slot.Owner?.Handle is { } weak && weak.TryGetTarget(out ReaderHandle? handle))
            {
                handle.Close();
            }
        }
    }

    internal void ThrowIfClosed()
    {
        using ExclusiveLock.Scope held = _lock.Enter();
        ThrowIfClosedUnderLock();
    }

    /// <summary>Whether the calling thread has a guard open on any of its readers here.</summary>
    internal bool IsCallerInside() => FindSlotOfCallerInside() is not null;

    /// <summary>The slot of a reader on which the calling thread has a guard open; null when there is none.</summary>
    internal ReaderSlot? FindSlotOfCallerInside()
    {
        using ExclusiveLock.Scope held = _lock.Enter();
        foreach (ReaderSlot slot in Slots)
        {
            if (slot.Owner is { } owner && owner.Thread == ThreadIdentity.Current && slot.IsInside)
            {
                return slot;
            }
        }

        return null;
    }

    /// <summary>Takes back what readers that are gone have left: threads that have ended, and handles collected and left. O(slots).</summary>
    /// <remarks>A guard is a ref struct: it cannot outlive its thread, so what an ended thread left open protects nothing.</remarks>
    internal void TakeBackAbandoned()
    {
        using ExclusiveLock.Scope held = _lock.Enter();
        foreach (ReaderSlot slot in Slots)
        {
            if (slot.Owner is not { } owner)
            {
                continue;
            }

            // O4: where the slot says that the reader has left, Lower was read with acquire, before the next owner or the scanner goes on from
            // here. Where the thread has ended, its end orders what it did before whatever follows IsAlive.
            bool ended = !owner.Thread.IsAlive;
            if ((owner.IsImplicit && ended) || (owner.IsQuarantined && (ended || slot.Lower == 0)))
            {
                FreeUnderLock(slot);
            }
            else if (ended && slot.Lower != 0)
            {
                slot.Clear(); // A handle somebody still keeps: its slot stays its own.
            }
        }
    }

    private void ThrowIfClosedUnderLock() => ObjectDisposedException.ThrowIf(_isClosed, typeof(RetirementDomain));

    private void FreeUnderLock(ReaderSlot slot)
    {
        _quarantined -= slot.Owner is { IsQuarantined: true } ? 1 : 0;
        slot.Clear();
        slot.Owner = null;
        _free.Push(slot); // Room was made when the slot was: this never allocates, not even in a finalizer.
    }

    private void Grow()
    {
        ReaderSlot[] old = Slots;
        var grown = new ReaderSlot[Math.Max(InitialCapacity, old.Length * 2)];
        old.CopyTo(grown, 0);
        for (int i = old.Length; i < grown.Length; i++)
        {
            grown[i] = new ReaderSlot(Clock);
        }

        _free.EnsureCapacity(grown.Length);
        _slots.Write(grown); // O5: every slot is in the table before anybody can get it.
        for (int i = old.Length; i < grown.Length; i++)
        {
            _free.Push(grown[i]);
        }
    }
}
