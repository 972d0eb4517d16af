using System.Runtime.CompilerServices;

namespace SwmrKit;

/// <summary>One read of a <see cref="SwmrCell{T}"/>: the value, safe from disposal until this is disposed.</summary>
/// <typeparam name="T">The type of the value.</typeparam>
/// <remarks>Use it with <c>using</c>, on one thread; see <see cref="ReadGuard"/>. Do not dispose the value, and do not use it afterwards.</remarks>
public ref struct CellRead<T>
    where T : class
{
    private ReadGuard _guard;
    private SwmrCell<T>.Node? _node;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal CellRead(ReadGuard guard, SwmrCell<T>.Node node)
    {
        _guard = guard;
        _node = node;
    }

    /// <summary>The value that was current when the read began.</summary>
    /// <exception cref="InvalidOperationException">This is <c>default</c> or has been disposed.</exception>
    public readonly T Value
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            if (_node is not { } node)
            {
                ReadGuard.ThrowNotOpen();
                return null!;
            }

            return node.Value;
        }
    }

    /// <summary>The number of this value among those the cell has held, from 1.</summary>
    /// <exception cref="InvalidOperationException">This is <c>default</c> or has been disposed.</exception>
    public readonly long Version
    {
        get
        {
            if (_node is not { } node)
            {
                ReadGuard.ThrowNotOpen();
                return 0;
            }

            return node.Version;
        }
    }

    /// <summary>Ends the read. Further calls do nothing.</summary>
    /// <exception cref="InvalidOperationException">A guard entered later on the same reader is still open.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Dispose()
    {
        _guard.Dispose();
        _node = null;
    }
}
