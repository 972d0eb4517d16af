using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace SwmrKit.Testing.Memory;

/// <summary>Stands in for the sixteen shared bytes of the same name: two words, read in no particular order, between whose reads anything may happen; within one, the bytes are read at once.</summary>
/// <remarks>The last three parameters of each method are filled in by the compiler, for traces. Never copy it while it is in use.</remarks>
public struct SharedBytes16
{
    private Location? _low;
    private Location? _high;

    /// <summary>Reads all of them with acquire semantics.</summary>
    /// <param name="member">Where the call stands.</param>
    /// <param name="file">Where the call stands.</param>
    /// <param name="line">Where the call stands.</param>
    /// <returns>The bytes, in the order of their indices.</returns>
    public Vector128<byte> Read([CallerMemberName] string member = "", [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        var site = new Site(member, file, line);

        // One load, and a barrier after it: neither half comes before the other.
        long low = ModelRuntime.Read(Location.At(ref _low), Ordering.Relaxed, site).Number;
        long high = ModelRuntime.Read(Location.At(ref _high), Ordering.Relaxed, site).Number;
        Fence.Acquire();
        return Vector128.Create(low, high).AsByte();
    }

    /// <summary>Writes one of them with release semantics.</summary>
    /// <param name="index">Which, from 0 to 15.</param>
    /// <param name="value">The byte.</param>
    /// <param name="member">Where the call stands.</param>
    /// <param name="file">Where the call stands.</param>
    /// <param name="line">Where the call stands.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="index"/> is not from 0 to 15.</exception>
    public void Write(int index, byte value, [CallerMemberName] string member = "", [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)index, 15u, nameof(index));
        var site = new Site(member, file, line);
        Location word = index < 8 ? Location.At(ref _low) : Location.At(ref _high);
        int shift = index % 8 * 8;

        // Writers take turns, so that the latest value is what this one finds.
        long found = ModelRuntime.Read(word, Ordering.Relaxed, site).Number;
        ModelRuntime.Write(word, Word.Of((found & ~(0xFFL << shift)) | ((long)value << shift)), Ordering.Release, site);
    }

    /// <summary>Writes all of them and orders nothing.</summary>
    /// <param name="values">The bytes, in the order of their indices.</param>
    /// <param name="member">Where the call stands.</param>
    /// <param name="file">Where the call stands.</param>
    /// <param name="line">Where the call stands.</param>
    public void WriteAllRelaxed(Vector128<byte> values, [CallerMemberName] string member = "", [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        var site = new Site(member, file, line);
        ModelRuntime.Write(Location.At(ref _low), Word.Of(values.AsInt64()[0]), Ordering.Relaxed, site);
        ModelRuntime.Write(Location.At(ref _high), Word.Of(values.AsInt64()[1]), Ordering.Relaxed, site);
    }
}
