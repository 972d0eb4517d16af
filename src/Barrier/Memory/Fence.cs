using System.Runtime.CompilerServices;

namespace SwmrKit.Memory;

/// <summary>The fences of one thread alone, behind the seam of the shared words. They order nothing for threads that have no fence of their own.</summary>
public static class Fence
{
    /// <summary>Orders everything before it before everything after it: an instruction on every processor.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Full() => Interlocked.MemoryBarrier();

    /// <summary>Orders the reads before it before everything after it: no instruction on x64.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Acquire() => Volatile.ReadBarrier();

    /// <summary>Orders everything before it before the writes after it: no instruction on x64.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Release() => Volatile.WriteBarrier();
}
