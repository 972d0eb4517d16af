using System.Diagnostics;
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
    private ReaderSlot _slot;

    internal ReaderHandle(ReaderRegistry registry, ReaderSlot slot)
    {
        _registry = registry;
        _slot = slot;
        _owner = slot.Owner!;
    }

    /// <summary>The name given at registration, for people.</summary>
    public string Name => _owner.Name;

    internal ReaderSlot Slot => _slot;

    /// <summary>Enters a read section. O(1): two loads and three stores, no fence, no allocation.</summary>
    /// <returns>The guard; dispose it on this thread, innermost first.</returns>
    /// <exception cref="ObjectDisposedException">The handle has been disposed.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ReadGuard Enter()
    {
        var guard = new ReadGuard(_slot);
        KeepAlive(this); // Until the slot says that somebody is inside, the finalizer would give it to another thread.
        return guard;
    }

    /// <summary>Gives the reader's place back. Further calls do nothing.</summary>
    /// <exception cref="InvalidOperationException">A guard of this handle is open, or another thread calls while the one it is bound to lives.</exception>
    public void Dispose()
    {
        ReaderSlot slot = _slot;
        if (ReferenceEquals(slot, ReaderSlot.Closed))
        {
            return;
        }

        if (_owner.Thread != ThreadIdentity.Current && _owner.Thread.IsAlive)
        {
            throw new InvalidOperationException(
                $"The reader '{Name}' is bound to another thread, which may be entering at this moment. Dispose it there, or after that thread has ended.");
        }

        if (slot.IsInside && _owner.Thread.IsAlive)
        {
            throw new InvalidOperationException($"The reader '{Name}' is inside a read section. Dispose its guard first.");
        }

        _registry.Release(slot, _owner, evenInside: true);
        _slot = ReaderSlot.Closed;
        NeedsNoCollecting();
    }

    /// <summary>Gives the slot back, now or when the guard still open on it has been left.</summary>
    protected override void OnCollected()
    {
        // Never between the load of the slot and its announcement: entering keeps the handle alive until then.
        if (!ReferenceEquals(_slot, ReaderSlot.Closed))
        {
            _registry.Release(_slot, _owner, evenInside: false);
        }
    }
}
