using System.Diagnostics.CodeAnalysis;

namespace SwmrKit;

/// <summary>An <see cref="OwningDictionary{TKey, TValue}"/> as it was when <see cref="DictionaryRead{TKey, TValue}.Snapshot"/> was called, for use inside the read it was taken from: until that ends nothing in it is disposed.</summary>
/// <typeparam name="TKey">The type of the keys.</typeparam>
/// <typeparam name="TValue">The type of the values.</typeparam>
/// <remarks>
/// <para>Look-ups are O(1), without locks or allocation. It goes on when the dictionary has been disposed meanwhile.</para>
/// <para>It is bound to its read, not to any read: used after that has ended, under a later one too, every member that reads throws an
/// <see cref="InvalidOperationException"/>. <c>default</c> is an empty one, of no read.</para>
/// </remarks>
#pragma warning disable CA1710 // A snapshot of a dictionary is what it is.
public readonly ref partial struct OwningDictionarySnapshot<TKey, TValue>
#pragma warning restore CA1710
    where TKey : notnull
    where TValue : class
{
    private readonly OwningDictionary<TKey, TValue>? _dictionary;
    private readonly Table<TKey, object?>.Captured _captured;
    private readonly ReaderSlot? _slot;
    private readonly long _token;

    internal OwningDictionarySnapshot(OwningDictionary<TKey, TValue> dictionary, Table<TKey, object?>.Captured captured, ReaderSlot slot, long token)
    {
        _dictionary = dictionary;
        _captured = captured;
        _slot = slot;
        _token = token;
    }

    /// <summary>How many entries it has, exactly.</summary>
    /// <exception cref="OverflowException">There are more than <see cref="int.MaxValue"/>; everything else works with them.</exception>
    public int Count => DictionaryErrors.ToCount(_captured.Count);

    /// <summary>How keys are compared.</summary>
    public IEqualityComparer<TKey> Comparer => _dictionary?.Comparer ?? EqualityComparer<TKey>.Default;

    /// <summary>The number of changes the dictionary had seen.</summary>
    public long Version => _captured.Version;

    /// <summary>Gets a key's value.</summary>
    /// <param name="key">The key.</param>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is null.</exception>
    /// <exception cref="KeyNotFoundException">The key is absent.</exception>
    /// <exception cref="InvalidOperationException">The read has ended.</exception>
    public TValue this[TKey key] => TryGetValue(key, out TValue? value) ? value : throw DictionaryErrors.NotFound(key);

    /// <summary>Finds a key's value. O(1).</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">Its value, protected until the read ends; or null.</param>
    /// <returns>Whether the key is there.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is null.</exception>
    /// <exception cref="InvalidOperationException">The read has ended.</exception>
    public bool TryGetValue(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        value = Find(key)?.Value;
        return value is not null;
    }

    /// <summary>Whether a key is there. O(1).</summary>
    /// <param name="key">The key.</param>
    /// <returns>Whether it is.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is null.</exception>
    /// <exception cref="InvalidOperationException">The read has ended.</exception>
    public bool ContainsKey(TKey key) => Find(key) is not null;

    /// <summary>Takes a lease of a key's value, which outlives the read: it may cross <c>await</c> and threads. The value is this snapshot's, even if it has been replaced since.</summary>
    /// <param name="key">The key.</param>
    /// <param name="lease">The lease, to be disposed; null where the key is absent.</param>
    /// <returns>Whether the key is there.</returns>
    /// <remarks>O(1) amortised; it allocates.</remarks>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is null.</exception>
    /// <exception cref="InvalidOperationException">The read has ended.</exception>
    public bool TryLease(TKey key, [NotNullWhen(true)] out Lease<TValue>? lease)
    {
        lease = Find(key) is { } found ? Lease<TValue>.Promote(found) : null;
        return lease is not null;
    }

    /// <summary>What has changed since an earlier snapshot of the same read: what is in one of them and not in the other, and what has another value.</summary>
    /// <param name="older">The earlier snapshot; <c>default</c> for nothing, so that everything was added. A later one will do as well: the changes then lead back.</param>
    /// <param name="comparer">Says which values are the same; null where only the same object is, for what replaces an object leads to its disposal, however equal.</param>
    /// <returns>The changes, found as they are enumerated, for use inside the read: each key at most once, in no particular order.</returns>
    /// <remarks>What both snapshots share is left out without being looked at: the cost is that of <see cref="DictionarySnapshot{TKey, TValue}.ChangesSince"/>.</remarks>
    /// <exception cref="ArgumentException"><paramref name="older"/> is of another dictionary; or of another read, an enclosing one included.</exception>
    /// <exception cref="InvalidOperationException">The read has ended.</exception>
    public OwningDictionaryChanges<TKey, TValue> ChangesSince(OwningDictionarySnapshot<TKey, TValue> older, IEqualityComparer<TValue>? comparer = null)
    {
        ThrowIfEnded();
        if (_dictionary is not null && older._dictionary is not null)
        {
            if (!ReferenceEquals(_dictionary, older._dictionary))
            {
                throw DictionaryErrors.OfAnother(nameof(older));
            }

            if (!ReferenceEquals(_slot, older._slot) || _token != older._token)
            {
                throw OwningDictionaryErrors.OfAnotherRead(nameof(older));
            }
        }
        else
        {
            older.ThrowIfEnded();
        }

        return new OwningDictionaryChanges<TKey, TValue>(older, this, comparer);
    }

    /// <summary>Goes through the entries.</summary>
    /// <returns>The enumerator, for use inside the read.</returns>
    /// <exception cref="InvalidOperationException">The read has ended.</exception>
    public OwningDictionarySnapshot<TKey, TValue>.Enumerator GetEnumerator() => EnumerateExcept(default);

    /// <summary>Goes through the entries that stand in pages of this snapshot's own.</summary>
    internal OwningDictionarySnapshot<TKey, TValue>.Enumerator EnumerateExcept(OwningDictionarySnapshot<TKey, TValue> other)
    {
        ThrowIfEnded();
        return _slot is null ? default : new Enumerator(new(_captured.Root, other._captured.Root), _slot, _token);
    }

    /// <summary>Refuses the use of what belongs to a read that has ended; <c>default</c> belongs to none.</summary>
    private void ThrowIfEnded()
    {
        if (_slot is not null)
        {
            OwningDictionaryErrors.ThrowIfEnded(_slot, _token);
        }
    }

    private Published<TValue>? Find(TKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        ThrowIfEnded();
        return _dictionary?.FindCaptured(_captured.Root, key);
    }

    /// <summary>Goes through the entries of a snapshot, in no particular order, inside its read.</summary>
    public ref struct Enumerator
    {
        private readonly ReaderSlot? _slot; // Null for default, which goes through nothing.
        private readonly long _token;
        private Table<TKey, object?>.Cursor _entries;

        internal Enumerator(Table<TKey, object?>.Cursor entries, ReaderSlot slot, long token)
        {
            _entries = entries;
            _slot = slot;
            _token = token;
        }

        /// <summary>The entry it is at, its value protected until the read ends; before the first and after the last one, default.</summary>
        public KeyValuePair<TKey, TValue> Current { get; private set; }

        /// <summary>Goes on to the next entry.</summary>
        /// <returns>Whether there is one.</returns>
        /// <exception cref="InvalidOperationException">The read has ended.</exception>
        public bool MoveNext()
        {
            if (_slot is null)
            {
                return false;
            }

            OwningDictionaryErrors.ThrowIfEnded(_slot, _token);
            bool isAtEntry = _entries.MoveNext();
            Current = isAtEntry ? OwningDictionary<TKey, TValue>.EntryAt(in _entries) : default;
            return isAtEntry;
        }
    }
}
