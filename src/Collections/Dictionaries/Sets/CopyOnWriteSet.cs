using System.Collections;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace SwmrKit;

/// <summary>
/// A set for state that is read all the time and written now and then: blocked addresses, known hosts, enabled features. It is a <see cref="CopyOnWriteDictionary{TKey, TValue}"/> without
/// values: look-ups take no lock, single writes happen in place, and <see cref="Snapshot"/> gives a consistent view of all of it in constant time.
/// </summary>
/// <typeparam name="T">The type of the items. Items must not change in what their comparer looks at.</typeparam>
/// <remarks>
/// <para>What is said there of reading, writing, batches, enumeration, hostile keys, comparers and delegates holds here, and all members may be called from any thread.</para>
/// <para>An item takes what it takes in a <see cref="HashSet{T}"/>, on pages that are somewhat emptier: beside each stands one byte, padded to the item's alignment.</para>
/// </remarks>
[DebuggerDisplay("Count = {Count}")]
[DebuggerTypeProxy(typeof(SetDebugView<>))]
[CollectionBuilder(typeof(CopyOnWriteSet), nameof(CopyOnWriteSet.Create))]
#pragma warning disable CA1710 // A set is what it is.
public sealed partial class CopyOnWriteSet<T> : IReadOnlySet<T>
#pragma warning restore CA1710
    where T : notnull
{
    private readonly Table<T, byte> _table; // Of values that say nothing: a structure without fields would take a byte too.

    /// <summary>Creates an empty set.</summary>
    public CopyOnWriteSet()
        : this(0, null, keepsRoom: false)
    {
    }

    /// <summary>Creates an empty set.</summary>
    /// <param name="comparer">Compares the items; null for the default comparer of their type.</param>
    public CopyOnWriteSet(IEqualityComparer<T>? comparer)
        : this(0, comparer, keepsRoom: false)
    {
    }

    /// <summary>Creates an empty set with room.</summary>
    /// <param name="capacity">For how many items to make room, which stays until <see cref="Clear"/> or <see cref="TrimExcess"/>.</param>
    /// <param name="comparer">Compares the items; null for the default comparer of their type.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="capacity"/> is negative.</exception>
    public CopyOnWriteSet(int capacity, IEqualityComparer<T>? comparer)
        : this(capacity, comparer, keepsRoom: true)
    {
    }

    /// <summary>Creates a set of items, with the default comparer of their type.</summary>
    /// <param name="collection">The items. Of equal ones the first stays.</param>
    /// <exception cref="ArgumentNullException"><paramref name="collection"/> or an item is null.</exception>
    public CopyOnWriteSet(IEnumerable<T> collection)
        : this(collection, null)
    {
    }

    /// <summary>Creates a set of items.</summary>
    /// <param name="collection">The items. Of equal ones the first stays.</param>
    /// <param name="comparer">Compares the items; null for the default comparer of their type.</param>
    /// <exception cref="ArgumentNullException"><paramref name="collection"/> or an item is null.</exception>
    public CopyOnWriteSet(IEnumerable<T> collection, IEqualityComparer<T>? comparer)
        : this(0, comparer, keepsRoom: false)
    {
        ArgumentNullException.ThrowIfNull(collection);
        UnionWith(collection);
    }

    /// <param name="capacity">For how many items to make room.</param>
    /// <param name="comparer">Compares the items; null for the default comparer of their type.</param>
    /// <param name="keepsRoom">Whether the room stays when items are removed.</param>
    /// <param name="geometry">The sizes; null for the usual ones. Tests use small ones, with which a few items make a large directory.</param>
    internal CopyOnWriteSet(int capacity, IEqualityComparer<T>? comparer, bool keepsRoom, Geometry? geometry = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(capacity);
        Comparer = comparer ?? EqualityComparer<T>.Default;
        _table = Table<T, byte>.For(Comparer, capacity, geometry ?? Geometry.Default, keepsRoom);
    }

    /// <summary>Compares the items.</summary>
    public IEqualityComparer<T> Comparer { get; }

    /// <summary>How many items there are. O(1), without a lock. It may trail a write in flight; a snapshot's is exact.</summary>
    /// <exception cref="OverflowException">There are more than <see cref="int.MaxValue"/>; everything else works with them.</exception>
    public int Count => DictionaryErrors.ToCount(_table.Count);

    /// <summary>The number of changes there have been, a batch counting as one: for <see cref="TryUpdate"/>. It may trail a write in flight; a snapshot's is exact.</summary>
    public long Version => _table.Version;

    /// <summary>Whether an item is there. O(1), without lock, wait or allocation.</summary>
    /// <param name="item">The item.</param>
    /// <returns>Whether it is.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="item"/> is null.</exception>
    public bool Contains(T item)
    {
        if (item is null)
        {
            ArgumentNullException.ThrowIfNull(item);
        }

        return _table.TryFind(item, out _);
    }

    /// <summary>Finds the item that is equal to another. O(1), without lock, wait or allocation.</summary>
    /// <param name="equalValue">The other.</param>
    /// <param name="actualValue">The item that is in the set, or default.</param>
    /// <returns>Whether there is one.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="equalValue"/> is null.</exception>
    public bool TryGetValue(T equalValue, [MaybeNullWhen(false)] out T actualValue)
    {
        ArgumentNullException.ThrowIfNull(equalValue);
        return _table.TryFindKey(_table.CurrentRoot, equalValue, out actualValue);
    }

    /// <summary>The set as it is now, for ever. O(1), no allocation; it waits for no write but the stores of one item, or of the links of one page.</summary>
    /// <returns>The snapshot. Holding it keeps the set alive, and costs further memory where that is written afterwards.</returns>
    public SetSnapshot<T> Snapshot() => new(this, _table.Capture());

    /// <inheritdoc/>
    /// <remarks>As of now; see <see cref="SetSnapshot{T}.IsSubsetOf"/>.</remarks>
    public bool IsSubsetOf(IEnumerable<T> other) => Snapshot().IsSubsetOf(other);

    /// <inheritdoc/>
    /// <remarks>As of now; see <see cref="SetSnapshot{T}.IsProperSubsetOf"/>.</remarks>
    public bool IsProperSubsetOf(IEnumerable<T> other) => Snapshot().IsProperSubsetOf(other);

    /// <inheritdoc/>
    /// <remarks>As of now; see <see cref="SetSnapshot{T}.IsSupersetOf"/>.</remarks>
    public bool IsSupersetOf(IEnumerable<T> other) => Snapshot().IsSupersetOf(other);

    /// <inheritdoc/>
    /// <remarks>As of now; see <see cref="SetSnapshot{T}.IsProperSupersetOf"/>.</remarks>
    public bool IsProperSupersetOf(IEnumerable<T> other) => Snapshot().IsProperSupersetOf(other);

    /// <inheritdoc/>
    /// <remarks>As of now; see <see cref="SetSnapshot{T}.Overlaps"/>.</remarks>
    public bool Overlaps(IEnumerable<T> other) => Snapshot().Overlaps(other);

    /// <inheritdoc/>
    /// <remarks>As of now; see <see cref="SetSnapshot{T}.SetEquals"/>.</remarks>
    public bool SetEquals(IEnumerable<T> other) => ReferenceEquals(other, this) || Snapshot().SetEquals(other);

    /// <summary>Copies the items, as of now, to an array. O(n).</summary>
    /// <param name="array">The array.</param>
    /// <param name="index">Where in it to begin.</param>
    /// <exception cref="ArgumentNullException"><paramref name="array"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="index"/> is not in the array.</exception>
    /// <exception cref="ArgumentException">They do not fit.</exception>
    public void CopyTo(T[] array, int index) => Snapshot().CopyTo(array, index);

    /// <summary>Goes through the items as of now: those of a snapshot taken by this call.</summary>
    /// <returns>The enumerator.</returns>
    public SetSnapshot<T>.Enumerator GetEnumerator() => Snapshot().GetEnumerator();

    IEnumerator<T> IEnumerable<T>.GetEnumerator() => GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    internal bool TryFind(Table<T, byte>.Root root, T item) => _table.TryFind(root, item, out _);

    internal bool TryFindKey(Table<T, byte>.Root root, T item, [MaybeNullWhen(false)] out T actual) => _table.TryFindKey(root, item, out actual);
}
