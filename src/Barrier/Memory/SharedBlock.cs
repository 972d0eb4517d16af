using System.Runtime.CompilerServices;

namespace SwmrKit.Memory;

/// <summary>
/// A value of many words that is copied out while another thread may be copying a new one in: what comes out may be of both, and whoever copies must
/// find out by other means whether it is.
/// </summary>
/// <remarks>
/// Copies order nothing: put a <see cref="Fence"/> between them and the words that tell. Copying in is for one thread at a time. A mutable struct: keep it in a
/// field that is not <c>readonly</c>, or in an array, and never copy the block itself. O(size), no allocation.
/// </remarks>
/// <typeparam name="T">The type of the value.</typeparam>
public struct SharedBlock<T>
    where T : unmanaged
{
    private T _value;

    /// <summary>Copies the value out.</summary>
    /// <param name="value">What was there, perhaps of several values.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void CopyTo(out T value) => value = _value;

    /// <summary>Copies a value in.</summary>
    /// <param name="value">The value.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void CopyFrom(in T value) => _value = value;
}
