using System.Collections;
using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace SwmrKit;

/// <summary>A <see cref="CopyOnWriteSet{T}"/> as it was when <see cref="CopyOnWriteSet{T}.Snapshot"/> was called: immutable.</summary>
/// <typeparam name="T">The type of the items.</typeparam>
/// <remarks>
/// <para>Any number of threads may use it. Look-ups are O(1), without locks or allocation. <c>default</c> is an empty one.</para>
/// <para>Comparisons with other collections go by this set's comparer. Against another snapshot of the same set, what both share is not looked at: they cost what has changed in between, not what there is. Against a set that has the same
/// comparer they need no copy of it; every other collection is copied to one, O(its size), but by <see cref="IsSupersetOf"/> and <see cref="Overlaps"/>. What is null in them is not here.</para>
/// </remarks>
[DebuggerDisplay("Count = {Count}, Version = {Version}")]
[DebuggerTypeProxy(typeof(SetDebugView<>))]
#pragma warning disable CA1710 // A snapshot of a set is what it is.
public readonly partial struct SetSnapshot<T> : IReadOnlySet<T>, IEquatable<SetSnapshot<T>>
#pragma warning restore CA1710
    where T : notnull
{
    private readonly CopyOnWriteSet<T>? _set;
    private readonly Table<T, byte>.Captured _captured;

    internal SetSnapshot(CopyOnWriteSet<T> set, Table<T, byte>.Captured captured) => (_set, _captured) = (set, captured);

    /// <summary>How many items it has, exactly.</summary>
    /// <exception cref="OverflowException">There are more than <see cref="int.MaxValue"/>; everything else works with them.</exception>
    public int Count => DictionaryErrors.ToCount(_captured.Count);

    /// <summary>The number of changes the set had seen.</summary>
    public long Version => _captured.Version;

    /// <summary>Compares the items.</summary>
    public IEqualityComparer<T> Comparer => _set?.Comparer ?? EqualityComparer<T>.Default;

    /// <summary>Whether both are the same state of the same set. O(1); the items are not compared, as <see cref="SetEquals"/> does.</summary>
    /// <param name="left">One snapshot.</param>
    /// <param name="right">The other.</param>
    /// <returns>True when they are.</returns>
    public static bool operator ==(SetSnapshot<T> left, SetSnapshot<T> right) => left.Equals(right);

    /// <summary>Whether they are different states, or of different sets.</summary>
    /// <param name="left">One snapshot.</param>
    /// <param name="right">The other.</param>
    /// <returns>True when they are.</returns>
    public static bool operator !=(SetSnapshot<T> left, SetSnapshot<T> right) => !left.Equals(right);

    /// <summary>Whether an item is there. O(1).</summary>
    /// <param name="item">The item.</param>
    /// <returns>Whether it is.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="item"/> is null.</exception>
    public bool Contains(T item)
    {
        ArgumentNullException.ThrowIfNull(item);
        return _set is not null && _set.TryFind(_captured.Root, item);
    }

    /// <summary>Finds the item that is equal to another. O(1).</summary>
    /// <param name="equalValue">The other.</param>
    /// <param name="actualValue">The item that is in the set, or default.</param>
    /// <returns>Whether there is one.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="equalValue"/> is null.</exception>
    public bool TryGetValue(T equalValue, [MaybeNullWhen(false)] out T actualValue)
    {
        ArgumentNullException.ThrowIfNull(equalValue);
        if (_set is not null)
        {
            return _set.TryFindKey(_captured.Root, equalValue, out actualValue);
        }

        actualValue = default;
        return false;
    }

    /// <summary>What is in this snapshot and not in another collection: of two snapshots of one set, <c>later.Except(earlier)</c> is what was added, <c>earlier.Except(later)</c> what was removed.</summary>
    /// <param name="other">The collection, as of the call; a <see cref="HashSet{T}"/> that has the same comparer, as of the enumeration.</param>
    /// <returns>The items, found as they are enumerated, each once, in no particular order. Both snapshots live as long as it does.</returns>
    /// <remarks>Of two snapshots of the same set the pages that both share are skipped without being looked at: the cost is that of <see cref="DictionarySnapshot{TKey, TValue}.ChangesSince"/>. It allocates the enumeration.</remarks>
    /// <exception cref="ArgumentNullException"><paramref name="other"/> is null.</exception>
    public IEnumerable<T> Except(IEnumerable<T> other) => ItemsNotIn(AsSet(other));

    /// <summary>Whether every item is in another collection too.</summary>
    /// <param name="other">The collection.</param>
    /// <returns>Whether it is so.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="other"/> is null.</exception>
    public bool IsSubsetOf(IEnumerable<T> other)
    {
        IReadOnlySet<T> set = AsSet(other);
        return Count <= set.Count && IsWithin(set);
    }

    /// <summary>Whether every item is in another collection too, which has others besides.</summary>
    /// <param name="other">The collection.</param>
    /// <returns>Whether it is so.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="other"/> is null.</exception>
    public bool IsProperSubsetOf(IEnumerable<T> other)
    {
        IReadOnlySet<T> set = AsSet(other);
        return Count < set.Count && IsWithin(set);
    }

    /// <summary>Whether every item of another collection is here.</summary>
    /// <param name="other">The collection.</param>
    /// <returns>Whether it is so.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="other"/> is null.</exception>
    public bool IsSupersetOf(IEnumerable<T> other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return Snapped(other) is { } snapshot ? snapshot.IsWithin(this) : other.All(Has);
    }

    /// <summary>Whether every item of another collection is here, and others besides.</summary>
    /// <param name="other">The collection.</param>
    /// <returns>Whether it is so.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="other"/> is null.</exception>
    public bool IsProperSupersetOf(IEnumerable<T> other)
    {
        IReadOnlySet<T> set = AsSet(other);
        return Count > set.Count && IsSupersetOf(set);
    }

    /// <summary>Whether an item of another collection is here.</summary>
    /// <param name="other">The collection.</param>
    /// <returns>Whether it is so.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="other"/> is null.</exception>
    public bool Overlaps(IEnumerable<T> other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return other.Any(Has);
    }

    /// <summary>Whether another collection has the same items, however often.</summary>
    /// <param name="other">The collection.</param>
    /// <returns>Whether it is so.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="other"/> is null.</exception>
    public bool SetEquals(IEnumerable<T> other)
    {
        IReadOnlySet<T> set = AsSet(other);
        return Count == set.Count && IsWithin(set);
    }

    /// <summary>Copies the items to an array. O(n).</summary>
    /// <param name="array">The array.</param>
    /// <param name="index">Where in it to begin.</param>
    /// <exception cref="ArgumentNullException"><paramref name="array"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="index"/> is not in the array.</exception>
    /// <exception cref="ArgumentException">They do not fit.</exception>
    public void CopyTo(T[] array, int index)
    {
        ArgumentNullException.ThrowIfNull(array);
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(index, array.Length);
        if (array.Length - index < _captured.Count)
        {
            throw new ArgumentException($"There are {_captured.Count} items, and room for {array.Length - index} from index {index}.", nameof(array));
        }

        foreach (T item in this)
        {
            array[index++] = item;
        }
    }

    /// <summary>The same items in an <see cref="ImmutableHashSet{T}"/> with the same comparer. O(n).</summary>
    /// <returns>The set.</returns>
    public ImmutableHashSet<T> ToImmutableHashSet() => ImmutableHashSet.CreateRange(Comparer, this);

    /// <summary>The same items in a <see cref="FrozenSet{T}"/> with the same comparer. O(n).</summary>
    /// <returns>The set.</returns>
    public FrozenSet<T> ToFrozenSet() => FrozenSet.ToFrozenSet(this, Comparer);

    /// <summary>Goes through the items.</summary>
    /// <returns>The enumerator.</returns>
    public Enumerator GetEnumerator() => EnumerateExcept(default);

    IEnumerator<T> IEnumerable<T>.GetEnumerator() => GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <inheritdoc/>
    public bool Equals(SetSnapshot<T> other) => ReferenceEquals(_set, other._set) && Version == other.Version;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is SetSnapshot<T> other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_set is null ? 0 : RuntimeHelpers.GetHashCode(_set), Version);

    /// <summary>Goes through the items that stand in pages of this snapshot's own: where the other is of another set, through all.</summary>
    private Enumerator EnumerateExcept(SetSnapshot<T> other) => new(_captured.Root, ReferenceEquals(_set, other._set) ? other._captured.Root : null);

    private Enumerator EnumerateExcept(IReadOnlySet<T> set) => set is SetSnapshot<T> other ? EnumerateExcept(other) : GetEnumerator();

    private IEnumerable<T> ItemsNotIn(IReadOnlySet<T> set)
    {
        for (Enumerator items = EnumerateExcept(set); items.MoveNext();)
        {
            if (!set.Contains(items.Current))
            {
                yield return items.Current;
            }
        }
    }

    private bool IsWithin(IReadOnlySet<T> set)
    {
        for (Enumerator items = EnumerateExcept(set); items.MoveNext();)
        {
            if (!set.Contains(items.Current))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether an item of another collection is here: null, which that may have, is not.</summary>
    private bool Has(T item) => item is not null && Contains(item);

    /// <summary>A collection as a set with this one's comparer.</summary>
    private IReadOnlySet<T> AsSet(IEnumerable<T> other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return Snapped(other) is { } snapshot ? snapshot
            : other is HashSet<T> set && Equals(set.Comparer, Comparer) ? set
            : new HashSet<T>(other, Comparer);
    }

    /// <summary>A set of this kind, with this one's comparer, at one state; null for what is none.</summary>
    private SetSnapshot<T>? Snapped(IEnumerable<T> other)
    {
        SetSnapshot<T>? snapshot = other is CopyOnWriteSet<T> live ? live.Snapshot() : other as SetSnapshot<T>?;
        return snapshot is { } found && Equals(found.Comparer, Comparer) ? found : null;
    }

    /// <summary>Goes through the items of a snapshot, in no particular order.</summary>
    public struct Enumerator : IEnumerator<T>
    {
        private readonly Table<T, byte>.Root? _root;
        private readonly Table<T, byte>.Root? _except;
        private Table<T, byte>.Cursor _items;
        private bool _isAtItem;

        internal Enumerator(Table<T, byte>.Root? root, Table<T, byte>.Root? except)
        {
            (_root, _except) = (root, except);
            Reset();
        }

        /// <summary>The item it is at; before the first and after the last one, default.</summary>
        public readonly T Current => _items.Key;

        readonly object IEnumerator.Current => _isAtItem ? Current : throw DictionaryErrors.NotAtAnEntry();

        /// <summary>Goes on to the next item.</summary>
        /// <returns>Whether there is one.</returns>
        public bool MoveNext() => _isAtItem = _root is not null && _items.MoveNext();

        /// <summary>Goes back before the first item.</summary>
        public void Reset()
        {
            _isAtItem = false;
            _items = _root is null ? default : new Table<T, byte>.Cursor(_root, _except);
        }

        /// <summary>Does nothing.</summary>
        public readonly void Dispose()
        {
        }
    }
}
