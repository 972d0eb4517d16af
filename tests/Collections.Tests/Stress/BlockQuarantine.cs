using System.Runtime.InteropServices;

namespace SwmrKit.Tests;

/// <summary>
/// Native memory in blocks of a cache line. A freed one is poisoned and comes back only after many others, and none goes back to
/// the system while this lives: whoever reads freed memory finds that out instead of crashing. Safe from any thread.
/// </summary>
internal sealed unsafe class BlockQuarantine : IDisposable
{
    public const int Words = 8;

    private const int Bytes = Words * sizeof(long);
    private const int Kept = 4_096;
    private const long Poison = unchecked((long)0xDEADDEADDEADDEAD);

    private readonly Lock _lock = new();
    private readonly Queue<nint> _freed = new(Kept);
    private readonly List<nint> _allocated = [];
    private long _taken;
    private long _free;
    private long _freedAgain;

    public readonly record struct Block(nint Address, long Pattern)
    {
        public long* Words => (long*)Address;
    }

    /// <summary>How many blocks were taken, when nobody takes any more.</summary>
    public long Taken => _taken;

    /// <summary>How many blocks were freed, each once.</summary>
    public long Freed => Interlocked.Read(ref _free);

    /// <summary>How often one was freed that had been freed before.</summary>
    public long FreedAgain => Interlocked.Read(ref _freedAgain);

    public Block Take()
    {
        nint address;
        long pattern;
        lock (_lock)
        {
            pattern = ++_taken * 0x1_0000_0001; // Never the poison, and never the same again.
            if (_freed.Count > Kept)
            {
                address = _freed.Dequeue();
            }
            else
            {
                address = (nint)NativeMemory.AlignedAlloc(Bytes, Bytes);
                _allocated.Add(address);
            }
        }

        new Span<long>((void*)address, Words).Fill(pattern);
        return new Block(address, pattern);
    }

    public void Free(Block block, bool again)
    {
        if (again)
        {
            Interlocked.Increment(ref _freedAgain);
            return;
        }

        new Span<long>((void*)block.Address, Words).Fill(Poison);
        lock (_lock)
        {
            _free++;
            _freed.Enqueue(block.Address);
        }
    }

    /// <summary>Gives everything back to the system: no reader is left.</summary>
    public void Dispose()
    {
        foreach (nint address in _allocated)
        {
            NativeMemory.AlignedFree((void*)address);
        }

        _allocated.Clear();
    }
}
