using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace SwmrKit.Memory;

/// <summary>
/// An ordinary variable that threads take turns at, because something else orders them: a lock, a protocol, the end of a thread.
/// </summary>
/// <remarks>
/// Reads and writes are ordinary ones, neither atomic nor ordering. The type says that the turns are somebody's business, and
/// lets a model checker find two threads at it without an order between them, which is a data race. A mutable struct: keep it in
/// a field that is not <c>readonly</c>, and never copy it.
/// </remarks>
/// <typeparam name="T">The type of the variable.</typeparam>
/// <param name="value">The initial value.</param>
[DebuggerDisplay("{_value}")]
public struct PlainData<T>(T value)
{
    private T _value = value;

    /// <summary>Reads it, in this thread's turn.</summary>
    /// <returns>The value.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly T Read() => _value;

    /// <summary>Writes it, in this thread's turn.</summary>
    /// <param name="value">The value.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Write(T value) => _value = value;
}
