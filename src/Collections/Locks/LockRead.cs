using System.Runtime.CompilerServices;

namespace SwmrKit;

/// <summary>A read section of a <see cref="ReaderBiasedLock"/>: no writer is inside until this is disposed.</summary>
/// <remarks>Use it with <c>using</c>, on one thread, innermost first; do not copy it. It costs no allocation. <c>default</c> holds nothing, and disposing it does nothing.</remarks>
public ref struct LockRead
{
    private readonly long _token;
    private ReaderSlot? _slot;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal LockRead(ReaderSlot slot, long token)
    {
        _slot = slot;
        _token = token;
    }

    /// <summary>Leaves the read section. Further calls, on copies too, do nothing: on this read's thread, where all of them belong.</summary>
    /// <exception cref="InvalidOperationException">A read entered later on the same reader, or inside this one while a writer waited, is still open; nothing has been changed.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Dispose()
    {
        if (_slot is { } slot)
        {
            if (!slot.TryLeave(_token)) // L4: release.
            {
                slot.LeaveNested(_token);
            }

            _slot = null;
        }
    }

    /// <summary>The same read, for what a call has returned: the JIT keeps that in memory, and may keep the copy in registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal readonly LockRead Copy() => new(_slot!, _token);
}
