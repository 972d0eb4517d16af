using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace SwmrKit;

/// <summary>
/// Holds the current one of a succession of objects: a certificate, a memory-mapped index, a configuration with its resources.
/// Reading it is free; what is replaced is disposed exactly once, as soon as no reader uses it.
/// </summary>
/// <typeparam name="T">The type of the object. One that implements <see cref="IDisposable"/>, or only <see cref="IAsyncDisposable"/>, is disposed
/// when it has been replaced; one that implements both, by its <see cref="IDisposable.Dispose"/>.</typeparam>
/// <remarks>
/// <para>Reads cost no fence, no lock and no allocation, whatever writers do, and never wait. Writers are serialised by a lock.
/// A write never waits for readers.</para>
/// <para>The cell owns what is published in it: publish each disposable object in one cell, and let the cell dispose it. Dispose
/// the cell to retire the last one. What need not be disposed, a string for instance, may be published anywhere.</para>
/// <para>All members may be called from any thread; a read belongs to the thread that made it. All are O(1), but that a write may be the one whose
/// retirement fills a batch of the domain and reclaims it, and that <see cref="Dispose"/> reclaims what the domain has ready.</para>
/// </remarks>
[DebuggerDisplay("Version = {Version}")]
public sealed class SwmrCell<T> : IDisposable, ILiveRoot<T>
    where T : class
{
    private readonly EraClock _clock;
    private readonly ReaderRegistry _readers;
    private readonly ValueDisposal<T> _disposal;
    private readonly ExclusiveLock _writer = new();
    private SharedReference<Published<T>> _current;
    private TaskCompletionSource<long>? _change; // Guarded by the writer's lock.

    /// <summary>Creates a cell in <see cref="RetirementDomain.Shared"/>.</summary>
    /// <param name="value">The first value; the cell owns it from now on.</param>
    /// <exception cref="ArgumentNullException"><paramref name="value"/> is null.</exception>
    /// <exception cref="InvalidOperationException">The object is owned by another cell, or has been retired.</exception>
    public SwmrCell(T value)
        : this(value, RetirementDomain.Shared)
    {
    }

    /// <summary>Creates a cell.</summary>
    /// <param name="value">The first value; the cell owns it from now on.</param>
    /// <param name="domain">Who disposes what was replaced.</param>
    /// <param name="reclaim">What to do with a replaced object instead of disposing it, for instance return it to a pool.</param>
    /// <exception cref="ArgumentNullException"><paramref name="value"/> or <paramref name="domain"/> is null.</exception>
    /// <exception cref="ObjectDisposedException">The domain has been disposed.</exception>
    /// <exception cref="InvalidOperationException">The object is owned by another cell, or has been retired.</exception>
    public SwmrCell(T value, RetirementDomain domain, Action<T>? reclaim = null)
    {
        ArgumentNullException.ThrowIfNull(value);
        _disposal = new ValueDisposal<T>(domain, reclaim);
        Domain = domain;
        _readers = domain.Readers;
        _clock = _readers.Clock;
        var node = new Published<T>(value, _disposal.OwnershipOf(value), version: 1);
        node.Ownership?.Claim();
        _current.Write(node);
    }

    /// <summary>The domain that disposes what was replaced.</summary>
    public RetirementDomain Domain { get; }

    /// <summary>The number of the current value among those the cell has held, from 1.</summary>
    /// <remarks>Read it with the value (<see cref="CellRead{T}.Version"/>) where the two must belong together.</remarks>
    public long Version => _current.Read()!.Version;

    /// <summary>Reads the current value as the calling thread's implicit reader.</summary>
    /// <returns>The read; dispose it on this thread.</returns>
    /// <exception cref="ObjectDisposedException">The cell or its domain has been disposed.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public CellRead<T> Read() => ReadThrough(ImplicitReaders.SlotOf(_readers), _clock);

    /// <summary>Reads the current value through a handle: the fastest way.</summary>
    /// <param name="reader">A handle of this cell's domain, registered by the calling thread.</param>
    /// <returns>The read; dispose it on this thread.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="reader"/> is null.</exception>
    /// <exception cref="InvalidOperationException">The handle belongs to another domain.</exception>
    /// <exception cref="ObjectDisposedException">The cell, its domain or the handle has been disposed.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public CellRead<T> Read(ReaderHandle reader)
    {
        EraClock clock = _clock; // First: this looks whether there is a cell, too.
        if (reader is null)
        {
            ReaderHandle.ThrowUnusable(reader);
        }

        ReaderSlot slot = reader.Slot;
        if (!ReferenceEquals(slot.Clock, clock))
        {
            ReaderHandle.ThrowUnusable(reader);
        }

        CellRead<T> read = ReadThrough(slot, clock);
        FinalizedObject.KeepAlive(reader); // As in ReaderHandle.Enter.
        return read;
    }

    /// <summary>Reads under a guard already open: see <see cref="ReadGuard.Read{T}"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal T ReadUnder(ref ReadGuard guard)
    {
        if (!guard.IsOf(_clock))
        {
            ThrowUnusable(guard);
        }

        // O8, as in ReadThrough: the guard was announced when it was entered (O1), the load comes from the live root.
        Published<T> node = _current.Read()!;
        if (node.Birth > guard.Upper)
        {
            node = ReadRaised(guard.Slot!) ?? throw new ObjectDisposedException(GetType().FullName);
            guard.UpperWasRaised();
        }

        return node.Value;
    }

    /// <summary>Takes a lease of the current value: it is held until the lease is disposed, across <c>await</c> and on any thread.</summary>
    /// <returns>The lease; dispose it.</returns>
    /// <remarks>
    /// It needs no reader and no guard. O(1) amortised; it allocates, and tries again when the value is replaced at that moment. To lease what a read has
    /// found, see <see cref="CellRead{T}.Lease"/>.
    /// </remarks>
    /// <exception cref="ObjectDisposedException">The cell or its domain has been disposed.</exception>
    public Lease<T> Lease()
    {
        Domain.ThrowIfDisposed();
        return Lease<T>.Take(this) ?? throw new ObjectDisposedException(GetType().FullName);
    }

    /// <summary>The current node, from the live root, with acquire.</summary>
    internal Published<T> Current => _current.Read()!;

    Published<T>? ILiveRoot<T>.Current => Current;

    /// <summary>Takes a lease under a guard already open: see <see cref="ReadGuard.Lease{T}"/>.</summary>
    internal Lease<T> LeaseUnder(ref ReadGuard guard)
    {
        if (!guard.IsOf(_clock))
        {
            ThrowUnusable(guard);
        }

        Published<T> node = Current;
        if (guard.Upper < node.Birth) // O8, as in ReadUnder.
        {
            node = ReadRaised(guard.Slot!) ?? throw new ObjectDisposedException(GetType().FullName);
            guard.UpperWasRaised();
        }

        return Lease<T>.Promote(node);
    }

    /// <summary>Replaces the value; the one replaced is disposed when no reader uses it. Publishing the current object does nothing.</summary>
    /// <param name="value">The new value; the cell owns it from now on.</param>
    /// <returns>The version of <paramref name="value"/>.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="value"/> is null.</exception>
    /// <exception cref="InvalidOperationException">The object is owned by another cell, has been retired, or was published under
    /// another domain; or this is called from inside <see cref="Update"/> of the same cell.</exception>
    /// <exception cref="ObjectDisposedException">The cell has been disposed.</exception>
    /// <exception cref="RetirementOverflowException">More is pending than the domain's options allow; nothing has been changed.</exception>
    public long Publish(T value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return Write(value, static (_, value) => value, retire: true, out _);
    }

    /// <summary>Replaces the value by one computed from it; the one replaced is disposed when no reader uses it.</summary>
    /// <param name="update">Gets the current value and returns the new one, or the same for no change. It runs once, under the
    /// cell's writer lock; if it throws, nothing changes. It must not write to the same cell. What other cells retire meanwhile on this
    /// thread is reclaimed by the flush timer: no callback runs under the lock.</param>
    /// <returns>The version of the value that is current afterwards.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="update"/> is null.</exception>
    /// <exception cref="InvalidOperationException">It returned null or an object that cannot be published (see <see cref="Publish"/>).</exception>
    /// <exception cref="ObjectDisposedException">The cell has been disposed.</exception>
    /// <exception cref="RetirementOverflowException">More is pending than the domain's options allow; nothing has been changed.</exception>
    public long Update(Func<T, T> update)
    {
        ArgumentNullException.ThrowIfNull(update);
        return Write(update, CallUnderLock, retire: true, out _);
    }

    /// <summary>Replaces the value and leaves the one replaced to the caller, who publishes it again or retires it.</summary>
    /// <param name="value">The new value; the cell owns it from now on.</param>
    /// <returns>The object replaced, or null when <paramref name="value"/> is the current one, and nothing has changed.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="value"/> is null.</exception>
    /// <exception cref="InvalidOperationException">As for <see cref="Publish"/>.</exception>
    /// <exception cref="ObjectDisposedException">The cell has been disposed.</exception>
    public Detached<T>? Exchange(T value)
    {
        ArgumentNullException.ThrowIfNull(value);
        Write(value, static (_, value) => value, retire: false, out Detached<T>? detached);
        return detached;
    }

    /// <summary>Completes when the cell holds a value newer than the given version.</summary>
    /// <param name="version">The version already seen.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The newer version; at once if there is one already. Versions between may be skipped.</returns>
    /// <exception cref="ObjectDisposedException">The cell has been disposed, now or while waiting.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public Task<long> WaitForChangeAsync(long version, CancellationToken cancellationToken = default)
    {
        using ExclusiveLock.Scope writing = _writer.Enter();
        Published<T> current = CurrentUnderLock();
        if (current.Version > version)
        {
            return Task.FromResult(current.Version);
        }

        _change ??= new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
        return _change.Task.WaitAsync(cancellationToken);
    }

    /// <summary>
    /// Retires the current value and reclaims at once what no reader holds, as a rule this value too; if a reader may hold it, it is disposed
    /// when that one has left. Later reads and writes throw. Further calls do nothing.
    /// </summary>
    /// <remarks>
    /// <para>This waits for no reader, and for no callback or asynchronous disposal that another thread is running or this has begun. So the value may not yet be
    /// disposed when this returns: while any reader of <see cref="Domain"/> is inside that entered while the value was alive, through another
    /// cell too; when another thread is reclaiming and has taken it over; when the heavy barrier failed, which <see cref="RetirementDomain.ReclaimFailed"/>
    /// reports; and in a reclamation callback or in <see cref="Update"/> of another cell, where the flush timer does the disposing.
    /// <see cref="RetirementDomain.Synchronize"/> of <see cref="Domain"/> waits for all of these.</para>
    /// <para>Its time is that of <see cref="RetirementDomain.TryReclaim"/>, with the callbacks of what else the domain has ready, and once more
    /// for each full batch that comes in meanwhile.</para>
    /// </remarks>
    /// <exception cref="InvalidOperationException">This is called from inside <see cref="Update"/> of the same cell.</exception>
    public void Dispose()
    {
        Published<T> current;
        ObjectDisposedException? refusal;
        TaskCompletionSource<long>? change;
        RetirementReservation room;
        RefuseReentry();
        using (_writer.Enter())
        {
            current = _current.ReadRelaxed()!;
            if (current.IsDisposed)
            {
                return;
            }

            var disposed = Published<T>.Disposed(current);
            refusal = _change is null ? null : new ObjectDisposedException(nameof(SwmrCell<>));
            room = Domain.ReserveAlways(); // As in Write: what can fail, before the unlink.
            change = TakeChange();
            _current.Write(disposed); // O2: the unlink, before the tag.
            current.Ownership?.Retire();
        }

        try
        {
            if (change is not null && change.TrySetException(refusal!))
            {
                _ = change.Task.Exception; // Observed: those who waited may have given up long ago.
            }
        }
        finally
        {
            _disposal.Retire(current.Value, current.Ownership, ref room);
        }

        if (Reclaimer.MayRunCallbacks)
        {
            Domain.Reclaimer.Flush(); // Nothing may follow that would: the process may be about to end.
        }
    }

    /// <summary>Other objects' callbacks do not run in the update, where they would find this cell's lock held.</summary>
    private static T CallUnderLock(T current, Func<T, T> update)
    {
        WriterScope.Enter();
        try
        {
            return update(current);
        }
        finally
        {
            WriterScope.Exit();
        }
    }

    /// <summary>
    /// The one way in which the value changes: allocate, make room, claim, unlink, and only then, outside the lock, retire. What
    /// fails before the unlink has changed nothing; from the unlink to the retirement nothing can.
    /// </summary>
    private long Write<TState>(TState state, Func<T, TState, T> next, bool retire, out Detached<T>? detached)
    {
        detached = null;
        Published<T> node;
        Published<T> replaced;
        TaskCompletionSource<long>? change;
        RetirementReservation room = default;
        RefuseReentry();
        using (_writer.Enter())
        {
            Published<T> current = CurrentUnderLock();
            T value = next(current.Value, state) ?? throw new InvalidOperationException("The update returned null; a cell always holds an object.");
            if (ReferenceEquals(value, current.Value))
            {
                return current.Version;
            }

            node = new Published<T>(value, _disposal.OwnershipOf(value), current.Version + 1);
            replaced = current;
            if (!retire)
            {
                detached = new Detached<T>(_disposal, current.Value, current.Ownership, current.Ownership?.Publication ?? 0);
            }
            else if (current.Ownership is not null)
            {
                room = Domain.Reserve();
            }

            try
            {
                node.Ownership?.Claim();
            }
            catch
            {
                room.Dispose();
                throw;
            }

            change = TakeChange();
            _current.Write(node); // The publication, and the unlink of the old one: before its tag (O2), by the lock in Retire.
            if (retire)
            {
                current.Ownership?.Retire();
            }
            else
            {
                current.Ownership?.Detach();
            }
        }

        try
        {
            change?.TrySetResult(node.Version); // Before other things' callbacks run.
        }
        finally
        {
            if (retire && replaced.Ownership is not null)
            {
                _disposal.Retire(replaced.Value, replaced.Ownership, ref room);
            }
        }

        return node.Version;
    }

    // As ReadGuard's construction, but so that no call which returns stands between the slot's load and its last use: whatever
    // lives across one, however seldom it is made, is kept on the stack, which costs every read a store and a load.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal CellRead<T> ReadThrough(ReaderSlot slot, EraClock clock)
    {
        if (slot.IsInside)
        {
            return ReadNested(slot).Copy();
        }

        long upper = clock.Now; // O3: acquire, before the announcement.
        long token = slot.Enter(upper);
        Published<T> node = _current.Read()!;

        // O8: born by the published upper bound, or the bound is raised and the load repeated.
        return node.Birth > upper ? ReadRaised(slot, token).Copy() : new CellRead<T>(slot, token, node);
    }

    /// <summary>Reads while another guard is open on the slot: under the bounds that one has published, if they suffice.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private CellRead<T> ReadNested(ReaderSlot slot)
    {
        long token = slot.EnterNested();
        Published<T> node = _current.Read()!;
        return node.Birth > slot.PublishedUpper ? ReadRaised(slot, token) : new CellRead<T>(slot, token, node);
    }

    /// <summary>The rest of a read whose slot does not cover the current value yet.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private CellRead<T> ReadRaised(ReaderSlot slot, long token) =>
        new(slot, token, ReadRaised(slot) ?? ThrowDisposed(slot, token));

    /// <summary>Raises the upper bound until the current value was born by it; null when the cell has been disposed.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private Published<T>? ReadRaised(ReaderSlot slot)
    {
        Published<T> node;
        do
        {
            slot.RaiseUpper();
            node = _current.Read()!;
        }
        while (node.Birth > slot.PublishedUpper && !node.IsDisposed);

        return node.IsDisposed ? null : node;
    }

    [DoesNotReturn]
    private Published<T> ThrowDisposed(ReaderSlot slot, long token)
    {
        new CellRead<T>(slot, token, null!).Dispose();
        throw new ObjectDisposedException(GetType().FullName);
    }

    private Published<T> CurrentUnderLock()
    {
        Published<T> current = _current.ReadRelaxed()!;
        ObjectDisposedException.ThrowIf(current.IsDisposed, this);
        return current;
    }

    private TaskCompletionSource<long>? TakeChange()
    {
        TaskCompletionSource<long>? change = _change;
        _change = null;
        return change;
    }

    private void RefuseReentry()
    {
        if (_writer.IsHeldByCurrentThread)
        {
            throw new InvalidOperationException("The cell was written from inside its own Update. Return the new value instead.");
        }
    }

    // Ends in a throw of its own, as ReaderHandle's.
    [DoesNotReturn]
    private static void ThrowUnusable(ReadGuard guard)
    {
        if (!guard.IsOpen)
        {
            ReadGuard.ThrowNotOpen();
        }

        ReadGuard.ThrowForeign();
        throw new UnreachableException();
    }
}
