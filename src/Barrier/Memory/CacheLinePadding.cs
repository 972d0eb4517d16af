using System.Runtime.InteropServices;

namespace SwmrKit.Memory;

/// <summary>
/// Space between two words that different cores write: a field of this type before and after keeps them off each other's cache
/// lines, and off the neighbouring line that hardware prefetches with them.
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = Size)]
public readonly struct CacheLinePadding
{
    /// <summary>The size in bytes: two lines of 64 bytes, one of 128.</summary>
    public const int Size = 128;
}
