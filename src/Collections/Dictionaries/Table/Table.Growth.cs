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
        var entries = new List<Hashed>(Page.Slots + 1);
        int used = 0;
        for (Page? page = full; page is not null; page = page.Overflow)
        {
            used += page.Used;
            for (int slot = 0; slot < Page.Slots; slot++)
            {
                if (page.IsLive(slot))
                {
                    ref Entry entry = ref page.At(slot);
                    TKey found = entry.Key.Read();
                    entries.Add(new Hashed(HashOf(root.Hashing, found), found, entry.Value.ReadRelaxed()));
                }
            }
        }

        int limit = entries.Count < used ? _geometry.Fill * 3 / 4 : _geometry.Fill;
        entries.Add(new Hashed(hash, key, value));
        long count = (draft?.Count ?? _progress.Count.ReadRelaxed()) + 1;
        int deepest = root.Depth;
        while (_geometry.IsWorth(deepest + 1, count))
        {
            deepest++;
        }

        var pages = new List<Page>();
        return Distribute(root.Hashing, entries, full.Depth, deepest, limit, stamp, pages) ? pages : null;
    }

    private bool Distribute(Hashing hashing, List<Hashed> entries, int depth, int deepest, int limit, long stamp, List<Page> pages)
    {
        if (entries.Count > limit && depth < deepest)
        {
            uint bit = 1u << (31 - depth);
            return Distribute(hashing, entries.FindAll(entry => (entry.Hash & bit) == 0), depth + 1, deepest, _geometry.Fill, stamp, pages)
                && Distribute(hashing, entries.FindAll(entry => (entry.Hash & bit) != 0), depth + 1, deepest, _geometry.Fill, stamp, pages);
        }

        bool isFitting = entries.Count <= _geometry.Fill;
        if (!isFitting && hashing == Hashing.FastText)
        {
            return false;
        }

        Page? head = null;
        Page? last = null;
        foreach (Hashed entry in entries)
        {
            if (last is not { HasRoom: true })
            {
                var page = new Page(stamp, depth, isFitting ? _geometry.Fill : Page.Slots);
                head ??= page;
                last?.Overflow = page;
                last = page;
            }

            last.Add(entry.Hash, entry.Key, entry.Value);
        }

        head ??= new Page(stamp, depth, _geometry.Fill);
        pages.Add(head);
        return true;
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
            draft.Root = Rebuilt(draft.Root, draft.Count, Hashing.RandomText).Root;
        }
    }

    /// <summary>What has too large a directory after many removals, in one that fits.</summary>
    /// <returns>Null where the directory is not too large, or that is not possible: what has been removed stays removed all the same.</returns>
    private Draft? Shrunk(Root root, long count)
    {
        if (!_geometry.IsWasteful(root.Depth, count))
        {
            return null;
        }

        try
        {
            return Rebuilt(root, count, root.Hashing);
        }
#pragma warning disable CA1031 // A comparer that throws, or memory that is short: the table is right as it is.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            if (exception is ThreadInterruptedException)
            {
                Thread.CurrentThread.Interrupt(); // For the thread's next wait.
            }

            return null;
        }
    }

    /// <summary>The same entries in a directory that fits them, under a hash function: aside, O(n).</summary>
    private Draft Rebuilt(Root source, long count, Hashing hashing)
    {
        var draft = new Draft(this);
        draft.Begin(NewRoot(_geometry.DepthFor(count), hashing, Draft.Stamp));
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
        draft.Root.Restamp(Draft.Stamp, _progress.Gate.Generation); // If a snapshot comes now, they are copied once more than they need be; no harm else.
        long generation = _progress.Gate.Enter();
        _root.Write(draft.Root); // D3: release, after all that is in it.
        _progress.Count.Write(draft.Count);
        _progress.Version.Write(_progress.Version.ReadRelaxed() + changes);
        _progress.Gate.Exit(generation); // D4: pairs with Capture.
    }

    private readonly record struct Hashed(uint Hash, TKey Key, TStored Value);
}
