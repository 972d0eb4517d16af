using System.Buffers;

namespace SwmrKit;

internal sealed partial class Table<TKey, TStored>
{
    /// <summary>Pages for what is in one that has no room, and one entry more.</summary>
    /// <remarks>
    /// Where enough of the page is dead, one page, packed. Else two, by the next bit of the hashes, and so on where they differ only
    /// further on, the directory doubling if it must. Where that does not help, for the hashes are equal or the entries too few for a larger
    /// directory, a page with an overflow. All of it aside: readers and snapshots go on.
    /// </remarks>
    /// <returns>Null where text that the fast function hashes would need an overflow.</returns>
    private List<Page>? Grow(Draft? draft, Root root, Page full, uint hash, TKey key, TStored value, long stamp)
    {
        (int used, int alive) = SizeOf(full);
        Hashed[] lent = ArrayPool<Hashed>.Shared.Rent(alive + 1);
        try
        {
            Gather(root.Hashing, full, default, lent, 0);
            lent[alive] = new Hashed(hash, key, value);
            int fill = _geometry.FillAt(full.Depth);
            int limit = alive < used ? fill * 3 / 4 : fill;
            long count = draft is null ? _progress.Count.ReadRelaxed() + 1 : Math.Max(draft.Count + 1, draft.Expected);
            int deepest = root.Depth;
            while (_geometry.IsWorth(deepest + 1, count))
            {
                deepest++;
            }

            var pages = new List<Page>();
            return Distribute(root.Hashing, lent.AsSpan(0, alive + 1), full.Depth, deepest, limit, stamp, pages) ? pages : null;
        }
        finally
        {
            GiveBack(lent, alive + 1);
        }
    }

    /// <param name="hashing">The hash function.</param>
    /// <param name="entries">The entries; left in another order.</param>
    /// <param name="depth">In how many bits their hashes agree.</param>
    /// <param name="deepest">Into how many they may be divided.</param>
    /// <param name="limit">How many a page of that depth takes before it is divided.</param>
    /// <param name="stamp">The stamp of the pages.</param>
    /// <param name="pages">Where they go, in the order of the hashes.</param>
    /// <param name="duplicate">Told of a key that comes twice, where one may.</param>
    /// <returns>False where text that the fast function hashes would need an overflow.</returns>
    private bool Distribute(Hashing hashing, Span<Hashed> entries, int depth, int deepest, int limit, long stamp, List<Page> pages, Duplicate? duplicate = null)
    {
        if (entries.Length > limit && depth < deepest)
        {
            int zeros = Partition(entries, 1u << (31 - depth));
            return Distribute(hashing, entries[..zeros], depth + 1, deepest, _geometry.FillAt(depth + 1), stamp, pages, duplicate)
                && Distribute(hashing, entries[zeros..], depth + 1, deepest, _geometry.FillAt(depth + 1), stamp, pages, duplicate);
        }

        if (entries.Length > _geometry.Fill && hashing == Hashing.FastText)
        {
            return false;
        }

        pages.Add(Chain(hashing, entries, depth, stamp, duplicate));
        return true;
    }

    /// <summary>A page of entries, with overflows where they are too many for one.</summary>
    /// <remarks>A chain gets room for an eighth more, so that it is not made anew for every few additions.</remarks>
    private Page Chain(Hashing hashing, ReadOnlySpan<Hashed> entries, int depth, long stamp, Duplicate? duplicate)
    {
        bool isFitting = entries.Length <= _geometry.Fill;
        int limit = entries.Length < _geometry.FillAt(depth) ? _geometry.FillAt(depth) : isFitting ? _geometry.Fill : Page.Slots; // With room for more, where there can be.
        var head = new Page(stamp, depth, limit);
        Page last = head;
        foreach (Hashed entry in entries)
        {
            if (duplicate is not null && Locate(hashing, head, entry.Hash, entry.Key, out _))
            {
                duplicate.Found(entry.Key);
                continue;
            }

            if (!last.HasRoom)
            {
                last = last.Overflow = new Page(stamp, depth, Page.Slots);
            }

            last.Add(entry.Hash, entry.Key, entry.Value);
        }

        for (int free = last.Limit - last.Used; !isFitting && 8 * free < entries.Length; free += Page.Slots)
        {
            last = last.Overflow = new Page(stamp, depth, Page.Slots);
        }

        return head;
    }

