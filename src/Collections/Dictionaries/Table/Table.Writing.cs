using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace SwmrKit;

/// <summary>When a write takes effect.</summary>
internal enum Condition
{
    /// <summary>Always.</summary>
    None,

    /// <summary>Where the key is absent.</summary>
    Absent,

    /// <summary>Where the key is there with the value expected.</summary>
    Expected,
}

internal sealed partial class Table<TKey, TStored>
{
    /// <summary>Raised on the writer's thread, outside its lock, after a write that may have changed something. What handles it must not throw.</summary>
    public event Action? Changed;

    /// <summary>How many pages have been copied because a snapshot, or a batch's reader, may see them; for tests.</summary>
    internal long PagesCopied { get; private set; }

    /// <summary>Sets, adds or replaces a value.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value.</param>
    /// <param name="condition">When.</param>
    /// <param name="expected">What <see cref="Condition.Expected"/> expects.</param>
    /// <param name="existing">The value that was there.</param>
    /// <returns>Whether the condition held, and the value is in place.</returns>
    public bool Put(TKey key, TStored value, Condition condition, TStored? expected, out TStored? existing)
    {
        using Writing writing = EnterWriting();
        return PutUnderLock(key, value, condition, expected, out existing);
    }

    /// <summary>Removes a key.</summary>
    /// <returns>Whether it was there and the condition held.</returns>
    public bool Remove(TKey key, Condition condition, TStored? expected, [MaybeNullWhen(false)] out TStored existing)
    {
        using Writing writing = EnterWriting();
        return RemoveUnderLock(key, condition, expected, out existing);
    }

    /// <summary>Enters the writer's lock: for owners that have more to do in one write than the table knows of. What ends in UnderLock is for them.</summary>
    public Writing EnterWriting()
    {
        RefuseReentry();
        return new Writing(this, _writer.Enter());
    }

    /// <summary>As <see cref="Put(TKey, TStored, Condition, TStored, out TStored)"/>, for who has entered.</summary>
    public bool PutUnderLock(TKey key, TStored value, Condition condition, TStored? expected, out TStored? existing) =>
        Put(null, key, value, condition, expected, out existing);

    /// <summary>As <see cref="Remove(TKey, Condition, TStored, out TStored)"/>, for who has entered.</summary>
    public bool RemoveUnderLock(TKey key, Condition condition, TStored? expected, [MaybeNullWhen(false)] out TStored existing)
    {
        bool removed = Remove(null, key, condition, expected, out existing);
        if (removed && Shrunk(CurrentRoot, _progress.Count.ReadRelaxed()) is { } shrunk)
        {
            Publish(shrunk, changes: 0);
        }

        return removed;
    }

    private bool Put(Draft? draft, TKey key, TStored value, Condition condition, TStored? expected, out TStored? existing)
    {
        Root root = RootOf(draft);
        return Put(draft, root, HashOf(root.Hashing, key), key, value, condition, expected, out existing);
    }

    private bool Put(Draft? draft, Root root, uint hash, TKey key, TStored value, Condition condition, TStored? expected, out TStored? existing)
    {
        Page head = root.PageOf(hash);
        bool exists = Locate(root.Hashing, head, hash, key, out Place place);
        existing = exists ? place.Entry.Value.ReadRelaxed() : default;
        if (condition == Condition.Absent ? exists : condition == Condition.Expected && !(exists && AreSame(existing!, expected!)))
        {
            return false;
        }

        if (exists)
        {
            Replace(draft, root, head, hash, place, value);
        }
        else if (!TryAdd(draft, root, hash, key, value))
        {
            // Too much text in one place. By chance that does not happen; by somebody's design it would go on happening.
            Rehash(draft);
            return Put(draft, key, value, condition, expected, out existing);
        }

        return true;
    }

    private void Replace(Draft? draft, Root root, Page head, uint hash, Place place, TStored value)
    {
        while (true)
        {
            long stamp = StampOf(draft);
            if (head.Stamp != stamp)
            {
                Page copy = CopyOf(head, stamp);
                Counterpart(head, place.Page, copy).At(place.Slot).Value.WriteRelaxed(value);
                if (TryLink(draft, root, head.Depth, hash, [copy], stamp, added: 0))
                {
                    return;
                }
            }
            else if (TryEnter(draft, stamp))
            {
                place.Entry.Value.Write(value); // D1: release, after what the value refers to; pairs with the read in TryFind.
                Exit(draft, stamp, root, added: 0);
                return;
            }
        }
    }

    private bool Remove(Draft? draft, TKey key, Condition condition, TStored? expected, [MaybeNullWhen(false)] out TStored existing)
    {
        Root root = RootOf(draft);
        uint hash = HashOf(root.Hashing, key);
        Page head = root.PageOf(hash);
        if (!Locate(root.Hashing, head, hash, key, out Place place))
        {
            existing = default;
            return false;
        }

        existing = place.Entry.Value.ReadRelaxed();
        if (condition == Condition.Expected && !AreSame(existing, expected!))
        {
            return false;
        }

        while (true)
        {
            long stamp = StampOf(draft);
            if (Merged(root, head, hash, place, stamp) is { } merged)
            {
                if (TryLink(draft, root, merged.Depth, hash, [merged], stamp, added: -1))
                {
                    return true;
                }
            }
            else if (head.Stamp != stamp)
            {
                Page copy = CopyOf(head, stamp);
                Counterpart(head, place.Page, copy).Remove(place.Slot);
                if (TryLink(draft, root, head.Depth, hash, [copy], stamp, added: -1))
                {
                    return true;
                }
            }
            else if (TryEnter(draft, stamp))
            {
                place.Page.Remove(place.Slot);
                Exit(draft, stamp, root, added: -1);
                return true;
            }
        }
    }

