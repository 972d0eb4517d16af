using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace SwmrKit;

internal sealed partial class Table<TKey, TStored>
{
    private const int FewEntries = 1_024; // Their pages are in the cache, whatever the order.
    private const int MostSortedBits = 18; // Finer, and sorting would miss the cache itself.

    /// <summary>Adds entries whose keys are absent: many in the order of the pages where they belong, so that memory is gone through once.</summary>
    /// <param name="draft">The batch.</param>
    /// <param name="entries">The entries.</param>
    /// <param name="passesOver">Whether a key that is there already, or came before, is passed over.</param>
    /// <param name="duplicate">Such a key, where it is not.</param>
    /// <returns>False at such a key; others may have been added.</returns>
    private bool TryAddAll<TValue>(Draft draft, ReadOnlySpan<KeyValuePair<TKey, TValue>> entries, bool passesOver, [MaybeNullWhen(true)] out TKey duplicate)
    {
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
