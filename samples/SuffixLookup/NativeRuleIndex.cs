using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace SuffixLookup;

/// <summary>
/// The rules in one block of native memory: an open-addressing table and the names' text. Somebody must free it, at a moment
/// when nobody reads it; that moment is what the sample is about.
/// </summary>
/// <remarks>
/// Disposing overwrites the block before it is given up, so that a reader that came too late sees it: <see cref="IsIntact"/> is
/// then false. Blocks are given up late (see <see cref="NativeBlocks"/>), so that such a reader reads garbage and does not crash.
/// </remarks>
internal sealed unsafe class NativeRuleIndex : IRuleSource, IDisposable
{
    private const ulong Intact = 0x5357_4D52_4B49_5421;

    private readonly Header* _block;
    private readonly int _bytes;
    private int _disposed;

    public NativeRuleIndex(IReadOnlyCollection<KeyValuePair<string, RuleKinds>> rules)
    {
        int slots = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)rules.Count * 2 + 1);
        int text = rules.Sum(static rule => rule.Key.Length);
        _bytes = sizeof(Header) + (slots * sizeof(Slot)) + (text * sizeof(char));
        _block = (Header*)NativeBlocks.Allocate(_bytes);
        _block->Mask = slots - 1;
        int written = 0;
        foreach ((string name, RuleKinds kinds) in rules)
        {
            name.CopyTo(new Span<char>(Text + written, name.Length));
            Insert(new Slot { Hash = string.GetHashCode(name), Text = written, Length = (short)name.Length, Kinds = kinds });
            written += name.Length;
        }

        Volatile.Write(ref _block->Canary, Intact);
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Header
    {
        public ulong Canary;
        public int Mask;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Slot
    {
        public int Hash;
        public int Text;
        public short Length;
        public RuleKinds Kinds; // None: the slot is empty.
    }

    /// <summary>Whether the block has not been given up: asked last, under the guard that protects it, it is always true.</summary>
    public bool IsIntact
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Volatile.Read(ref _block->Canary) == Intact;
    }

    private Slot* Slots => (Slot*)(_block + 1);

    private char* Text => (char*)(Slots + _block->Mask + 1);

    public RuleKinds Find(ReadOnlySpan<char> name)
    {
        int hash = string.GetHashCode(name);
        int mask = _block->Mask;
        for (int i = hash & mask, probes = 0; probes <= mask; i = (i + 1) & mask, probes++)
        {
            Slot slot = Slots[i];
            if (slot.Kinds == RuleKinds.None)
            {
                break;
            }

            if (slot.Hash == hash && name.SequenceEqual(new ReadOnlySpan<char>(Text + slot.Text, slot.Length)))
            {
                return slot.Kinds;
            }
        }

        return RuleKinds.None;
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            NativeBlocks.Free(_block, _bytes);
        }
    }

    private void Insert(Slot slot)
    {
        int i = slot.Hash & _block->Mask;
        while (Slots[i].Kinds != RuleKinds.None)
        {
            i = (i + 1) & _block->Mask;
        }

        Slots[i] = slot;
    }
}