    /// <summary>Adds a key that is absent.</summary>
    /// <returns>False, and nothing is added, where fast hashing of text brings too many keys to one place.</returns>
    private bool TryAdd(Draft? draft, Root root, uint hash, TKey key, TStored value)
    {
        Page head = root.PageOf(hash);
        Page? page = head;
        while (page is { HasRoom: false })
        {
            page = page.Overflow; // An overflow is not looked into before all slots in front of it are used.
        }

        while (true)
        {
            long stamp = StampOf(draft);
            if (page is null)
            {
                List<Page>? pages = Grow(draft, root, head, hash, key, value, stamp);
                if (pages is null)
                {
                    return false;
                }

                if (TryLink(draft, root, head.Depth, hash, CollectionsMarshal.AsSpan(pages), stamp, added: 1))
                {
                    return true;
                }
            }
            else if (head.Stamp != stamp)
            {
                Page copy = CopyOf(head, stamp);
                Counterpart(head, page, copy).Add(hash, key, value);
                if (TryLink(draft, root, head.Depth, hash, [copy], stamp, added: 1))
                {
                    return true;
                }
            }
            else if (TryEnter(draft, stamp))
            {
                page.Add(hash, key, value);
                Exit(draft, stamp, root, added: 1);
                return true;
            }
        }
    }

    /// <summary>
    /// Puts pages in the place of those whose hashes agree with one in so many bits, by links where these may be written, else by a new root.
    /// </summary>
    /// <returns>False when a snapshot has come since the pages were stamped: they would change what it sees, or the next write would.</returns>
    private bool TryLink(Draft? draft, Root root, int replaced, uint hash, ReadOnlySpan<Page> pages, long stamp, int added)
    {
        int depth = root.Depth;
        foreach (Page page in pages)
        {
            depth = Math.Max(depth, page.Depth);
        }

        Root target = root.Stamp == stamp && depth == root.Depth ? root : root.Copy(_geometry, depth, stamp);
        int first = target.FirstLinkOf(hash, replaced);
        draft?.Own(pages, first, target.Depth); // Before they are linked: should memory be short, none may be linked and not noted.
        target.Own(first, 1 << (target.Depth - replaced)); // What must be copied for it, before the gate.
        bool isPublished = ReferenceEquals(target, root);
        if (!isPublished)
        {
            target.Link(pages, first);
        }

        if (!TryEnter(draft, stamp))
        {
            return false;
        }

        if (isPublished)
        {
            target.Link(pages, first);
        }

        Exit(draft, stamp, target, added);
        return true;
    }

    private Root RootOf(Draft? draft) => draft?.Root ?? _root.ReadRelaxed()!;

    /// <summary>The stamp of what may be written in place now.</summary>
    private long StampOf(Draft? draft) => draft is null ? _progress.Gate.Generation : Draft.Stamp;

    private bool TryEnter(Draft? draft, long stamp) => draft is not null || _progress.Gate.TryEnter(stamp);

    private void Exit(Draft? draft, long stamp, Root root, int added)
    {
        if (draft is not null)
        {
            draft.Advance(root, added);
            return;
        }

        if (!ReferenceEquals(root, _root.ReadRelaxed()))
        {
            _root.Write(root); // D3: release, after all that is in it.
        }

        if (added != 0)
        {
            _progress.Count.Write(_progress.Count.ReadRelaxed() + added);
        }

        _progress.Version.Write(_progress.Version.ReadRelaxed() + 1);
        _progress.Gate.Exit(stamp); // D4: pairs with Capture.
    }

    private Page CopyOf(Page page, long stamp)
    {
        PagesCopied++;
        return page.Copy(stamp);
    }

    /// <summary>The page of a copied chain that stands where another one stands in the original.</summary>
    private static Page Counterpart(Page head, Page page, Page copy)
    {
        for (; !ReferenceEquals(head, page); head = head.Overflow!)
        {
            copy = copy.Overflow!;
        }

        return copy;
    }

    /// <summary>By their bits: of zeros and of values that are no numbers there are several that count as equal, or do not.</summary>
    private static bool AreSame(TStored one, TStored other)
    {
        if (!typeof(TStored).IsValueType)
        {
            return ReferenceEquals(one, other);
        }

        ref byte first = ref Unsafe.As<TStored, byte>(ref one);
        ref byte second = ref Unsafe.As<TStored, byte>(ref other);
        return MemoryMarshal.CreateReadOnlySpan(ref first, Unsafe.SizeOf<TStored>()).SequenceEqual(MemoryMarshal.CreateReadOnlySpan(ref second, Unsafe.SizeOf<TStored>()));
    }

    /// <summary>To be called before anything else that waits: under the writer's lock a thread that waits for another may wait for ever.</summary>
    /// <exception cref="InvalidOperationException">The calling thread is writing: in the comparer, or in a batch's delegate.</exception>
    public void RefuseReentry()
    {
        if (_writer.IsHeldByCurrentThread)
        {
            throw new InvalidOperationException("The dictionary, or set, was written by its own comparer, or by the delegate of one of its batches. Write through the batch that the delegate is given.");
        }
    }
    /// <summary>Holds the writer's lock until disposed.</summary>
    public ref struct Writing(Table<TKey, TStored> table, ExclusiveLock.Scope scope)
    {
        private ExclusiveLock.Scope _scope = scope;

        public void Dispose()
        {
            _scope.Dispose();
            table.Changed?.Invoke(); // D6: looked at after the gate was entered; pairs with DictionaryChangeLog, which listens before it captures.
        }
    }
}
