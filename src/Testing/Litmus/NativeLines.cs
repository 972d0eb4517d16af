using System.Runtime.InteropServices;

namespace SwmrKit.Testing;

/// <summary>Words in native memory, each on a 128-byte line of its own (two hardware lines, against the neighbour prefetch).</summary>
internal sealed unsafe class NativeLines : IDisposable
{
    private const int LineSize = 128;

    private readonly nuint _bytes;
    private byte* _memory;

    public NativeLines(int lines)
    {
        _bytes = (nuint)lines * LineSize;
        _memory = (byte*)NativeMemory.AlignedAlloc(_bytes, LineSize);
        Clear();
    }

    public long* this[int line] => (long*)(_memory + ((nint)line * LineSize));

    public void Clear() => NativeMemory.Clear(_memory, _bytes);

    public void Dispose()
    {
        NativeMemory.AlignedFree(_memory);
        _memory = null;
    }
}
