using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace SuffixLookup;

/// <summary>
/// The rules in one block of native memory: an open-addressing table and the names' text. Somebody must free it, at a moment
/// when nobody reads it; that moment is what the sample is about.
/// </summary>
/// <remarks>
/// <para>Names are hashed from the right, one character after another, so that one walk over a host's labels hashes each
/// character once for all of the names it ends in.</para>
/// <para>Disposing overwrites the block before it is given up, so that a reader that came too late sees it: <see cref="IsIntact"/> is
/// then false. Blocks are given up late (see <see cref="NativeBlocks"/>), so that such a reader reads garbage and does not crash.</para>
/// </remarks>
internal sealed unsafe class NativeRuleIndex : IDisposable
{
    private const ulong Intact = 0x5357_4D52_4B49_5421;

    // Odd, another one in each process.
    private static readonly ulong s_multiplier = (ulong)Random.Shared.NextInt64() | 1;

    private readonly Header* _block;
    private readonly int _bytes;
    private int _disposed;

    public NativeRuleIndex(IReadOnlyCollection<KeyValuePair<string, RuleKinds>> rules)
    {
        int slots = (int)BitOperations.RoundUpToPowerOf2((uint)rules.Count * 2 + 2);
        int text = rules.Sum(static rule => rule.Key.Length);
        _bytes = sizeof(Header) + (slots * sizeof(Slot)) + (text * sizeof(char));
        _block = (Header*)NativeBlocks.Allocate(_bytes);
        _block->Slots = slots;
        _block->Shift = 64 - BitOperations.Log2((uint)slots);
        int written = 0;
        foreach ((string name, RuleKinds kinds) in rules)
        {
            name.CopyTo(new Span<char>(Text + written, name.Length));
            Insert(name, written, kinds);
            written += name.Length;
        }

        Volatile.Write(ref _block->Canary, Intact);
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Header
    {
        public ulong Canary;
        public int Slots;
        public int Shift;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Slot
    {
        public uint Hash;
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

    private char* Text => (char*)(Slots + _block->Slots);

    /// <summary>Where the registrable domain of a canonical host name begins, or -1 where there is none.</summary>
    public int FindRegistrable(ReadOnlySpan<char> host) => SuffixMatcher.FindRegistrable(new Walk(this, host.Length), host);

    /// <summary>The rules of exactly this canonical name.</summary>
    public RuleKinds Find(ReadOnlySpan<char> name) => new Walk(this, name.Length).Find(name, 0);

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            NativeBlocks.Free(_block, _bytes);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Hash(ulong hash, char next) => (BitOperations.RotateLeft(hash, 5) ^ next) * s_multiplier;

    private RuleKinds Find(ulong hash, ReadOnlySpan<char> name)
    {
        // Bounded: a reader that came too late, and finds garbage, must not walk for ever.
        int slots = _block->Slots;
        int i = (int)(hash >> _block->Shift);
        for (int probes = 0; probes < slots; probes++)
        {
            Slot slot = Slots[i];
            if (slot.Kinds == RuleKinds.None)
            {
                break;
            }

            if (slot.Hash == (uint)hash && slot.Length == name.Length && name.SequenceEqual(new ReadOnlySpan<char>(Text + slot.Text, slot.Length)))
            {
                return slot.Kinds;
            }

            i = (i + 1) & (slots - 1);
        }

        return RuleKinds.None;
    }

    private void Insert(string name, int text, RuleKinds kinds)
    {
        ulong hash = 0;
        for (int i = name.Length - 1; i >= 0; i--)
        {
            hash = Hash(hash, name[i]);
        }

        int at = (int)(hash >> _block->Shift);
        while (Slots[at].Kinds != RuleKinds.None)
        {
            at = (at + 1) & (_block->Slots - 1);
        }

        Slots[at] = new Slot { Hash = (uint)hash, Text = text, Length = (short)name.Length, Kinds = kinds };
    }

    /// <summary>One walk over a host from the right: the hash of what has been passed.</summary>
    private ref struct Walk(NativeRuleIndex index, int end) : IRuleSource
    {
        private ulong _hash;
        private int _passed = end;

        public RuleKinds Find(ReadOnlySpan<char> host, int start)
        {
            ulong hash = _hash;
            for (int i = _passed - 1; i >= start; i--)
            {
                hash = Hash(hash, host[i]);
            }

            _hash = hash;
            _passed = start;
            return index.Find(hash, host[start..]);
        }
    }
}
