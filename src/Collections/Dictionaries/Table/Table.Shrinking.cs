using System.Buffers;

namespace SwmrKit;

// How memory comes back: pages are merged as they empty, and a directory that has become too large for what it holds is made anew.
internal sealed partial class Table<TKey, TStored>
{
    /// <summary>Removes everything.</summary>
    public void Clear()
    {
        using Writing writing = EnterWriting();
        ClearUnderLock();
    }

    /// <summary>As <see cref="Clear"/>, for who has entered.</summary>
    public void ClearUnderLock()
    {
        _roomDepth = 0;
        if (_progress.Count.ReadRelaxed() != 0 || CurrentRoot.Depth != 0)
        {
            var draft = new Draft(this);
            draft.Begin(NewRoot(0, Hashing, Draft.Stamp));
            Publish(draft, changes: _progress.Count.ReadRelaxed() == 0 ? 0 : 1);
        }
    }

    /// <summary>Makes the directory as small as its entries allow, and packs the pages.</summary>
    public void Trim()
    {
        using Writing writing = EnterWriting();
        int room = _roomDepth;
        _roomDepth = 0;
        try
        {
            Publish(Rebuilt(CurrentRoot, _progress.Count.ReadRelaxed(), Hashing), changes: 0);
        }
        catch
        {
            _roomDepth = room;
            throw;
        }
    }

    /// <summary>
    /// A page for what is left when an entry is removed, where that fits together with what is in the neighbouring one, and so on upwards; or a
    /// chain with most of its entries removed, packed. Aside, as growth is.
    /// </summary>
    /// <returns>Null where there is nothing to gain, or that is not possible.</returns>
    private Page? Merged(Root root, Page head, uint hash, Place removed, long stamp)
    {
        // A merged page has room for half as much again, and pages that are split are together twice as full or nearly: neither follows soon upon the other.
        (int used, int alive) = SizeOf(head);
        int left = alive - 1;
        int depth = head.Depth;
        bool isEmptying = left <= _geometry.MergeFillAt(depth - 1) / 2; // One of two that fit into one is. Only then the neighbour is worth looking at.
        while (isEmptying && depth > _roomDepth && Neighbour(root, hash, depth) is { } neighbour && left + neighbour.Alive <= _geometry.MergeFillAt(depth - 1))
        {
            left += neighbour.Alive;
            depth--;
        }

        if (depth == head.Depth && !(head.Overflow is not null && Geometry.IsSparse(left, used)))
        {
            return null;
        }

        try
        {
            Hashed[] lent = ArrayPool<Hashed>.Shared.Rent(left);
            try
            {
                int count = Gather(root.Hashing, head, removed, lent, 0);
                for (int at = head.Depth; at > depth; at--)
                {
                    count = Gather(root.Hashing, Neighbour(root, hash, at)!, default, lent, count);
                }

                return Chain(root.Hashing, lent.AsSpan(0, left), depth, stamp, duplicate: null);
            }
            finally
            {
                GiveBack(lent, left);
            }
        }
#pragma warning disable CA1031 // A comparer that throws, or memory that is short: the table is right as it is.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            KeepInterrupt(exception);
            return null;
        }
    }

    /// <summary>The page whose hashes differ from some in the last of so many bits; null where there are several, or it has an overflow.</summary>
    private static Page? Neighbour(Root root, uint hash, int depth)
    {
        Page page = root.PageOf(hash ^ (1u << (32 - depth)));
        return page.Depth == depth && page.Overflow is null ? page : null;
    }

    /// <summary>What has too large a directory after many removals, in one that fits.</summary>
    /// <returns>Null where the directory is not too large, or that is not possible: what has been removed stays removed all the same.</returns>
    private Draft? Shrunk(Root root, long count)
    {
        if (root.Depth <= _roomDepth || !_geometry.IsWasteful(root.Depth, count) || count >= root.ShrinkBelow)
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
            root.ShrinkBelow = (count + 1) / 2; // Not at each removal: it costs O(n).
            KeepInterrupt(exception);
            return null;
        }
    }

    private static void KeepInterrupt(Exception exception)
    {
        if (exception is ThreadInterruptedException)
        {
            Thread.CurrentThread.Interrupt(); // For the thread's next wait.
        }
    }
}
