using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace SwmrKit.Memory;

/// <summary>A reference that several threads touch.</summary>
/// <remarks>
/// A mutable struct: keep it in a field that is not <c>readonly</c>, or in an array, and never copy it while it is shared.
/// Every member is atomic and may be called from any thread; O(1), no allocation.
/// </remarks>
/// <typeparam name="T">The type referred to.</typeparam>
/// <param name="value">The initial value, to be published with the object that holds the word.</param>
[DebuggerDisplay("{_value}")]
public struct SharedReference<T>(T? value)
    where T : class
{
    private T? _value = value;

    /// <summary>Reads with acquire semantics: no later access of this thread moves before it.</summary>
    /// <returns>The value.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly T? Read() => Volatile.Read(in _value);

    /// <summary>Writes with release semantics: no earlier access of this thread moves after it.</summary>
    /// <param name="value">The value.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Write(T? value) => Volatile.Write(ref _value, value);

    /// <summary>Reads atomically and orders nothing. The compiler may reuse the result of an earlier read.</summary>
    /// <returns>The value.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly T? ReadRelaxed() => _value;

    /// <summary>Writes atomically and orders nothing.</summary>
    /// <param name="value">The value.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void WriteRelaxed(T? value)
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
    public void Announce(T? value)
    {
        Volatile.Write(ref _value, value);
        AsymmetricBarrier.LightAfterRelease();
    }

    /// <summary>Replaces the value atomically, as a full fence.</summary>
    /// <param name="value">The new value.</param>
    /// <returns>The value replaced.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T? Exchange(T? value) => Interlocked.Exchange(ref _value, value);

    /// <summary>Replaces the value atomically if it is <paramref name="comparand"/>, as a full fence.</summary>
    /// <param name="value">The new value.</param>
    /// <param name="comparand">The value expected.</param>
    /// <returns>The value found; the same reference as <paramref name="comparand"/> exactly when the new one was written.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T? CompareExchange(T? value, T? comparand) => Interlocked.CompareExchange(ref _value, value, comparand);

    /// <summary>Copies words, each read and written atomically, and orders nothing.</summary>
    /// <param name="from">Where from.</param>
    /// <param name="to">Where to.</param>
    /// <exception cref="ArgumentException"><paramref name="to"/> is shorter than <paramref name="from"/>.</exception>
#pragma warning disable CA1000 // It is about words of this type.
    public static void CopyRelaxed(ReadOnlySpan<SharedReference<T>> from, Span<SharedReference<T>> to) => from.CopyTo(to); // By whole references: the collector needs that too.
#pragma warning restore CA1000
}
