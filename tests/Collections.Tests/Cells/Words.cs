using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace SwmrKit.Tests;

/// <summary>Values of many sizes whose words are all alike: one that differs shows that a value is torn.</summary>
internal static class Words
{
    public static T Of<T>(long word)
        where T : unmanaged
    {
        T value = default;
        MemoryMarshal.Cast<byte, long>(MemoryMarshal.AsBytes(new Span<T>(ref value))).Fill(word);
        return value;
    }

    public static bool AreAll<T>(in T value, long word)
        where T : unmanaged => !MemoryMarshal.Cast<T, long>(new ReadOnlySpan<T>(in value)).ContainsAnyExcept(word);
}

[InlineArray(4)]
internal struct Words4
{
    private long _word;
}

[InlineArray(8)]
internal struct Words8
{
    private long _word;
}

[InlineArray(32)]
internal struct Words32
{
    private long _word;
}

[InlineArray(512)]
internal struct Words512
{
    private long _word;
}
