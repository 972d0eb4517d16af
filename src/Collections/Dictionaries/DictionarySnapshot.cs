using System.Collections;
using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace SwmrKit;

/// <summary>A <see cref="CopyOnWriteDictionary{TKey, TValue}"/> as it was when <see cref="CopyOnWriteDictionary{TKey, TValue}.Snapshot"/> was called: immutable.</summary>
/// <typeparam name="TKey">The type of the keys.</typeparam>
/// <typeparam name="TValue">The type of the values.</typeparam>
/// <remarks>Any number of threads may use it. Look-ups are O(1), without locks or allocation. <c>default</c> is an empty one.</remarks>
[DebuggerDisplay("Count = {_count}, Version = {Version}")]
[DebuggerTypeProxy(typeof(DictionaryDebugView<,>))]
#pragma warning disable CA1710 // A snapshot of a dictionary is what it is.
public readonly partial struct DictionarySnapshot<TKey, TValue> : IReadOnlyDictionary<TKey, TValue>, IEquatable<DictionarySnapshot<TKey, TValue>>
#pragma warning restore CA1710
    where TKey : notnull
{
    private readonly CopyOnWriteDictionary<TKey, TValue>? _dictionary;
    private readonly object? _root;
    private readonly long _count;

    internal DictionarySnapshot(CopyOnWriteDictionary<TKey, TValue> dictionary, object root, long count, long version) =>
        (_dictionary, _root, _count, Version) = (dictionary, root, count, version);

    /// <summary>How many entries it has, exactly.</summary>
    /// <exception cref="OverflowException">There are more than <see cref="int.MaxValue"/>; everything else works with them.</exception>
    public int Count => DictionaryErrors.ToCount(_count);

    /// <summary>The number of changes the dictionary had seen.</summary>
    public long Version { get; }

    /// <summary>Compares the keys.</summary>
    public IEqualityComparer<TKey> Comparer => _dictionary?.Comparer ?? EqualityComparer<TKey>.Default;

    /// <summary>The keys. O(1).</summary>
    public IReadOnlyCollection<TKey> Keys => new Part<TKey>(this, static entry => entry.Key);

    /// <summary>The values, in the order of <see cref="Keys"/>. O(1).</summary>
    public IReadOnlyCollection<TValue> Values => new Part<TValue>(this, static entry => entry.Value);

    IEnumerable<TKey> IReadOnlyDictionary<TKey, TValue>.Keys => Keys;

    IEnumerable<TValue> IReadOnlyDictionary<TKey, TValue>.Values => Values;

    /// <summary>Gets a key's value.</summary>
    /// <param name="key">The key.</param>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is null.</exception>
    /// <exception cref="KeyNotFoundException">The key is absent.</exception>
    public TValue this[TKey key] => TryGetValue(key, out TValue? value) ? value : throw DictionaryErrors.NotFound(key);

    /// <summary>Whether both are the same state of the same dictionary. O(1); the entries are not compared.</summary>
    /// <param name="left">One snapshot.</param>
    /// <param name="right">The other.</param>
    /// <returns>True when they are.</returns>
    public static bool operator ==(DictionarySnapshot<TKey, TValue> left, DictionarySnapshot<TKey, TValue> right) => left.Equals(right);

    /// <summary>Whether they are different states, or of different dictionaries.</summary>
    /// <param name="left">One snapshot.</param>
    /// <param name="right">The other.</param>
    /// <returns>True when they are.</returns>
    public static bool operator !=(DictionarySnapshot<TKey, TValue> left, DictionarySnapshot<TKey, TValue> right) => !left.Equals(right);

    /// <summary>Whether it is of no dictionary.</summary>
    internal bool IsDefault => _dictionary is null;

    /// <summary>Finds a key's value. O(1).</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">Its value, or default.</param>
    /// <returns>Whether the key is there.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is null.</exception>
    public bool TryGetValue(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        ArgumentNullException.ThrowIfNull(key);
        if (_dictionary is not null)
        {
            return _dictionary.TryFind(_root!, key, out value);
        }

        value = default;
        return false;
    }

    /// <summary>Whether a key is there. O(1).</summary>
    /// <param name="key">The key.</param>
    /// <returns>Whether it is.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is null.</exception>
    public bool ContainsKey(TKey key) => TryGetValue(key, out _);

    /// <summary>Copies the entries to an array. O(n).</summary>
    /// <param name="array">The array.</param>
    /// <param name="index">Where in it to begin.</param>
    /// <exception cref="ArgumentNullException"><paramref name="array"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="index"/> is not in the array.</exception>
    /// <exception cref="ArgumentException">They do not fit.</exception>
    public void CopyTo(KeyValuePair<TKey, TValue>[] array, int index)
    {
        ArgumentNullException.ThrowIfNull(array);
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(index, array.Length);
        if (array.Length - index < _count)
        {
            throw new ArgumentException($"There are {_count} entries, and room for {array.Length - index} from index {index}.", nameof(array));
        }

        foreach (KeyValuePair<TKey, TValue> entry in this)
        {
            array[index++] = entry;
        }
    }

    /// <summary>The same entries in an <see cref="ImmutableDictionary{TKey, TValue}"/> with the same comparer. O(n).</summary>
    /// <returns>The dictionary.</returns>
    public ImmutableDictionary<TKey, TValue> ToImmutableDictionary() => ImmutableDictionary.CreateRange(Comparer, this);

    /// <summary>The same entries in a <see cref="FrozenDictionary{TKey, TValue}"/> with the same comparer. O(n).</summary>
    /// <returns>The dictionary.</returns>
    public FrozenDictionary<TKey, TValue> ToFrozenDictionary() => FrozenDictionary.ToFrozenDictionary(this, Comparer);

    /// <summary>What has changed since an earlier snapshot of the same dictionary: what is in one of them and not in the other, and what has another value.</summary>
    /// <param name="older">The earlier snapshot; <c>default</c> for nothing, so that everything was added. A later one will do as well: the changes then lead back.</param>
    /// <param name="comparer">Says which values are the same; null for the default comparer of their type.</param>
    /// <returns>The changes, found as they are enumerated: each key at most once, in no particular order. Both snapshots live as long as it does.</returns>
    /// <remarks>What both snapshots share is left out without being looked at. The cost is that of the pages written between them, some sixty entries each, and a comparison of two references for each 128 pages: so
    /// proportional to what has changed, not to what there is. After <see cref="CopyOnWriteDictionary{TKey, TValue}.TrimExcess"/>, and after removals so many that the table was made smaller, nothing is shared and it is O(n).</remarks>
    /// <exception cref="ArgumentException"><paramref name="older"/> is of another dictionary.</exception>
    public DictionaryChanges<TKey, TValue> ChangesSince(DictionarySnapshot<TKey, TValue> older, IEqualityComparer<TValue>? comparer = null)
    {
        if (_dictionary is not null && !older.IsOf(_dictionary))
        {
            throw DictionaryErrors.OfAnother(nameof(older));
        }

        return new DictionaryChanges<TKey, TValue>(older, this, comparer);
    }

    /// <summary>Goes through the entries.</summary>
    /// <returns>The enumerator.</returns>
    public Enumerator GetEnumerator() => new(_root, except: null);

    /// <summary>Whether it is of a dictionary, or of none.</summary>
    internal bool IsOf(CopyOnWriteDictionary<TKey, TValue> dictionary) => _dictionary is null || ReferenceEquals(_dictionary, dictionary);

    /// <summary>Goes through the entries that stand in pages of this snapshot's own.</summary>
    internal Enumerator EnumerateExcept(DictionarySnapshot<TKey, TValue> other) => new(_root, other._root);

    IEnumerator<KeyValuePair<TKey, TValue>> IEnumerable<KeyValuePair<TKey, TValue>>.GetEnumerator() => GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <inheritdoc/>
    public bool Equals(DictionarySnapshot<TKey, TValue> other) => ReferenceEquals(_dictionary, other._dictionary) && Version == other.Version;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is DictionarySnapshot<TKey, TValue> other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_dictionary is null ? 0 : RuntimeHelpers.GetHashCode(_dictionary), Version);

    /// <summary>Goes through the entries of a snapshot, in no particular order.</summary>
    public struct Enumerator : IEnumerator<KeyValuePair<TKey, TValue>>
    {
        private readonly object? _root;
        private readonly object? _except;
        private Table<TKey, TValue>.Cursor _primitives;
        private Table<TKey, object?>.Cursor _objects;

        internal Enumerator(object? root, object? except)
        {
            (_root, _except) = (root, except);
            Reset();
        }

        /// <summary>The entry it is at; before the first and after the last one, default.</summary>
        public KeyValuePair<TKey, TValue> Current { get; private set; }

        internal bool IsAtEntry { readonly get; private set; }

        readonly object IEnumerator.Current => IsAtEntry ? Current : throw DictionaryErrors.NotAtAnEntry();

        /// <summary>Goes on to the next entry.</summary>
        /// <returns>Whether there is one.</returns>
        public bool MoveNext()
        {
            IsAtEntry = _root is not null && (CopyOnWriteDictionary<TKey, TValue>.IsStoredAsItIs ? _primitives.MoveNext() : _objects.MoveNext());
            Current = !IsAtEntry
                ? default
                : CopyOnWriteDictionary<TKey, TValue>.IsStoredAsItIs
                    ? new KeyValuePair<TKey, TValue>(_primitives.Key, _primitives.Value)
                    : new KeyValuePair<TKey, TValue>(_objects.Key, CopyOnWriteDictionary<TKey, TValue>.Decode(_objects.Value));
            return IsAtEntry;
        }

        /// <summary>Goes back before the first entry.</summary>
        public void Reset()
        {
            (Current, IsAtEntry) = (default, false);
            if (_root is not null && CopyOnWriteDictionary<TKey, TValue>.IsStoredAsItIs)
            {
                _primitives = new Table<TKey, TValue>.Cursor(Unsafe.As<Table<TKey, TValue>.Root>(_root), Unsafe.As<Table<TKey, TValue>.Root>(_except));
            }
            else if (_root is not null)
            {
                _objects = new Table<TKey, object?>.Cursor(Unsafe.As<Table<TKey, object?>.Root>(_root), Unsafe.As<Table<TKey, object?>.Root>(_except));
            }
        }

        /// <summary>Does nothing.</summary>
        public readonly void Dispose()
        {
        }
    }

    private sealed class Part<T>(DictionarySnapshot<TKey, TValue> snapshot, Func<KeyValuePair<TKey, TValue>, T> select) : IReadOnlyCollection<T>
    {
        public int Count => snapshot.Count;

        public IEnumerator<T> GetEnumerator() => new PartEnumerator<T>(snapshot.GetEnumerator(), select);

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }

    private sealed class PartEnumerator<T>(Enumerator entries, Func<KeyValuePair<TKey, TValue>, T> select) : IEnumerator<T>
    {
        private Enumerator _entries = entries;

        public T Current => select(_entries.Current);

        object? IEnumerator.Current => _entries.IsAtEntry ? Current : throw DictionaryErrors.NotAtAnEntry();

        public bool MoveNext() => _entries.MoveNext();

        public void Reset() => _entries.Reset();

        public void Dispose()
        {
        }
    }
}
