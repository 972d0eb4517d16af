namespace SwmrKit;

/// <summary>The mechanism behind <see cref="AsymmetricBarrier.Heavy"/>, and with it the price of <see cref="AsymmetricBarrier.Light"/>.</summary>
/// <remarks>Every tier is sound. What differs is who pays: on <see cref="FullFence"/> both sides do, on the others only the writer.</remarks>
public enum BarrierTier
{
    /// <summary>
    /// No tier is in force: one was demanded that this host cannot run soundly, or detection itself failed.
    /// <see cref="AsymmetricBarrier.Heavy"/> throws with the reason; <see cref="AsymmetricBarrier.Light"/> is a full fence and never throws.
    /// </summary>
    Unavailable = 0,

    /// <summary>Both sides execute a full fence. Always available, and the only sound choice where nothing else is.</summary>
    FullFence = 1,

    /// <summary>Linux 4.14 and later: <c>membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED)</c>. The kernel fences the cores that run this process.</summary>
    PrivateExpedited = 2,

    /// <summary>Linux 4.3 and later: <c>membarrier(MEMBARRIER_CMD_GLOBAL)</c>, once called SHARED. Waits for a scheduler grace period: milliseconds a call.</summary>
    Global = 3,

    /// <summary>Windows: <c>FlushProcessWriteBuffers</c>.</summary>
    FlushProcessWriteBuffers = 4,

    /// <summary>The runtime's own <see cref="Interlocked.MemoryBarrierProcessWide"/>: chosen on macOS; on Linux only when forced and while membarrier works.</summary>
    ProcessWide = 5,

    /// <summary>x86 Linux, only when forced: a page's protection is flipped, which on examined kernels and processors interrupts every core.</summary>
    PageProtection = 6,
}
