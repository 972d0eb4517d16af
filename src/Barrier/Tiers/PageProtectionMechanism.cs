using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace SwmrKit;

/// <summary>
/// Taking away access to a page that was just written: on x86 the kernel then interrupts every core that runs this process, so
/// that it forgets the page's translation, and the interrupt fences. What the .NET runtime does without membarrier.
/// </summary>
/// <remarks>
/// <para><b>A side effect, not a promise.</b> arm64 invalidates translations without interrupting anybody. On x86 Linux 6.15 and
/// later does so on AMD processors that have INVLPGB (Zen 3 and later), and a hypervisor may behind the system's back. So
/// this is used only when forced, and refused where the processor has INVLPGB, is not x86, or the kernel is newer than
/// the newest examined for such changes.</para>
/// <para>The page is locked in memory: had it been swapped out or never been touched, there would be no translation to forget. One
/// flip at a time: a second thread's flip could make ours a no-op.</para>
/// </remarks>
/// <param name="processorFlags">The processor's flags as in /proc/cpuinfo, or null when they cannot be read.</param>
/// <param name="kernel">The version of the running kernel.</param>
internal sealed unsafe partial class PageProtectionMechanism(Func<string?> processorFlags, Version kernel) : HeavyMechanism
{
    private const int None = 0;
    private const int ReadWrite = 1 | 2;
    private const int PrivateAnonymous = 0x02 | 0x20;

    /// <summary>The newest kernel series whose x86 TLB code has been read for flushes without interrupts.</summary>
    private static readonly Version s_newestExamined = new(6, 18);

    private readonly Lock _flip = new();
    private byte* _page;

    public PageProtectionMechanism()
        : this(ReadProcessorFlags, Environment.OSVersion.Version)
    {
    }

    public override BarrierTier Tier => BarrierTier.PageProtection;

    public override string Description =>
        "The writer flips a page's protection, which interrupts every core running this process; readers execute no fence.";

    public override bool ChosenAutomatically => false;

    public override string? Prepare()
    {
        if (RefusesToFlush() is { } refusal)
        {
            return refusal;
        }

        lock (_flip)
        {
            if (_page is null)
            {
                nuint size = (nuint)Environment.SystemPageSize;
                void* page = Map(null, size, ReadWrite, PrivateAnonymous, -1, 0);
                if (page == (void*)-1)
                {
                    return "no page could be mapped";
                }

                if (LockInMemory(page, size) != 0)
                {
                    _ = Unmap(page, size);
                    return "a page could not be locked in memory (see the limit on locked memory, ulimit -l)";
                }

                _page = (byte*)page;
            }
        }

        return TryOrder() == 0 ? null : "changing a page's protection failed";
    }

    public override int TryOrder()
    {
        nuint size = (nuint)Environment.SystemPageSize;
        lock (_flip)
        {
            if (Protect(_page, size, ReadWrite) != 0)
            {
                return Marshal.GetLastPInvokeError();
            }

            (*_page)++; // Now this core's translation is there and dirty; taking it away must be told to all.
            return Protect(_page, size, None) != 0 ? Marshal.GetLastPInvokeError() : 0;
        }
    }

    private string? RefusesToFlush()
    {
        if (!X86Base.IsSupported)
        {
            return "only x86 interrupts other cores when a page's protection changes";
        }

        if (processorFlags() is not { } flags)
        {
            return "the processor's flags could not be read from /proc/cpuinfo, so that INVLPGB cannot be ruled out";
        }

        if (flags.Split(' ').Contains("invlpgb"))
        {
            return "the processor has INVLPGB, with which the kernel flushes translations without interrupting other cores";
        }

        return new Version(kernel.Major, kernel.Minor) > s_newestExamined
            ? $"kernel {kernel} is newer than {s_newestExamined}, the newest examined for ways to flush translations without interrupting other cores"
            : null;
    }

    private static string? ReadProcessorFlags()
    {
        try
        {
            return File.ReadLines("/proc/cpuinfo").FirstOrDefault(static line => line.StartsWith("flags", StringComparison.Ordinal));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial void* Map(void* address, nuint size, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    private static partial int Unmap(void* address, nuint size);

    [LibraryImport("libc", EntryPoint = "mlock", SetLastError = true)]
    private static partial int LockInMemory(void* address, nuint size);

    [LibraryImport("libc", EntryPoint = "mprotect", SetLastError = true)]
    private static partial int Protect(void* address, nuint size, int protection);
}
