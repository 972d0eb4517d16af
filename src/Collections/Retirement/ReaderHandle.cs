using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace SwmrKit;

/// <summary>A registered reader, bound to the thread that registered it: the fastest way into a read section.</summary>
/// <remarks>
/// <para>Only that thread may enter through it; nothing checks this on the way in, because the check would cost more than
/// entering does. Read sections may nest.</para>
/// <para>Dispose it when the thread stops reading. One that is dropped instead gives its place back when it is collected and its
/// last guard has been left; a guard that is never left holds back what it protects until its thread ends.</para>
/// </remarks>
[DebuggerDisplay("{Name}")]
public sealed class ReaderHandle : FinalizedObject, IDisposable
{
    private readonly ReaderRegistry _registry;
    private readonly SlotOwner _owner;
    private readonly ReaderSlot _slot;

    // The way in: the slot, until the handle is disposed or the registry closed.
    private SharedReference<ReaderSlot> _entry;

    // The same for a lock, which lets nobody in without looking at its mode. A handle has one of the two.
    private SharedReference<ReaderSlot> _lockEntry;
    private SharedInt32 _disposed;

    internal ReaderHandle(ReaderRegistry registry, ReaderSlot slot, bool isOfLock)
    {
        _registry = registry;
        _slot = slot;
        _entry = new SharedReference<ReaderSlot>(isOfLock ? ReaderSlot.NoWayIn : slot);
        _lockEntry = new SharedReference<ReaderSlot>(isOfLock ? slot : ReaderSlot.NoWayIn);
        _owner = slot.Owner!;
    }

    /// <summary>The name given at registration, for people.</summary>
    public string Name => _owner.Name;

    internal ReaderSlot Slot
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _entry.ReadRelaxed()!;
    }

    internal ReaderSlot LockSlot
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _lockEntry.ReadRelaxed()!;
    }

    /// <summary>Enters a read section. O(1): four loads and two stores, no fence, no allocation.</summary>
    /// <returns>The guard; dispose it on this thread, innermost first.</returns>
    /// <exception cref="ObjectDisposedException">The handle or its domain has been disposed.</exception>
    /// <exception cref="InvalidOperationException">The handle is a <see cref="ReaderBiasedLock"/>'s, to be passed to its <see cref="ReaderBiasedLock.EnterRead(ReaderHandle)"/>.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ReadGuard Enter()
    {
        var guard = new ReadGuard(Slot);
        KeepAlive(this); // Until the slot says that somebody is inside, the finalizer would give it to another thread.
        return guard;
    }

    /// <summary>Gives the reader's place back. Further calls do nothing.</summary>
    /// <exception cref="InvalidOperationException">A guard of this handle is open, or another thread calls while the one it is bound to lives.</exception>
    public void Dispose()
    {
        if (_disposed.Read() != 0)
        {
            return;
        }

        if (_owner.Thread != ThreadIdentity.Current && _owner.Thread.IsAlive)
        {
            throw new InvalidOperationException(
                $"The reader '{Name}' is bound to another thread, which may be entering at this moment. Dispose it there, or after that thread has ended.");
        }

        if (_slot.IsInside && _owner.Thread.IsAlive)
        {
            throw new InvalidOperationException($"The reader '{Name}' is inside a read section. Dispose its guard first.");
        }

        _registry.Release(_slot, _owner, evenInside: true);
        Close();
        _disposed.Write(1);
        NeedsNoCollecting();
    }

    /// <summary>Takes the way in away; a guard that is open stays so. May be called from any thread.</summary>
    internal void Close()
    {
        _entry.Write(ReaderSlot.Closed);
        _lockEntry.Write(ReaderSlot.Closed);
    }

    /// <exception cref="ObjectDisposedException">The handle, or what it was registered with, has been disposed.</exception>
    internal void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(ReferenceEquals(Slot, ReaderSlot.Closed), this);

    /// <summary>Refuses a handle that is null, has been disposed or belongs to another domain than the container's.</summary>
    /// <remarks>It ends in a throw of its own and may be inlined, although it never is: only so does the JIT see that it does not return.</remarks>
    [DoesNotReturn]
    internal static void ThrowUnusable(ReaderHandle? reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        reader.ThrowIfDisposed();
        ReadGuard.ThrowForeign();
        throw new UnreachableException();
    }

    /// <summary>Gives the slot back, now or when the guard still open on it has been left.</summary>
    protected override void OnCollected()
    {
        // Never between the load of the slot and its announcement: entering keeps the handle alive until then.
        if (_disposed.Read() == 0)
        {
            _registry.Release(_slot, _owner, evenInside: false);
        }
    }
}
