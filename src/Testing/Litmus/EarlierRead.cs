using System.Runtime.CompilerServices;

namespace SwmrKit.Testing;

/// <summary>
/// A read some time before the reads that a test is about, so that a compiler that wrongly uses its value again is caught out.
/// </summary>
internal static class EarlierRead
{
    private const int Steps = 16;

    /// <summary>
    /// The same word, at an address that is known only some 20 ns after <paramref name="earlier"/> has been read. There is no call,
    /// store or fence in it: any of these would make the compiler forget what it had read.
    /// </summary>
    /// <param name="word">The word.</param>
    /// <param name="earlier">What was read earlier: 0 or 1.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ref long Later(ref long word, long earlier)
    {
        long zero = earlier >> 1;
        for (int i = 0; i < Steps; i++)
        {
            zero *= zero + 3; // The processor waits for each product; the compiler cannot tell that they are 0.
        }

        return ref Unsafe.Add(ref word, (nint)zero);
    }
}
