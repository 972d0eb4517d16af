using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using SwmrKit.Testing;

namespace SwmrKit.Tests;

/// <summary>No instruction at all, and nothing to stop the compiler.</summary>
internal readonly struct NoFence : ILitmusFence
{
    public static void Execute()
    {
    }
}

internal readonly struct LightFence : ILitmusFence
{
    public static void Execute() => AsymmetricBarrier.Light();
}

internal readonly struct HeavyFence : ILitmusFence
{
    public static void Execute() => AsymmetricBarrier.Heavy();
}

internal readonly struct FullFence : ILitmusFence
{
    public static void Execute() => Interlocked.MemoryBarrier();
}

internal readonly struct ProcessWideFence : ILitmusFence
{
    public static void Execute() => Interlocked.MemoryBarrierProcessWide();
}

/// <summary>What a heavy barrier would be that does nothing: it takes a system call's time and orders no other thread.</summary>
internal readonly partial struct UselessSystemCall : ILitmusFence
{
    public static void Execute()
    {
        if (OperatingSystem.IsLinux())
        {
            _ = GetParentProcess();
        }
        else
        {
            Idle();
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Idle() => Thread.SpinWait(50);

    [LibraryImport("libc", EntryPoint = "getppid")]
    private static partial int GetParentProcess();
}
