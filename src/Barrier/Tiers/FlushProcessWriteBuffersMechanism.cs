using System.Runtime.InteropServices;

namespace SwmrKit;

/// <summary>Windows' <c>FlushProcessWriteBuffers</c>, found at run time. It returns nothing and has no documented failure.</summary>
/// <remarks>Source: Microsoft's Win32 reference, processthreadsapi.h: it flushes the write queue of every processor that runs a thread of the process.</remarks>
internal sealed unsafe class FlushProcessWriteBuffersMechanism : HeavyMechanism
{
    private delegate* unmanaged<void> _flush;

    public override BarrierTier Tier => BarrierTier.FlushProcessWriteBuffers;

    public override string Description =>
        "The writer calls FlushProcessWriteBuffers, which fences every core running this process; readers execute no fence.";

    public override string? Prepare()
    {
        if (!NativeLibrary.TryLoad("kernel32", out nint library) || !NativeLibrary.TryGetExport(library, "FlushProcessWriteBuffers", out nint flush))
        {
            return "kernel32 does not export FlushProcessWriteBuffers";
        }

        _flush = (delegate* unmanaged<void>)flush;
        _flush();
        return null;
    }

    public override int TryOrder()
    {
        _flush();
        return 0;
    }
}
