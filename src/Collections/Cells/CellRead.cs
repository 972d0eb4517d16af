using System.Runtime.CompilerServices;

namespace SwmrKit;

/// <summary>One read of a <see cref="SwmrCell{T}"/>: the value, safe from disposal until this is disposed.</summary>
/// <typeparam name="T">The type of the value.</typeparam>
/// <remarks>Use it with <c>using</c>, on one thread; see <see cref="ReadGuard"/>. Do not dispose the value, and do not use it afterwards.</remarks>
public ref struct CellRead<T>
    where T : class
{
    // A ReadGuard's slot and token, held here flat: with the guard as a field the JIT keeps it in memory.
    private readonly long _token;
    private readonly Published<T> _node;
    private ReaderSlot? _slot;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal CellRead(ReaderSlot slot, long token, Published<T> node)
    {
        _slot = slot;
        _token = token;
        _node = node;
    }

    /// <summary>The same read, for what a call has returned: the JIT keeps that in memory, and may keep the copy in registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal readonly CellRead<T> Copy()
    {
        ReaderSlot slot = _slot!;
        _ = slot.Clock; // Not null, then, on this way as on the usual one: Value need not look again.
        return new(slot, _token, _node);
    }

    /// <summary>The value that was current when the read began.</summary>
    /// <exception cref="InvalidOperationException">This is <c>default</c> or has been disposed.</exception>
    public readonly T Value
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Node.Value;
    }

    /// <summary>The number of this value among those the cell has held, from 1.</summary>
    /// <exception cref="InvalidOperationException">This is <c>default</c> or has been disposed.</exception>
    public readonly long Version => Node.Version;

    private readonly Published<T> Node
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            if (_slot is null)
            {
                ReadGuard.ThrowNotOpen();
            }

            return _node;
        }
    }

    /// <summary>Takes a lease of this value, which outlives the read: it may cross <c>await</c> and threads.</summary>
    /// <returns>The lease; dispose it.</returns>
    /// <remarks>O(1) amortised; it allocates. The value is this read's even if it has been replaced meanwhile.</remarks>
    /// <exception cref="InvalidOperationException">This is <c>default</c> or has been disposed.</exception>
    public readonly Lease<T> Lease() => Lease<T>.Promote(Node);

    /// <summary>Ends the read. Further calls, on copies too, do nothing.</summary>
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
}
