using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace SwmrKit;

/// <summary>A registered reader, bound to the thread that registered it: the fastest way into a read section.</summary>
/// <remarks>
/// <para>Only that thread may enter through it; nothing checks this on the way in, because the check would cost more than
/// entering does. Read sections may nest.</para>
/// <para>Dispose it when the thread stops reading. One that is dropped instead gives its place back when it is collected; one
/// dropped inside a guard that was never disposed holds back what that guard protects until its thread ends.</para>
/// </remarks>
[DebuggerDisplay("{Name}")]
public sealed class ReaderHandle : IDisposable
{
    private readonly ReaderRegistry _registry;
    private readonly object _root;
    private readonly SlotOwner _owner;
    private ReaderSlot _slot;

    internal ReaderHandle(ReaderRegistry registry, object root, ReaderSlot slot)
    {
        _registry = registry;
        _root = root;
        _slot = slot;
        _owner = slot.Owner!;
    }

    /// <summary>Gives the slot back, or quarantines it when a guard was left open.</summary>
    ~ReaderHandle()
    {
        // Runs only when no guard holds this handle: each keeps it alive from entry to Dispose.
        if (!ReferenceEquals(_slot, ReaderSlot.Closed))
        {
            _registry.Release(_slot);
        }
    }

    /// <summary>The name given at registration, for people.</summary>
    public string Name => _owner.Name;

    internal ReaderSlot Slot => _slot;

    /// <summary>Enters a read section. O(1): two loads and three stores, no fence, no allocation.</summary>
    /// <returns>The guard; dispose it on this thread, innermost first.</returns>
    /// <exception cref="ObjectDisposedException">The handle has been disposed.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ReadGuard Enter() => new(this, _slot);

    /// <summary>Gives the reader's place back. Further calls do nothing.</summary>
    /// <exception cref="InvalidOperationException">A guard of this handle is open, or another thread calls while the one it is bound to lives.</exception>
    public void Dispose()
    {
        ReaderSlot slot = _slot;
        if (ReferenceEquals(slot, ReaderSlot.Closed))
        {
            return;
        }

        if (_owner.Thread != Thread.CurrentThread && _owner.Thread.IsAlive)
        {
            throw new InvalidOperationException(
                $"The reader '{Name}' is bound to another thread, which may be entering at this moment. Dispose it there, or after that thread has ended.");
        }

        if (slot.IsInside && _owner.Thread.IsAlive)
        {
            throw new InvalidOperationException($"The reader '{Name}' is inside a read section. Dispose its guard first.");
        }

        _slot = ReaderSlot.Closed;
        slot.Clear();
        _registry.Release(slot);
        GC.SuppressFinalize(this);
        GC.KeepAlive(_root);
    }
}
