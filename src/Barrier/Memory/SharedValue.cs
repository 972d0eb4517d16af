using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace SwmrKit.Memory;

/// <summary>A reference, or a primitive of at most the machine's word, that several threads touch: a shared word whose type is a type parameter.</summary>
/// <remarks>
/// A mutable struct: keep it in a field that is not <c>readonly</c>, or in an array, and never copy it while it is shared.
/// Every member is atomic where <see cref="IsAtomic"/> holds, and must not be used where it does not; O(1), no allocation.
/// </remarks>
/// <typeparam name="T">The type of the value.</typeparam>
[DebuggerDisplay("{_value}")]
public struct SharedValue<T>
{
    private T _value;

    /// <summary>Whether the type is one whose reads and writes cannot tear: a reference, or a primitive or enumeration of at most the machine's word.</summary>
#pragma warning disable CA1000 // It is about the type argument.
    public static bool IsAtomic
#pragma warning restore CA1000
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => !typeof(T).IsValueType || ((typeof(T).IsPrimitive || typeof(T).IsEnum) && Unsafe.SizeOf<T>() <= nint.Size);
    }

    /// <summary>Reads with acquire semantics: no later access of this thread moves before it.</summary>
    /// <returns>The value.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly T Read()
    {
        T value = _value;
        Volatile.ReadBarrier();
        return value;
    }

    /// <summary>Writes with release semantics: no earlier access of this thread moves after it.</summary>
    /// <param name="value">The value.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Write(T value)
    {
        Volatile.WriteBarrier();
        _value = value;
    }

    /// <summary>Reads atomically and orders nothing. The compiler may reuse the result of an earlier read.</summary>
    /// <returns>The value.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly T ReadRelaxed() => _value;

    /// <summary>Writes atomically and orders nothing.</summary>
    /// <param name="value">The value.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void WriteRelaxed(T value)
    {
        _value = value;
    }
}
