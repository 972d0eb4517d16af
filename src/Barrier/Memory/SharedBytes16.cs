using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace SwmrKit.Memory;

/// <summary>Sixteen bytes that several threads read together and one at a time writes singly: the tags of a group of slots.</summary>
/// <remarks>
/// <para>Each byte is read and written atomically. The sixteen together are not: a read may see some of them before and others after
/// writes that happen meanwhile.</para>
/// <para>A mutable struct: keep it in a field that is not <c>readonly</c>, and never copy it while it is shared. Writers take turns; O(1), no allocation.</para>
/// </remarks>
public struct SharedBytes16
{
    private long _low;
#pragma warning disable CS0169, IDE0044, IDE0051, CA1823 // The upper eight, reached from the first.
    private long _high;
#pragma warning restore CS0169, IDE0044, IDE0051, CA1823

    /// <summary>Reads all of them with acquire semantics: no later access of this thread moves before it.</summary>
    /// <returns>The bytes, in the order of their indices.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Vector128<byte> Read()
    {
        Vector128<byte> bytes = Vector128.LoadUnsafe(ref Unsafe.As<long, byte>(ref Unsafe.AsRef(in _low)));
        Volatile.ReadBarrier();
        return bytes;
    }

    /// <summary>Writes one of them with release semantics: no earlier access of this thread moves after it.</summary>
    /// <param name="index">Which, from 0 to 15.</param>
    /// <param name="value">The byte.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="index"/> is not from 0 to 15.</exception>
    public void Write(int index, byte value)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)index, 15u, nameof(index));
        Volatile.Write(ref Unsafe.Add(ref Unsafe.As<long, byte>(ref _low), index), value);
    }

    /// <summary>Writes all of them, each atomically, and orders nothing.</summary>
    /// <param name="values">The bytes, in the order of their indices.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void WriteAllRelaxed(Vector128<byte> values) => values.StoreUnsafe(ref Unsafe.As<long, byte>(ref _low));
}
