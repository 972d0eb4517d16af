using System.Diagnostics.CodeAnalysis;

namespace SwmrKit;

internal sealed partial class Table<TKey, TStored>
{
    /// <summary>Applies changes that take effect together, or not at all where one throws.</summary>
    /// <param name="version">The version the table must have; null for any.</param>
    /// <param name="change">Changes the draft. It runs under the writer's lock.</param>
    /// <returns>False when the table has another version, and nothing has run.</returns>
    public bool Update(long? version, Action<Draft> change)
    {
        using Writing writing = EnterWriting();
        return UpdateUnderLock(version, change);
    }

    /// <summary>As <see cref="Update"/>, for who has entered.</summary>
    public bool UpdateUnderLock(long? version, Action<Draft> change)
    {
        if (version is { } expected && expected != _progress.Version.ReadRelaxed())
        {
            return false;
        }

        var draft = new Draft(this);
        try
        {
            change(draft);
        }
        finally
        {
            draft.IsOpen = false;
        }

        if (draft.IsChanged)
        {
            Publish(Shrunk(draft.Root, draft.Count) ?? draft, changes: 1);
        }

        return true;
    }

    /// <summary>What a batch has made of the table so far: a root that nobody else sees, of pages of its own where it has changed something.</summary>
    /// <remarks>
    /// The pages it made carry a stamp that no generation has. A page of the current generation is not the batch's to write: readers
    /// see it. Once the batch is whole its pages get the current generation's stamp and are the table's.
    /// </remarks>
    internal sealed class Draft(Table<TKey, TStored> table)
    {
        /// <summary>No generation's: they begin with 0.</summary>
        public const long Stamp = -2;

        private List<uint> _own = []; // A hash that leads to it, of each page that this batch has linked, or was about to.

        public Root Root { get; private set; } = table.CurrentRoot;

        public long Count { get; private set; } = table.Count;

        /// <summary>How many entries there will be at least, as far as is known: those that come in the order of their hashes fill their page before there are many.</summary>
        public long Expected { get; set; }

        public bool IsChanged { get; private set; }

        /// <summary>Whether the batch's delegate is still running.</summary>
        public bool IsOpen { get; set; } = true;

        public bool TryFind(TKey key, [MaybeNullWhen(false)] out TStored value) => table.TryFind(Root, key, out value);

        public bool TryFindKey(TKey key, [MaybeNullWhen(false)] out TKey actual) => table.TryFindKey(Root, key, out actual);

        public bool Put(TKey key, TStored value, Condition condition, out TStored? existing) => table.Put(this, key, value, condition, default, out existing);

        public bool Remove(TKey key, [MaybeNullWhen(false)] out TStored existing) => table.Remove(this, key, Condition.None, default, out existing);

        public bool TryAddAll<TValue>(ReadOnlySpan<KeyValuePair<TKey, TValue>> entries, [MaybeNullWhen(true)] out TKey duplicate) => table.TryAddAll(this, entries, passesOver: false, out duplicate);

        public void AddMissing<TValue>(ReadOnlySpan<KeyValuePair<TKey, TValue>> entries) => table.TryAddAll(this, entries, passesOver: true, out _);

        /// <summary>The keys there are so far, in a list that further changes do not touch.</summary>
        public List<TKey> CopyKeys()
        {
            var keys = new List<TKey>();
            for (var entries = new Cursor(Root); entries.MoveNext();)
            {
                keys.Add(entries.Key);
            }

            return keys;
        }

        public void Clear()
        {
            if (Count != 0)
            {
                Begin(table.NewRoot(0, Root.Hashing, Stamp));
                IsChanged = true;
            }
        }

        /// <summary>Starts from an empty root.</summary>
        public void Begin(Root empty)
        {
            Root = empty;
            Count = 0;
            _own.Clear();
            _own.Add(0);
        }

        /// <summary>Goes on from where another draft, of the same entries, has come.</summary>
        public void Become(Draft other) => (Root, _own) = (other.Root, other._own);

        /// <summary>Goes on after a change.</summary>
        public void Advance(Root root, int added)
        {
            Root = root;
            Count += added;
            IsChanged = true;
        }

        /// <summary>Notes pages that are to be linked one after the other.</summary>
        public void Own(ReadOnlySpan<Page> pages, int first, int depth)
        {
            foreach (Page page in pages)
            {
                _own.Add((uint)first << (32 - depth)); // Of a directory of no bits, zero.
                first += 1 << (depth - page.Depth);
            }
        }

        /// <summary>Gives the root and the pages that are this batch's own another stamp: O(their number), however large the table.</summary>
        public void Restamp(long stamp)
        {
            if (Root.Stamp == Stamp)
            {
                Root.Stamp = stamp;
            }

            foreach (uint hash in _own)
            {
                Page page = Root.PageOf(hash);
                if (page.Stamp == Stamp)
                {
                    page.Stamp = stamp;
                }
            }
        }
    }
}
