using System.Runtime.InteropServices;

namespace SuffixLookup;

/// <summary>
/// Native memory for the demonstration: what is given up is overwritten at once and returned to the system a few blocks later,
/// so that a use after disposal, were there one, is counted instead of crashing the process.
/// </summary>
internal static unsafe class NativeBlocks
{
    private const byte Poison = 0xDD;
    private const int Kept = 16;

    private static readonly Queue<nint> s_givenUp = new();

    public static void* Allocate(int bytes) => NativeMemory.AllocZeroed((nuint)bytes);

    public static void Free(void* block, int bytes)
    {
        new Span<byte>(block, bytes).Fill(Poison);
        lock (s_givenUp)
        {
            s_givenUp.Enqueue((nint)block);
            if (s_givenUp.Count > Kept)
            {
                NativeMemory.Free((void*)s_givenUp.Dequeue());
            }
        }
    }
}
