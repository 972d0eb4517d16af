using System.Runtime.InteropServices;

namespace SwmrKit.Testing;

/// <summary>
/// Keeps the two sides of a litmus test on two different processors. Left alone, the scheduler of a loaded machine puts both on
/// one, and two threads that take turns show nothing.
/// </summary>
/// <remarks>Linux only; elsewhere, and where the process may use one processor only, it does nothing. See sched_setaffinity(2).</remarks>
internal sealed unsafe partial class ProcessorPair
{
    private const int MaskWords = 16; // 1,024 processors, as in glibc's cpu_set_t.

    private readonly List<int> _processors = [];

    /// <summary>Chooses the first two of the processors that the calling thread may use.</summary>
    public ProcessorPair()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        ulong* allowed = stackalloc ulong[MaskWords];
        if (GetAffinity(0, MaskWords * sizeof(ulong), allowed) != 0)
        {
            return;
        }

        for (int processor = 0; processor < MaskWords * 64 && _processors.Count < 2; processor++)
        {
            if ((allowed[processor / 64] >> (processor % 64) & 1) != 0)
            {
                _processors.Add(processor);
            }
        }
    }

    /// <summary>Whether the two sides are kept apart.</summary>
    public bool Apart => _processors.Count == 2;

    /// <summary>Moves the calling thread to the processor of its side, for good.</summary>
    public void Enter(int side)
    {
        if (Apart)
        {
            ulong* mask = stackalloc ulong[MaskWords];
            new Span<ulong>(mask, MaskWords).Clear();
            mask[_processors[side] / 64] = 1UL << (_processors[side] % 64);
            _ = SetAffinity(0, MaskWords * sizeof(ulong), mask);
        }
    }

    [LibraryImport("libc", EntryPoint = "sched_getaffinity")]
    private static partial int GetAffinity(int thread, nint size, ulong* mask);

    [LibraryImport("libc", EntryPoint = "sched_setaffinity")]
    private static partial int SetAffinity(int thread, nint size, ulong* mask);
}
