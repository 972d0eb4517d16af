using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace SwmrKit.Memory;

/// <summary>A 32-bit integer that several threads touch.</summary>
/// <remarks>
/// A mutable struct: keep it in a field that is not <c>readonly</c>, or in an array, and never copy it while it is shared.
/// Every member is atomic and may be called from any thread; O(1), no allocation.
/// </remarks>
/// <param name="value">The initial value, to be published with the object that holds the word.</param>
[DebuggerDisplay("{_value}")]
public struct SharedInt32(int value)
{
    private int _value = value;

    /// <summary>Reads with acquire semantics: no later access of this thread moves before it.</summary>
    /// <returns>The value.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly int Read() => Volatile.Read(in _value);

    /// <summary>Writes with release semantics: no earlier access of this thread moves after it.</summary>
    /// <param name="value">The value.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Write(int value) => Volatile.Write(ref _value, value);

    /// <summary>Reads atomically and orders nothing. The compiler may reuse the result of an earlier read.</summary>
    /// <returns>The value.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly int ReadRelaxed() => _value;

    /// <summary>Writes atomically and orders nothing.</summary>
    /// <param name="value">The value.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void WriteRelaxed(int value)
    {
        _value = value;
    }

    /// <summary>
    /// Writes with release semantics, then <see cref="AsymmetricBarrier.Light"/>: a writer whose <see cref="AsymmetricBarrier.Heavy"/>
    /// comes later sees the value, or the acquire loads that follow here see what that writer did before it.
    /// </summary>
    /// <remarks>The next shared access of this thread must be a <c>Read</c>: on arm64 that is what keeps the order without a barrier.</remarks>
    /// <param name="value">The value.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Announce(int value)
    {
        Volatile.Write(ref _value, value);
        AsymmetricBarrier.LightAfterRelease();
    }

    /// <summary>Replaces the value atomically, as a full fence.</summary>
    /// <param name="value">The new value.</param>
    /// <returns>The value replaced.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Exchange(int value) => Interlocked.Exchange(ref _value, value);

    /// <summary>Adds atomically, as a full fence.</summary>
    /// <param name="value">What to add.</param>
    /// <returns>The sum.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Add(int value) => Interlocked.Add(ref _value, value);

    /// <summary>Replaces the value atomically if it is <paramref name="comparand"/>, as a full fence.</summary>
    /// <param name="value">The new value.</param>
    /// <param name="comparand">The value expected.</param>
    /// <returns>The value found; equal to <paramref name="comparand"/> exactly when the new one was written.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int CompareExchange(int value, int comparand) => Interlocked.CompareExchange(ref _value, value, comparand);
}
