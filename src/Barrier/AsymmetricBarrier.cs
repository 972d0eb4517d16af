using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace SwmrKit;

/// <summary>
/// A memory barrier in two halves of very different price: <see cref="Light"/> for the side that runs all the time (nothing at
/// all on x64), <see cref="Heavy"/> for the side that runs seldom (a system call).
/// </summary>
/// <remarks>
/// <para><b>What it guarantees.</b> All heavy barriers are totally ordered. For any light barrier L and heavy barrier H of one
/// process, either everything before L in its thread is visible to everything after H, or everything before H is visible to
/// everything after L in its thread. So of a reader doing <c>store x; Light(); load y</c> and a writer doing
/// <c>store y; Heavy(); load x</c>, at least one sees the other's store. Two light barriers order nothing between each other.</para>
/// <para><b>How.</b> <see cref="Light"/> keeps the compiler from reordering and leaves the hardware alone; <see cref="Heavy"/>
/// makes the operating system run a full fence on every core that currently runs a thread of this process. Where the system
/// offers no such thing, both sides fence (<see cref="BarrierTier.FullFence"/>): never one side alone, which would be unsound.</para>
/// <para><b>Choice of tier.</b> Once a process, automatically, or by the environment variable <c>SWMRKIT_BARRIER_TIER</c> or the
/// AppContext value <c>SwmrKit.Barrier.Tier</c>, either holding the name of a <see cref="BarrierTier"/>.</para>
/// <para>All members are safe to call from any thread. The idea is described in ISO C++ paper P1202R5 (asymmetric fences) and
/// the Linux manual page membarrier(2).</para>
/// </remarks>
public static class AsymmetricBarrier
{
    /// <summary>The tier in force. The first use detects it (microseconds, once a process). Never throws.</summary>
    /// <remarks>
    /// Worth asking for at start-up: under NativeAOT a reader fences until the tier is known, and code that is compiled only once
    /// (<c>TieredCompilation=0</c>) looks the tier up on each <see cref="Light"/> unless it was known by then.
    /// </remarks>
    public static BarrierTier Tier
    {
        get
        {
            LightStrategy.Settle();
            return ProcessBarrier.Strategy.Tier;
        }
    }

    /// <summary>Whether <see cref="Light"/> runs without a hardware fence on x64 (on arm64: without a full one). Detects the tier as
    /// <see cref="Tier"/> does. Never throws.</summary>
    public static bool IsAccelerated
    {
        get
        {
            LightStrategy.Settle();
            return ProcessBarrier.Strategy.LightIsFree;
        }
    }

    /// <summary>
    /// The reader's half: orders earlier stores and loads of this thread before later ones, against every <see cref="Heavy"/>.
    /// </summary>
    /// <remarks>
    /// No instruction on x64 and a load fence (<c>dmb ishld</c>) on arm64 where the tier is accelerated, a full fence where it is
    /// not, and until the tier is known. It never throws and never allocates.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Light()
    {
        if (LightStrategy.IsFree)
        {
            if (X86Base.IsSupported)
            {
                // Both together keep the JIT from moving any access across; TSO leaves them nothing to emit.
                Volatile.WriteBarrier();
            }

            Volatile.ReadBarrier();
        }
        else
        {
            Interlocked.MemoryBarrier();
        }
    }

    /// <summary>
    /// What must follow a release store so that the two are "store, then <see cref="Light"/>" when the next access is an acquire
    /// load: on arm64 <c>stlr</c> then <c>ldapr</c> need no barrier between them for the compiler to keep their order.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void LightAfterRelease()
    {
        if (!LightStrategy.IsFree)
        {
            Interlocked.MemoryBarrier();
        }
        else if (X86Base.IsSupported)
        {
            Volatile.WriteBarrier();
            Volatile.ReadBarrier();
        }
    }

    /// <summary>
    /// The writer's half: when it returns, every thread of this process has executed a full fence since the call began (or was
    /// not running, and fences before it runs again).
    /// </summary>
    /// <remarks>
    /// Costs a system call: on a two-core x64 machine 0.7 µs with this process otherwise idle, some 18 µs with another core
    /// busy in it; <see cref="BarrierTier.Global"/> takes milliseconds. Amortise it: one call may serve any number of updates.
    /// </remarks>
    /// <exception cref="AsymmetricBarrierException">The system refused the barrier (for instance a seccomp filter installed
    /// after start, or no memory), or a tier was forced that this host cannot run. Nothing has been ordered.</exception>
    public static void Heavy() => ProcessBarrier.Strategy.Heavy();

    /// <summary>A sentence or two on the tier in force, how it was chosen, and why better ones were not; for logs and bug reports.</summary>
    /// <returns>Text for people; its form may change.</returns>
    /// <exception cref="AsymmetricBarrierException">A tier was forced that this host cannot run soundly; the message says why.</exception>
    public static string Describe() => ProcessBarrier.Strategy.Describe();
}
