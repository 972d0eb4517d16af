using System.Runtime.CompilerServices;

namespace SwmrKit;

/// <summary>One read of a <see cref="LeftRight{T}"/>: a copy that nobody changes until this is disposed.</summary>
/// <typeparam name="T">The type of the structure.</typeparam>
/// <remarks>Use it with <c>using</c>, on one thread, innermost first; do not copy it. It costs no allocation. Do not change the structure, and do not use it afterwards.</remarks>
public ref struct LeftRightRead<T>
    where T : class
{
    private readonly long _token;
    private readonly T _value;
    private ReaderSlot? _slot;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal LeftRightRead(ReaderSlot slot, long token, T value)
    {
        _slot = slot;
        _token = token;
        _value = value;
    }

    /// <summary>The copy that was published when the read began.</summary>
    /// <exception cref="InvalidOperationException">This is <c>default</c> or has been disposed.</exception>
    public readonly T Value
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            if (_slot is null)
            {
                ReadGuard.ThrowNotOpen();
            }

            return _value;
        }
    }

    /// <summary>Ends the read. Further calls, on copies too, do nothing.</summary>
    /// <exception cref="InvalidOperationException">A read entered later on the same reader is still open; nothing has been changed.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Dispose()
    {
        if (_slot is { } slot)
        {
            if (!slot.TryLeave(_token)) // L7: release.
            {
                slot.LeaveNested(_token);
            }

            _slot = null;
        }
    }

    /// <summary>The same read, for what a call has returned: the JIT keeps that in memory, and may keep the copy in registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal readonly LeftRightRead<T> Copy()
    {
        ReaderSlot slot = _slot!;
        _ = slot.Clock; // Not null, then, on this way as on the usual one.
        return new(slot, _token, _value);
    }
}
