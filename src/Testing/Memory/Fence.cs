using System.Runtime.CompilerServices;

namespace SwmrKit.Testing.Memory;

/// <summary>Stands in for the fences of one thread alone.</summary>
/// <remarks>The parameters of each method are filled in by the compiler, for traces.</remarks>
public static class Fence
{
    /// <summary>Orders everything before it before everything after it.</summary>
    /// <param name="member">Where the call stands.</param>
    /// <param name="file">Where the call stands.</param>
    /// <param name="line">Where the call stands.</param>
    public static void Full([CallerMemberName] string member = "", [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        ModelRuntime.FullFence(new Site(member, file, line));

    /// <summary>Orders the reads before it before everything after it.</summary>
    public static void Acquire()
    {
        if (ModelThread.Running is { } thread)
        {
            thread.Execution.Memory.AcquireFence(thread);
        }
    }

    /// <summary>Orders everything before it before the writes after it.</summary>
    public static void Release()
    {
        if (ModelThread.Running is { } thread)
        {
            thread.Execution.Memory.ReleaseFence(thread);
        }
    }
}
