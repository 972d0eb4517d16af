using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace SwmrKit;

internal sealed partial class Table<TKey, TStored>
{
    /// <summary>A key and its value.</summary>
    internal struct Entry
    {
        /// <summary>Written once, before the slot's tag.</summary>
        public PlainData<TKey> Key;

        public SharedValue<TStored> Value;
    }

    [InlineArray(Page.Groups)]
    internal struct TagGroups
    {
        private SharedBytes16 _first;
    }

    [InlineArray(Page.Slots)]
    internal struct Entries
    {
        private Entry _first;
    }

    /// <summary>
    /// Sixty-four slots for entries whose hashes begin with the same bits. A tag a slot says what is in it; the tags lie together, so that
    /// a look-up compares sixteen in one instruction and touches, as a rule, the one entry it wants.
    /// </summary>
    /// <remarks>
    /// <para><b>A slot has one life.</b> Its tag goes from free to live to dead, and its key never changes: who finds a live tag may read the
    /// key without looking back. Adding writes key and value, then releases the tag. Removing releases the dead tag, then takes the value
    /// away and leaves <see cref="Removed.Value"/>, which a reader that saw the tag live takes for what it is: the key is gone. The same key added
    /// again gets another slot.</para>
    /// <para><b>A group that is full stays full</b>, for dead slots are not free. An entry is in the first group, from the one its hash
    /// says, that had a free slot when it was added; so a reader that finds a free slot has seen all there can be.</para>
    /// <para>A page is written in place, by whoever holds the writer's lock, while its stamp is the current generation (<see cref="SnapshotGate"/>);
    /// a page of an earlier generation is immutable.</para>
    /// </remarks>
    internal sealed class Page(long stamp, int depth, int limit)
    {
        public const int Slots = 64;
        public const int Groups = Slots / GroupSize;
        public const int GroupSize = 16;
        private const byte Free = 0;
        private const byte Dead = 1;
        private const byte Live = 0x80; // With seven bits of the hash.

        private TagGroups _tags;
        private Entries _entries;

        // What follows is the writer's, under its lock, but for Overflow and Depth, which do not change once the page is published.

        /// <summary>The generation in which the page may be written in place; in a chain, the first page's stamp is that of all.</summary>
        public long Stamp { get; set; } = stamp;

        /// <summary>With how many bits the hashes of all its entries agree.</summary>
        public int Depth { get; } = depth;

        /// <summary>How many slots may be used.</summary>
        public int Limit { get; } = limit;

        /// <summary>How many slots are not free.</summary>
        public int Used { get; private set; }

        /// <summary>How many slots are live.</summary>
        public int Alive { get; private set; }

        /// <summary>Goes on where every slot is used: only where splitting would not help, as with equal hashes.</summary>
        public Page? Overflow { get; set; }

        public bool HasRoom => Used < Limit;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static byte TagOf(uint hash) => (byte)((hash >> 2) | Live);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector128<byte> Tags(uint group) => _tags[(int)(group % Groups)].Read();

        /// <summary>The slots of a group whose tag this is, a bit each.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static uint Matches(Vector128<byte> tags, Vector128<byte> tag) => Vector128.Equals(tags, tag).ExtractMostSignificantBits();

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static bool HasFree(Vector128<byte> tags) => Vector128.EqualsAny(tags, Vector128<byte>.Zero);

        /// <summary>The live slots of a group, a bit each.</summary>
        public uint LiveSlots(int group) => _tags[group].Read().ExtractMostSignificantBits();

        public bool IsLive(int slot) => (_tags[slot / GroupSize].Read()[slot % GroupSize] & Live) != 0;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public ref Entry At(int slot) => ref _entries[slot];

        /// <summary>The entry at an index of a group, which wraps.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public ref Entry At(uint group, int index) =>
            ref Unsafe.Add(ref Unsafe.As<Entries, Entry>(ref _entries), (nint)(uint)SlotOf(group, index)); // In range: the index is that of one of sixteen bits.

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static int SlotOf(uint group, int index) => ((int)(group % Groups) * GroupSize) + index;

        /// <summary>Adds an entry. The page has room, and is in the writer's hand: unpublished, or inside the gate.</summary>
        public void Add(uint hash, TKey key, TStored value)
        {
            for (uint group = hash; ; group++)
            {
                uint free = Matches(Tags(group), Vector128<byte>.Zero);
                if (free != 0)
                {
                    int index = BitOperations.TrailingZeroCount(free);
                    ref Entry entry = ref At(group, index);
                    entry.Key.Write(key);
                    entry.Value.WriteRelaxed(value);
                    _tags[(int)(group % Groups)].Write(index, TagOf(hash)); // D1: release, after key and value; pairs with the read in TryFind.
                    Used++;
                    Alive++;
                    return;
                }
            }
        }

        /// <summary>Removes an entry: in the writer's hand, as for <see cref="Add"/>.</summary>
        public void Remove(int slot)
        {
            _tags[slot / GroupSize].Write(slot % GroupSize, Dead);
            Alive--;
            if (!typeof(TStored).IsValueType)
            {
                object removed = SwmrKit.Removed.Value;
                _entries[slot].Value.Write(Unsafe.As<object, TStored>(ref removed)); // D2: a reader that saw the slot live finds this, not nothing.
            }
        }

        /// <summary>A copy of it and of its overflow, every entry in its place, without what was removed.</summary>
        public Page Copy(long stamp)
        {
            Page head = CopyOne(stamp);
            Page last = head;
            for (Page? page = Overflow; page is not null; page = page.Overflow)
            {
                last.Overflow = page.CopyOne(stamp);
                last = last.Overflow;
            }

            return head;
        }

        private Page CopyOne(long stamp)
        {
            var copy = new Page(stamp, Depth, Limit) { Used = Used, Alive = Alive };
            for (int group = 0; group < Groups; group++)
            {
                Vector128<byte> tags = Tags((uint)group);
                for (uint live = tags.ExtractMostSignificantBits(); live != 0; live &= live - 1)
                {
                    int index = BitOperations.TrailingZeroCount(live);
                    ref Entry from = ref At((uint)group, index);
                    ref Entry to = ref copy.At((uint)group, index);
                    to.Key.Write(from.Key.Read());
                    to.Value.WriteRelaxed(from.Value.ReadRelaxed());
                }

                copy._tags[group].WriteAllRelaxed(tags);
            }

            return copy;
        }
    }
}

/// <summary>What a removed entry's value becomes: an object that nobody outside can hold.</summary>
internal static class Removed
{
    public static readonly object Value = new();
}
