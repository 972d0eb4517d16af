using System.ComponentModel;
using System.Runtime.InteropServices;

namespace SwmrKit.Tests;

/// <summary>
/// A kernel filter that makes membarrier fail in this process from now on, as a container's security profile may. It cannot be
/// taken back.
/// </summary>
/// <remarks>Classic BPF over struct seccomp_data: see linux/seccomp.h and linux/filter.h. x64 and arm64 only, little-endian.</remarks>
internal static unsafe partial class Seccomp
{
    private const int SetNoNewPrivileges = 38;
    private const int SetModeFilter = 1;
    private const int ForAllThreads = 1;

    private const ushort LoadWord = 0x20;        // BPF_LD | BPF_W | BPF_ABS
    private const ushort JumpIfEqual = 0x15;     // BPF_JMP | BPF_JEQ | BPF_K
    private const ushort Return = 0x06;          // BPF_RET | BPF_K
    private const uint NumberOffset = 0;
    private const uint FirstArgumentOffset = 16;
    private const uint Allow = 0x7FFF_0000;
    private const uint Errno = 0x0005_0000;

    /// <summary>Makes membarrier return an error; error 0 pretends that it succeeded.</summary>
    /// <param name="error">The error number.</param>
    /// <param name="commands">The commands concerned; none for all.</param>
    public static void DenyMembarrier(int error, params ReadOnlySpan<int> commands)
    {
        (uint membarrier, nint seccomp) = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? (283u, 277) : (324u, 317);
        var program = new List<Instruction> { new(LoadWord, 0, 0, NumberOffset) };
        if (commands.IsEmpty)
        {
            program.Add(new Instruction(JumpIfEqual, 0, 1, membarrier));
            program.Add(new Instruction(Return, 0, 0, Errno | (uint)error));
            program.Add(new Instruction(Return, 0, 0, Allow));
        }
        else
        {
            program.Add(new Instruction(JumpIfEqual, 1, 0, membarrier));
            program.Add(new Instruction(Return, 0, 0, Allow));
            program.Add(new Instruction(LoadWord, 0, 0, FirstArgumentOffset));
            foreach (int command in commands)
            {
                program.Add(new Instruction(JumpIfEqual, 0, 1, (uint)command));
                program.Add(new Instruction(Return, 0, 0, Errno | (uint)error));
            }

            program.Add(new Instruction(Return, 0, 0, Allow));
        }

        if (Control(SetNoNewPrivileges, 1, 0, 0, 0) != 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError(), "prctl(PR_SET_NO_NEW_PRIVS)");
        }

        Instruction[] instructions = [.. program];
        fixed (Instruction* first = instructions)
        {
            var filter = new Filter { Length = (ushort)instructions.Length, Instructions = first };
            if (SystemCall(seccomp, SetModeFilter, ForAllThreads, (nint)(&filter)) != 0)
            {
                throw new Win32Exception(Marshal.GetLastPInvokeError(), "seccomp(SECCOMP_SET_MODE_FILTER)");
            }
        }
    }

    /// <summary>Ends the process at once: the runtime's own way out may use the call that was just denied.</summary>
    [LibraryImport("libc", EntryPoint = "_exit")]
    public static partial void ExitNow(int code);

    [LibraryImport("libc", EntryPoint = "prctl", SetLastError = true)]
    private static partial int Control(int option, nint a, nint b, nint c, nint d);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint SystemCall(nint number, nint operation, nint flags, nint argument);

    [StructLayout(LayoutKind.Sequential)]
    private readonly struct Instruction(ushort code, byte ifTrue, byte ifFalse, uint operand)
    {
        public readonly ushort Code = code;
        public readonly byte IfTrue = ifTrue;
        public readonly byte IfFalse = ifFalse;
        public readonly uint Operand = operand;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Filter
    {
        public ushort Length;
        public Instruction* Instructions;
    }
}
