using System.Runtime.InteropServices;

namespace SwmrKit.Testing;

/// <summary>The processors this process may use, and a way to stay on one. Linux only; elsewhere there are none to choose from. See sched_setaffinity(2).</summary>
internal static unsafe partial class Processors
{
    private const int MaskWords = 16; // 1,024 processors, as in glibc's cpu_set_t.

    /// <summary>Those that the process's first thread may use, which nobody moves; empty where that cannot be told.</summary>
    public static IReadOnlyList<int> Allowed { get; } = FindAllowed();

    /// <summary>Moves the calling thread to a processor, for good.</summary>
    public static void MoveTo(int processor)
    {
        ulong* mask = stackalloc ulong[MaskWords];
        new Span<ulong>(mask, MaskWords).Clear();
        mask[processor / 64] = 1UL << (processor % 64);
        _ = SetAffinity(0, MaskWords * sizeof(ulong), mask);
    }

    private static List<int> FindAllowed()
    {
        var allowed = new List<int>();
        ulong* mask = stackalloc ulong[MaskWords];
        new Span<ulong>(mask, MaskWords).Clear();
        if (OperatingSystem.IsLinux() && GetAffinity(Environment.ProcessId, MaskWords * sizeof(ulong), mask) >= 0)
        {
            for (int processor = 0; processor < MaskWords * 64; processor++)
            {
                if ((mask[processor / 64] >> (processor % 64) & 1) != 0)
                {
                    allowed.Add(processor);
                }
            }
        }

        return allowed;
    }

    [LibraryImport("libc", EntryPoint = "sched_getaffinity")]
    private static partial int GetAffinity(int thread, nint size, ulong* mask);

    [LibraryImport("libc", EntryPoint = "sched_setaffinity")]
    private static partial int SetAffinity(int thread, nint size, ulong* mask);
}
