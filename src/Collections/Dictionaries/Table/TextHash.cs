using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using System.Security.Cryptography;

namespace SwmrKit;

/// <summary>How a table turns a key into the 32 bits that place it.</summary>
internal enum Hashing
{
    /// <summary>By the comparer, or the key's own GetHashCode.</summary>
    Comparer,

    /// <summary>Text compared by its characters, by a fast function: until too many keys meet in one place.</summary>
    FastText,

    /// <summary>Text compared by its characters, by <see cref="string.GetHashCode()"/>, whose collisions nobody can foresee.</summary>
    RandomText,
}

/// <summary>The hash functions of a table.</summary>
/// <remarks>
/// The fast function of text folds 128-bit products, eight characters a step, as wyhash does (Wang Yi,
/// https://github.com/wangyi-fudan/wyhash), under two random numbers of this process. It has not been shown to withstand somebody
/// who chooses keys so that they collide; therefore a table in which they do goes over to <see cref="Hashing.RandomText"/>.
/// </remarks>
internal static class TextHash
{
    /// <summary>The random numbers; the tests make keys that collide under them.</summary>
    internal static readonly ulong Seed = Random();
    internal static readonly ulong Blind = Random();

    /// <summary>Spreads what a comparer returns over all bits: directories use the upper ones, pages the lower.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Mix(int code) => (uint)((uint)code * 0x9E3779B97F4A7C15u >> 32); // The golden ratio: Knuth's multiplicative hashing, of which each bit here depends on all of the code's.

    public static uint Fast(ReadOnlySpan<char> text)
    {
        ref byte at = ref Unsafe.As<char, byte>(ref MemoryMarshal.GetReference(text));
        nuint bytes = (nuint)(uint)text.Length * sizeof(char);
        ulong hash = Seed ^ bytes;
        ulong first;
        ulong last;
        if (bytes >= 16)
        {
            for (nuint i = 0; i + 16 < bytes; i += 16)
            {
                hash = Fold(Eight(ref at, i) ^ Blind, Eight(ref at, i + 8) ^ hash);
            }

            first = Eight(ref at, bytes - 16);
            last = Eight(ref at, bytes - 8);
        }
        else if (bytes >= 8)
        {
            first = Eight(ref at, 0);
            last = Eight(ref at, bytes - 8);
        }
        else if (bytes >= 4)
        {
            first = Unsafe.ReadUnaligned<uint>(ref at);
            last = Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref at, bytes - 4));
        }
        else
        {
            first = bytes == 0 ? 0u : Unsafe.ReadUnaligned<ushort>(ref at);
            last = 0;
        }

        hash = Fold(first ^ Blind, last ^ hash);
        return (uint)(hash >> 32) ^ (uint)hash;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Eight(ref byte at, nuint offset) => Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref at, offset));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Fold(ulong left, ulong right)
    {
        // The high half from the instruction, where it has one of its own: what gives both halves at once gives one of them through memory, which costs a nanosecond.
        ulong high = Bmi2.X64.IsSupported ? Bmi2.X64.MultiplyNoFlags(left, right) : Math.BigMul(left, right, out _);
        return high ^ (left * right);
    }

    private static ulong Random()
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        RandomNumberGenerator.Fill(bytes);
        return MemoryMarshal.Read<ulong>(bytes);
    }
}
