using System.Runtime.InteropServices;

namespace SwmrKit;

/// <summary>The Linux system call <c>membarrier(2)</c>, made directly: the C library has no wrapper for it.</summary>
/// <remarks>
/// Commands: include/uapi/linux/membarrier.h in the kernel's source. Numbers: the table of each architecture, named at <see cref="NumberOn"/>.
/// </remarks>
internal static partial class Membarrier
{
    public const int Query = 0;
    public const int Global = 1 << 0;
    public const int PrivateExpedited = 1 << 3;
    public const int RegisterPrivateExpedited = 1 << 4;

    private const int FunctionNotImplemented = 38; // ENOSYS

    private static readonly nint s_number = NumberOn(RuntimeInformation.ProcessArchitecture);

    /// <summary>The number of <c>membarrier</c> in the system call table of an architecture; 0 where it is not known.</summary>
    internal static int NumberOn(Architecture architecture) => architecture switch
    {
        Architecture.X64 => 324, // arch/x86/entry/syscalls/syscall_64.tbl
        Architecture.X86 => 375, // arch/x86/entry/syscalls/syscall_32.tbl
        Architecture.Arm or Architecture.Armv6 => 389, // arch/arm/tools/syscall.tbl
        Architecture.Arm64 or Architecture.LoongArch64 or Architecture.RiscV64 => 283, // include/uapi/asm-generic/unistd.h, scripts/syscall.tbl
        Architecture.S390x => 356, // arch/s390/kernel/syscalls/syscall.tbl
        Architecture.Ppc64le => 365, // arch/powerpc/kernel/syscalls/syscall.tbl
        _ => 0, // Counts as ENOSYS: another tier is chosen.
    };

    /// <summary>Makes the call.</summary>
    /// <returns>The kernel's answer (0 or more), or the negated error number.</returns>
    public static int Call(int command)
    {
        if (s_number == 0)
        {
            return -FunctionNotImplemented;
        }

        nint answer = SystemCall(s_number, command, 0, 0);
        return answer >= 0 ? (int)answer : -Math.Max(1, Marshal.GetLastPInvokeError()); // Never 0, which would count as ordered.
    }

    /// <summary>Issues a barrier command: without the cost of keeping errno, unless it fails and is asked once more.</summary>
    /// <returns>0, or the error number.</returns>
    public static int Order(int command) => s_number != 0 && SystemCallKeepingNoError(s_number, command, 0, 0) == 0 ? 0 : -Call(command);

    /// <summary>The commands this kernel supports, as a mask, or the negated error number.</summary>
    public static int SupportedCommands() => Call(Query);

    /// <summary>Says in words why a call was refused.</summary>
    public static string Explain(string call, int answer) =>
        $"{call} answered {Marshal.GetPInvokeErrorMessage(-answer)} (errno {-answer})";

    // "libc" resolves under CoreCLR and NativeAOT; "libc.so" is a linker script. The GC transition stays: the call may take long.
    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint SystemCall(nint number, nint command, nint flags, nint cpu);

    [LibraryImport("libc", EntryPoint = "syscall")]
    private static partial nint SystemCallKeepingNoError(nint number, nint command, nint flags, nint cpu);
}