    /// <summary>How many slots of a page and its overflow are used, and how many of them are live.</summary>
    private static (int Used, int Alive) SizeOf(Page chain)
    {
        (int used, int alive) = (0, 0);
        for (Page? page = chain; page is not null; page = page.Overflow)
        {
            used += page.Used;
            alive += page.Alive;
        }

        return (used, alive);
    }

    /// <summary>Collects the live entries of a page and its overflow, but for one, with their hashes. The comparer may throw.</summary>
    /// <returns>How many entries have been collected, with those that were there.</returns>
    private int Gather(Hashing hashing, Page chain, Place except, Hashed[] into, int count)
    {
        for (Page? page = chain; page is not null; page = page.Overflow)
        {
            for (int slot = 0; slot < Page.Slots; slot++)
            {
                if (page.IsLive(slot) && !(slot == except.Slot && ReferenceEquals(page, except.Page)))
                {
                    ref Entry entry = ref page.At(slot);
                    TKey found = entry.Key.Read();
                    into[count++] = new Hashed(HashOf(hashing, found), found, entry.Value.ReadRelaxed());
                }
            }
        }

        return count;
    }

    /// <summary>Puts the entries whose hashes have a certain bit behind those whose have it not.</summary>
    /// <returns>How many have it not.</returns>
    private static int Partition(Span<Hashed> entries, uint bit)
    {
        int zeros = 0;
        for (int i = 0; i < entries.Length; i++)
        {
            if ((entries[i].Hash & bit) == 0)
            {
                (entries[zeros], entries[i]) = (entries[i], entries[zeros]);
                zeros++;
            }
        }

        return zeros;
    }

    /// <summary>Gives an array back to the pool, without the keys and values.</summary>
    private static void GiveBack(Hashed[] lent, int used)
    {
        lent.AsSpan(0, used).Clear();
        ArrayPool<Hashed>.Shared.Return(lent);
    }

    /// <summary>Hashes text by the function whose collisions nobody can foresee, from now on.</summary>
    private void Rehash(Draft? draft)
    {
        if (draft is null)
        {
            Publish(Rebuilt(CurrentRoot, _progress.Count.ReadRelaxed(), Hashing.RandomText), changes: 0);
        }
        else
        {
            draft.Become(Rebuilt(draft.Root, draft.Count, Hashing.RandomText));
        }
    }

    /// <summary>The same entries in a directory that fits them, under a hash function: aside, O(n).</summary>
    private Draft Rebuilt(Root source, long count, Hashing hashing)
    {
        var draft = new Draft(this) { Expected = count };
        draft.Begin(NewRoot(Math.Max(_geometry.DepthFor(count), _roomDepth), hashing, Draft.Stamp));
        var entries = new Cursor(source);
        while (entries.MoveNext())
        {
            if (!TryAdd(draft, draft.Root, HashOf(hashing, entries.Key), entries.Key, entries.Value))
            {
                return Rebuilt(source, count, Hashing.RandomText);
            }
        }

        return draft;
    }

    /// <summary>Puts a draft in the place of everything, in one store.</summary>
    private void Publish(Draft draft, int changes)
    {
        draft.Restamp(_progress.Gate.Generation); // If a snapshot comes now, they are copied once more than they need be; no harm else.
        long generation = _progress.Gate.Enter();
        _root.Write(draft.Root); // D3: release, after all that is in it.
        _progress.Count.Write(draft.Count);
        _progress.Version.Write(_progress.Version.ReadRelaxed() + changes);
        _progress.Gate.Exit(generation); // D4: pairs with Capture.
    }

    private readonly record struct Hashed(uint Hash, TKey Key, TStored Value);
}
