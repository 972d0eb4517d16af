using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace SwmrKit.Testing.Memory;

/// <summary>Stands in for the shared block of the same name: a word for every eight bytes, between whose accesses anything may happen, and which are ordered by nothing but fences.</summary>
/// <remarks>The last three parameters of each method are filled in by the compiler, for traces. Never copy a block that is in use.</remarks>
/// <typeparam name="T">The type of the value.</typeparam>
public struct SharedBlock<T>
    where T : unmanaged
{
    private Location?[]? _words;

    private static int Words => (Unsafe.SizeOf<T>() + sizeof(long) - 1) / sizeof(long);

    private Location?[] Here => _words ??= new Location?[Words];

    /// <summary>Copies the value out, word by word.</summary>
    /// <param name="value">What was there, perhaps of several values.</param>
    /// <param name="member">Where the call stands.</param>
    /// <param name="file">Where the call stands.</param>
    /// <param name="line">Where the call stands.</param>
    public void CopyTo(out T value, [CallerMemberName] string member = "", [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        Span<long> words = new long[Words];
        for (int i = 0; i < words.Length; i++)
        {
            words[i] = ModelRuntime.Read(Location.At(ref Here[i]), Ordering.Relaxed, new Site(member, file, line)).Number;
        }

        value = MemoryMarshal.Read<T>(MemoryMarshal.AsBytes(words));
    }

    /// <summary>Copies a value in, word by word.</summary>
    /// <param name="value">The value.</param>
    /// <param name="member">Where the call stands.</param>
    /// <param name="file">Where the call stands.</param>
    /// <param name="line">Where the call stands.</param>
    public void CopyFrom(in T value, [CallerMemberName] string member = "", [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        Span<long> words = new long[Words];
        MemoryMarshal.Write(MemoryMarshal.AsBytes(words), in value);
        for (int i = 0; i < words.Length; i++)
        {
            ModelRuntime.Write(Location.At(ref Here[i]), Word.Of(words[i]), Ordering.Relaxed, new Site(member, file, line));
        }
    }
}
