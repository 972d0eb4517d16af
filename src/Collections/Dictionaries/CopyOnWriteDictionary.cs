using System.Collections;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace SwmrKit;

/// <summary>
/// A dictionary for state that is read all the time and written now and then: reads take no lock and cost what they cost in a
/// <see cref="Dictionary{TKey, TValue}"/>, single writes happen in place, and <see cref="Snapshot"/> gives a consistent view of all of it in constant time.
/// </summary>
/// <typeparam name="TKey">The type of the keys. Keys must not change in what their comparer looks at.</typeparam>
/// <typeparam name="TValue">The type of the values. References and primitives of at most the machine's word are stored as they are; other structures in a box, one for each write.
/// The dictionary never disposes a value.</typeparam>
/// <remarks>
/// <para><b>Reading.</b> <see cref="TryGetValue"/>, <see cref="ContainsKey"/>, the indexer and <see cref="Count"/> are O(1), take no lock, never wait and allocate nothing, from any
/// thread, whatever writers do. Each look-up sees some state between its beginning and its end; several look-ups may see several. Where they must
/// belong together, take a snapshot.</para>
/// <para><b>Writing.</b> Writers are serialised by a lock. A single write is O(1) amortised and allocates nothing where the page it touches has been written
/// since the last snapshot; the first write to a page after a snapshot copies that page (1 to 2 KB) and the way to it. Now and then a write makes
/// the table grow, or shrink after many removals, which costs that writer O(n); readers and snapshots go on meanwhile. Memory comes back as entries are removed: there are at most
/// some twice as many pages as in a dictionary made of what is left.</para>
/// <para><b>Batches.</b> <see cref="Update(Action{DictionaryBatch{TKey, TValue}})"/> makes several changes visible together: no reader and no snapshot sees some of them without the others, and when
/// the delegate throws there are none.</para>
/// <para><b>Enumeration</b> goes over a snapshot: it sees the dictionary as it was at the call, and never throws because of writes. As with any snapshot, the
/// pages written afterwards are copied, each once. A collection expression (<c>[.. dictionary]</c>) asks for <see cref="Count"/> first and enumerates then: where others write meanwhile that may fail, or give entries of <c>default</c>. Spread a snapshot.</para>
/// <para><b>Hostile keys.</b> Text without a comparer changes to a randomised hash when too much of it meets in one place. Other keys are as good as their hash codes: many equal ones make
/// look-ups and writes O(n).</para>
/// <para><b>Comparers and delegates</b> run in the calls that need them, comparers of writers under the writer's lock. One that throws leaves the
/// dictionary as it was. Writing to the dictionary from inside its comparer or a batch's delegate is refused.</para>
/// </remarks>
[DebuggerDisplay("Count = {Count}")]
[DebuggerTypeProxy(typeof(DictionaryDebugView<,>))]
[CollectionBuilder(typeof(CopyOnWriteDictionary), nameof(CopyOnWriteDictionary.Create))]
public sealed partial class CopyOnWriteDictionary<TKey, TValue> : IReadOnlyDictionary<TKey, TValue>
    where TKey : notnull
{
    private readonly KeyGates<TKey> _keyGates;

    /// <summary>Creates an empty dictionary.</summary>
    public CopyOnWriteDictionary()
        : this(0, null)
    {
    }

    /// <summary>Creates an empty dictionary.</summary>
    /// <param name="comparer">Compares the keys; null for the default comparer of their type.</param>
    public CopyOnWriteDictionary(IEqualityComparer<TKey>? comparer)
        : this(0, comparer)
    {
    }

    /// <summary>Creates an empty dictionary with room.</summary>
    /// <param name="capacity">For how many entries to make room.</param>
    /// <param name="comparer">Compares the keys; null for the default comparer of their type.</param>
    /// <remarks>Up to so many entries few additions have to move others. The room stays until <see cref="Clear"/> or <see cref="TrimExcess"/>. It costs less than a bit an entry at first; its
    /// memory is taken as entries come, up to a page (1 to 2 KB) for each of the first ones.</remarks>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="capacity"/> is negative.</exception>
    public CopyOnWriteDictionary(int capacity, IEqualityComparer<TKey>? comparer)
        : this(capacity, comparer, keepsRoom: true)
    {
    }

    /// <param name="capacity">For how many entries to make room.</param>
    /// <param name="comparer">Compares the keys; null for the default comparer of their type.</param>
    /// <param name="keepsRoom">Whether the room stays when entries are removed.</param>
    /// <param name="geometry">The sizes; null for the usual ones. Tests use small ones, with which a few keys make a large directory.</param>
    internal CopyOnWriteDictionary(int capacity, IEqualityComparer<TKey>? comparer, bool keepsRoom, Geometry? geometry = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(capacity);
        geometry ??= Geometry.Default;
        Comparer = comparer ?? EqualityComparer<TKey>.Default;
        if (IsStoredAsItIs)
        {
            _primitives = Table<TKey, TValue>.For(Comparer, capacity, geometry, keepsRoom);
        }
        else
        {
            _objects = Table<TKey, object?>.For(Comparer, capacity, geometry, keepsRoom);
        }

        _keyGates = new KeyGates<TKey>(Comparer);
    }

    /// <summary>Creates a dictionary of entries, with the default comparer of their keys.</summary>
    /// <param name="collection">The entries.</param>
    /// <exception cref="ArgumentNullException"><paramref name="collection"/> or a key is null.</exception>
    /// <exception cref="ArgumentException">A key comes twice.</exception>
    public CopyOnWriteDictionary(IEnumerable<KeyValuePair<TKey, TValue>> collection)
        : this(collection, null)
    {
    }

    /// <summary>Creates a dictionary of entries.</summary>
    /// <param name="collection">The entries. Of a <see cref="CopyOnWriteDictionary{TKey, TValue}"/> those it has at this moment.</param>
    /// <param name="comparer">Compares the keys; null for the default comparer of their type.</param>
    /// <exception cref="ArgumentNullException"><paramref name="collection"/> or a key is null.</exception>
    /// <exception cref="ArgumentException">A key comes twice.</exception>
    public CopyOnWriteDictionary(IEnumerable<KeyValuePair<TKey, TValue>> collection, IEqualityComparer<TKey>? comparer)
        : this(CountOf(collection), comparer, keepsRoom: false) => AddRange(collection);

    /// <summary>Compares the keys.</summary>
    public IEqualityComparer<TKey> Comparer { get; }

    /// <summary>How many entries there are. O(1), without a lock. It may trail a write in flight; a snapshot's is exact.</summary>
    /// <exception cref="OverflowException">There are more than <see cref="int.MaxValue"/>; everything else works with them.</exception>
    public int Count => DictionaryErrors.ToCount(IsStoredAsItIs ? _primitives!.Count : _objects!.Count);

    /// <summary>The number of changes there have been, a batch counting as one: for <see cref="TryUpdate"/>: read it before what the batch is computed from, or take a snapshot's, which is exact. It may trail a write in flight.</summary>
    public long Version => IsStoredAsItIs ? _primitives!.Version : _objects!.Version;

    /// <summary>The keys, as of now. O(1).</summary>
    public IReadOnlyCollection<TKey> Keys => Snapshot().Keys;

    /// <summary>The values, as of now. O(1).</summary>
    public IReadOnlyCollection<TValue> Values => Snapshot().Values;

    IEnumerable<TKey> IReadOnlyDictionary<TKey, TValue>.Keys => Keys;

    IEnumerable<TValue> IReadOnlyDictionary<TKey, TValue>.Values => Values;

    /// <summary>Gets a key's value, or sets it as <see cref="Set"/> does.</summary>
    /// <param name="key">The key.</param>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is null.</exception>
    /// <exception cref="KeyNotFoundException">On getting, the key is absent.</exception>
    /// <exception cref="InvalidOperationException">On setting, this is called from inside the dictionary's comparer or a batch.</exception>
    public TValue this[TKey key]
    {
        get => TryGetValue(key, out TValue? value) ? value : throw DictionaryErrors.NotFound(key);
        set => Set(key, value);
    }

    /// <summary>Finds a key's value. O(1), without lock, wait or allocation.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">Its value, or default.</param>
    /// <returns>Whether the key is there.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is null.</exception>
    public bool TryGetValue(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        if (key is null)
        {
            ArgumentNullException.ThrowIfNull(key);
        }

        return IsStoredAsItIs ? _primitives!.TryFind(key, out value) : TryGetObject(key, out value);
    }

    /// <summary>Whether a key is there. O(1), without lock, wait or allocation.</summary>
    /// <param name="key">The key.</param>
    /// <returns>Whether it is.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is null.</exception>
    public bool ContainsKey(TKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return IsStoredAsItIs ? _primitives!.TryFind(key, out _) : _objects!.TryFind(key, out _);
    }

    /// <summary>The dictionary as it is now, for ever. O(1), no allocation; it waits for no write but the stores of one entry, or of the links of one page.</summary>
    /// <returns>The snapshot. Holding it keeps the dictionary alive, and costs further memory where that is written afterwards.</returns>
    public DictionarySnapshot<TKey, TValue> Snapshot()
    {
        if (IsStoredAsItIs)
        {
            Table<TKey, TValue>.Captured captured = _primitives!.Capture();
            return new DictionarySnapshot<TKey, TValue>(this, captured.Root, captured.Count, captured.Version);
        }
        else
        {
            Table<TKey, object?>.Captured captured = _objects!.Capture();
            return new DictionarySnapshot<TKey, TValue>(this, captured.Root, captured.Count, captured.Version);
        }
    }

    /// <summary>Copies the entries, as of now, to an array. O(n).</summary>
    /// <param name="array">The array.</param>
    /// <param name="index">Where in it to begin.</param>
    /// <exception cref="ArgumentNullException"><paramref name="array"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="index"/> is not in the array.</exception>
    /// <exception cref="ArgumentException">They do not fit.</exception>
    public void CopyTo(KeyValuePair<TKey, TValue>[] array, int index) => Snapshot().CopyTo(array, index);

    /// <summary>Goes through the entries as of now: those of a snapshot taken by this call.</summary>
    /// <returns>The enumerator.</returns>
    public DictionarySnapshot<TKey, TValue>.Enumerator GetEnumerator() => Snapshot().GetEnumerator();

    IEnumerator<KeyValuePair<TKey, TValue>> IEnumerable<KeyValuePair<TKey, TValue>>.GetEnumerator() => GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private static int CountOf(IEnumerable<KeyValuePair<TKey, TValue>> collection)
    {
        ArgumentNullException.ThrowIfNull(collection);
        return collection.TryGetNonEnumeratedCount(out int count) ? count : 0;
    }
}
