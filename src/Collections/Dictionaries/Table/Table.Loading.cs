using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace SwmrKit;

internal sealed partial class Table<TKey, TStored>
{
    private const int FewEntries = 1_024; // Their pages are in the cache, whatever the order.
    private const int MostSortedBits = 18; // Finer, and sorting would miss the cache itself.
    private const int LoadedGroupBits = 10; // Groups of a million fit the first cache, in which they are divided further.

    /// <summary>Adds entries whose keys are absent: many in the order of the pages where they belong, so that memory is gone through once.</summary>
    /// <param name="draft">The batch.</param>
    /// <param name="entries">The entries.</param>
    /// <param name="passesOver">Whether a key that is there already, or came before, is passed over.</param>
    /// <param name="duplicate">Such a key, where it is not.</param>
    /// <returns>False at such a key; others may have been added.</returns>
    private bool TryAddAll<TValue>(Draft draft, ReadOnlySpan<KeyValuePair<TKey, TValue>> entries, bool passesOver, [MaybeNullWhen(true)] out TKey duplicate)
    {
        if (draft.Count == 0 && entries.Length >= FewEntries && !passesOver)
        {
            return TryLoad(draft, entries, out duplicate);
        }

        Hashing hashing = draft.Root.Hashing;
        draft.Expected = draft.Count + entries.Length;
        uint[] hashes = ArrayPool<uint>.Shared.Rent(entries.Length);
        int[] order = ArrayPool<int>.Shared.Rent(entries.Length);
        try
        {
            for (int at = 0; at < entries.Length; at++)
            {
                TKey key = entries[at].Key;
                ArgumentNullException.ThrowIfNull(key);
                hashes[at] = HashOf(hashing, key);
            }

            Order(hashes.AsSpan(0, entries.Length), entries.Length < FewEntries ? 0 : Math.Min(_geometry.DepthFor(draft.Expected), MostSortedBits), order);
            foreach (int at in order.AsSpan(0, entries.Length))
            {
                (TKey key, TValue value) = entries[at];
                Root root = draft.Root;
                uint hash = root.Hashing == hashing ? hashes[at] : HashOf(root.Hashing, key); // It may have been changed meanwhile.
                if (!Put(draft, root, hash, key, Encode(value), Condition.Absent, default, out _) && !passesOver)
                {
                    duplicate = key;
                    return false;
                }
            }
        }
        finally
        {
            ArrayPool<uint>.Shared.Return(hashes);
            ArrayPool<int>.Shared.Return(order);
            draft.Expected = 0;
        }

        duplicate = default;
        return true;
    }

    /// <summary>Puts entries into a draft that has none: each page is made once, for what belongs in it.</summary>
    /// <param name="draft">The batch.</param>
    /// <param name="entries">The entries.</param>
    /// <param name="duplicate">A key that comes twice.</param>
    /// <returns>False at such a key; the draft is as it was.</returns>
    private bool TryLoad<TValue>(Draft draft, ReadOnlySpan<KeyValuePair<TKey, TValue>> entries, [MaybeNullWhen(true)] out TKey duplicate)
    {
        int deepest = _geometry.DepthFor(entries.Length);
        while (_geometry.IsWorth(deepest + 1, entries.Length))
        {
            deepest++;
        }

        int bits = Math.Min(deepest, LoadedGroupBits);
        Hashed[] lent = ArrayPool<Hashed>.Shared.Rent(entries.Length);
        try
        {
            Hashing hashing = draft.Root.Hashing;
            List<Page> pages = [];
            var seen = new Duplicate();
            while (!TryDistribute(hashing, entries, bits, deepest, lent, pages, seen))
            {
                hashing = Hashing.RandomText; // As in Put.
            }

            if (seen.IsFound)
            {
                duplicate = seen.Key!;
                return false;
            }

            int depth = _roomDepth;
            foreach (Page page in pages)
            {
                depth = Math.Max(depth, page.Depth);
            }

            draft.Begin(NewRoot(depth, hashing, Draft.Stamp));
            TryLink(draft, draft.Root, 0, 0, CollectionsMarshal.AsSpan(pages), Draft.Stamp, entries.Length);
        }
        finally
        {
            GiveBack(lent, entries.Length);
        }

        duplicate = default;
        return true;
    }

    /// <returns>False where text that the fast function hashes would need an overflow.</returns>
    private bool TryDistribute<TValue>(
        Hashing hashing, ReadOnlySpan<KeyValuePair<TKey, TValue>> entries, int bits, int deepest, Hashed[] lent, List<Page> pages, Duplicate seen)
    {
        Span<int> ends = Sort(hashing, entries, bits, lent);
        pages.Clear();
        int begin = 0;
        foreach (int end in ends)
        {
            if (!Distribute(hashing, lent.AsSpan(begin, end - begin), bits, deepest, _geometry.FillAt(bits), Draft.Stamp, pages, seen))
            {
                return false;
            }

            begin = end;
        }

        return true;
    }

    /// <summary>Puts entries with their hashes in the order of so many upper bits, by a counting sort.</summary>
    /// <returns>Where each group ends.</returns>
    private int[] Sort<TValue>(Hashing hashing, ReadOnlySpan<KeyValuePair<TKey, TValue>> entries, int bits, Hashed[] into)
    {
        uint[] hashes = ArrayPool<uint>.Shared.Rent(entries.Length);
        try
        {
            int[] ends = new int[1 << bits];
            for (int at = 0; at < entries.Length; at++)
            {
                TKey key = entries[at].Key;
                ArgumentNullException.ThrowIfNull(key);
                hashes[at] = HashOf(hashing, key);
                ends[(int)((ulong)hashes[at] >> (32 - bits))]++;
            }

            int begin = 0;
            foreach (ref int place in ends.AsSpan())
            {
                (place, begin) = (begin, begin + place);
            }

            for (int at = 0; at < entries.Length; at++)
            {
                (TKey key, TValue value) = entries[at];
                into[ends[(int)((ulong)hashes[at] >> (32 - bits))]++] = new Hashed(hashes[at], key, Encode(value));
            }

            return ends;
        }
        finally
        {
            ArrayPool<uint>.Shared.Return(hashes);
        }
    }

    /// <summary>A key that has come twice, if one has.</summary>
    private sealed class Duplicate
    {
        public bool IsFound { get; private set; }

        public TKey? Key { get; private set; }

        public void Found(TKey key) => (IsFound, Key) = (true, key);
    }

    /// <summary>The places of hashes in the order of so many upper bits, by a counting sort.</summary>
    private static void Order(ReadOnlySpan<uint> hashes, int bits, Span<int> order)
    {
        Span<int> starts = new int[(1 << bits) + 1];
        foreach (uint hash in hashes)
        {
            starts[(int)((ulong)hash >> (32 - bits)) + 1]++;
        }

        for (int place = 1; place < starts.Length; place++)
        {
            starts[place] += starts[place - 1];
        }

        for (int at = 0; at < hashes.Length; at++)
        {
            order[starts[(int)((ulong)hashes[at] >> (32 - bits))]++] = at;
        }
    }

    private static TStored Encode<TValue>(TValue value)
    {
        if (typeof(TStored) == typeof(TValue))
        {
            return Unsafe.As<TValue, TStored>(ref value);
        }

        object? stored = value;
        return Unsafe.As<object?, TStored>(ref stored);
    }
}
