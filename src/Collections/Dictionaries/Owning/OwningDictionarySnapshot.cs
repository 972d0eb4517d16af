using System.Diagnostics.CodeAnalysis;

namespace SwmrKit;

/// <summary>An <see cref="OwningDictionary{TKey, TValue}"/> as it was when <see cref="DictionaryRead{TKey, TValue}.Snapshot"/> was called, for use inside the read it was taken from: until that ends nothing in it is disposed.</summary>
/// <typeparam name="TKey">The type of the keys.</typeparam>
/// <typeparam name="TValue">The type of the values.</typeparam>
/// <remarks>
/// <para>Look-ups are O(1), without locks or allocation. It goes on when the dictionary has been disposed meanwhile.</para>
/// <para>It is bound to its read, not to any read: used after that has ended, under a later one too, and of <c>default</c>, every member that
/// reads throws an <see cref="InvalidOperationException"/>.</para>
/// </remarks>
#pragma warning disable CA1710 // A snapshot of a dictionary is what it is.
public readonly ref partial struct OwningDictionarySnapshot<TKey, TValue>
#pragma warning restore CA1710
    where TKey : notnull
    where TValue : class
{
    private readonly OwningDictionary<TKey, TValue> _dictionary;
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

    /// <summary>The number of changes the dictionary had seen.</summary>
    public long Version => _captured.Version;

    /// <summary>Gets a key's value.</summary>
    /// <param name="key">The key.</param>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is null.</exception>
    /// <exception cref="KeyNotFoundException">The key is absent.</exception>
    /// <exception cref="InvalidOperationException">The read has ended, or this is <c>default</c>.</exception>
    public TValue this[TKey key] => TryGetValue(key, out TValue? value) ? value : throw DictionaryErrors.NotFound(key);

    /// <summary>Finds a key's value. O(1).</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">Its value, protected until the read ends; or null.</param>
    /// <returns>Whether the key is there.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is null.</exception>
    /// <exception cref="InvalidOperationException">The read has ended, or this is <c>default</c>.</exception>
    public bool TryGetValue(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        value = Find(key)?.Value;
        return value is not null;
    }

    /// <summary>Whether a key is there. O(1).</summary>
    /// <param name="key">The key.</param>
    /// <returns>Whether it is.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is null.</exception>
    /// <exception cref="InvalidOperationException">The read has ended, or this is <c>default</c>.</exception>
    public bool ContainsKey(TKey key) => Find(key) is not null;

    /// <summary>Takes a lease of a key's value, which outlives the read: it may cross <c>await</c> and threads. The value is this snapshot's, even if it has been replaced since.</summary>
    /// <param name="key">The key.</param>
    /// <param name="lease">The lease, to be disposed; null where the key is absent.</param>
    /// <returns>Whether the key is there.</returns>
    /// <remarks>O(1) amortised; it allocates.</remarks>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is null.</exception>
    /// <exception cref="InvalidOperationException">The read has ended, or this is <c>default</c>.</exception>
    public bool TryLease(TKey key, [NotNullWhen(true)] out Lease<TValue>? lease)
    {
        lease = Find(key) is { } found ? Lease<TValue>.Promote(found) : null;
        return lease is not null;
    }

    /// <summary>Goes through the entries.</summary>
    /// <returns>The enumerator, for use inside the read.</returns>
    /// <exception cref="InvalidOperationException">The read has ended, or this is <c>default</c>.</exception>
    public OwningDictionarySnapshot<TKey, TValue>.Enumerator GetEnumerator()
    {
        OwningDictionaryErrors.ThrowIfEnded(_slot, _token);
        return new Enumerator(_captured.Root, _slot, _token);
    }

    private Published<TValue>? Find(TKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        OwningDictionaryErrors.ThrowIfEnded(_slot, _token);
        return _dictionary.FindCaptured(_captured.Root, key);
    }

    /// <summary>Goes through the entries of a snapshot, in no particular order, inside its read.</summary>
    public ref struct Enumerator
    {
        private readonly ReaderSlot? _slot;
        private readonly long _token;
        private Table<TKey, object?>.Cursor _entries;

        internal Enumerator(Table<TKey, object?>.Root root, ReaderSlot slot, long token)
        {
            _entries = new Table<TKey, object?>.Cursor(root);
            _slot = slot;
            _token = token;
        }

        /// <summary>The entry it is at, its value protected until the read ends; before the first and after the last one, default.</summary>
        public KeyValuePair<TKey, TValue> Current { get; private set; }

        /// <summary>Goes on to the next entry.</summary>
        /// <returns>Whether there is one.</returns>
        /// <exception cref="InvalidOperationException">The read has ended, or this is <c>default</c>.</exception>
        public bool MoveNext()
        {
            OwningDictionaryErrors.ThrowIfEnded(_slot, _token);
            bool isAtEntry = _entries.MoveNext();
            Current = isAtEntry ? OwningDictionary<TKey, TValue>.EntryAt(in _entries) : default;
            return isAtEntry;
        }
    }
}
