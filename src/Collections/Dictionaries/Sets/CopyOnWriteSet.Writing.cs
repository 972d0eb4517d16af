namespace SwmrKit;

public sealed partial class CopyOnWriteSet<T>
{
    /// <summary>Adds an item if no equal one is there. O(1) amortised.</summary>
    /// <param name="item">The item.</param>
    /// <returns>Whether it was added.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="item"/> is null.</exception>
    /// <exception cref="InvalidOperationException">This is called from inside the set's comparer or a batch.</exception>
    public bool Add(T item)
    {
        ArgumentNullException.ThrowIfNull(item);
        return _table.Put(item, default, Condition.Absent, default, out _);
    }

    /// <summary>Removes an item. O(1) amortised.</summary>
    /// <param name="item">The item.</param>
    /// <returns>Whether it was there.</returns>
    /// <remarks>The set lets go of it when its page is next copied or packed.</remarks>
    /// <exception cref="ArgumentNullException"><paramref name="item"/> is null.</exception>
    /// <exception cref="InvalidOperationException">This is called from inside the set's comparer or a batch.</exception>
    public bool Remove(T item)
    {
        ArgumentNullException.ThrowIfNull(item);
        return _table.Remove(item, Condition.None, default, out _);
    }

    /// <summary>Removes every item. O(1).</summary>
    /// <exception cref="InvalidOperationException">This is called from inside the set's comparer or a batch.</exception>
    public void Clear() => _table.Clear();

    /// <summary>Adds what is in another collection and not here: readers and snapshots see all of it or nothing.</summary>
    /// <param name="other">The collection, enumerated before the writer's lock is taken. Many items are added in the order of the pages where they belong.</param>
    /// <exception cref="ArgumentNullException"><paramref name="other"/> or an item is null; nothing has been changed.</exception>
    /// <exception cref="InvalidOperationException">This is called from inside the set's comparer or a batch.</exception>
    public void UnionWith(IEnumerable<T> other)
    {
        T[] items = CopyOf(other);
        Update(batch => batch.UnionWith(items));
    }

    /// <summary>Removes what is in another collection: as a batch.</summary>
    /// <param name="other">The collection, enumerated before the writer's lock is taken.</param>
    /// <exception cref="ArgumentNullException"><paramref name="other"/> or an item is null; nothing has been changed.</exception>
    /// <exception cref="InvalidOperationException">This is called from inside the set's comparer or a batch.</exception>
    public void ExceptWith(IEnumerable<T> other)
    {
        T[] items = CopyOf(other);
        Update(batch => batch.ExceptWith(items));
    }

    /// <summary>Removes what is not in another collection: as a batch.</summary>
    /// <param name="other">The collection, enumerated before the writer's lock is taken.</param>
    /// <exception cref="ArgumentNullException"><paramref name="other"/> is null.</exception>
    /// <exception cref="InvalidOperationException">This is called from inside the set's comparer or a batch.</exception>
    public void IntersectWith(IEnumerable<T> other)
    {
        T[] items = CopyOf(other);
        Update(batch => batch.IntersectWith(items));
    }

    /// <summary>Removes what is in another collection too, and adds what is only there: as a batch.</summary>
    /// <param name="other">The collection, enumerated before the writer's lock is taken.</param>
    /// <exception cref="ArgumentNullException"><paramref name="other"/> or an item is null; nothing has been changed.</exception>
    /// <exception cref="InvalidOperationException">This is called from inside the set's comparer or a batch.</exception>
    public void SymmetricExceptWith(IEnumerable<T> other)
    {
        T[] items = CopyOf(other);
        Update(batch => batch.SymmetricExceptWith(items));
    }

    /// <summary>Makes several changes that take effect together: readers and snapshots see all of them or none.</summary>
    /// <param name="change">Makes them in the batch it is given. It runs once, under the writer's lock: keep it short. If it throws, nothing changes.
    /// It may read the set, as it was, and must not write to it but through the batch.</param>
    /// <remarks>Each page touched is copied, once; otherwise O(1) amortised a change.</remarks>
    /// <exception cref="ArgumentNullException"><paramref name="change"/> is null.</exception>
    /// <exception cref="InvalidOperationException">This is called from inside the set's comparer or a batch.</exception>
    public void Update(Action<SetBatch<T>> change)
    {
        ArgumentNullException.ThrowIfNull(change);
        _table.Update(null, draft => change(new SetBatch<T>(draft, Comparer)));
    }

    /// <summary>As <see cref="Update"/>, if nothing has changed since a version was seen.</summary>
    /// <param name="version">The version of the snapshot that the changes were computed from.</param>
    /// <param name="change">Makes the changes.</param>
    /// <returns>False when the set has another version; <paramref name="change"/> has not run.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="change"/> is null.</exception>
    /// <exception cref="InvalidOperationException">This is called from inside the set's comparer or a batch.</exception>
    public bool TryUpdate(long version, Action<SetBatch<T>> change)
    {
        ArgumentNullException.ThrowIfNull(change);
        return _table.Update(version, draft => change(new SetBatch<T>(draft, Comparer)));
    }

    /// <summary>Gives back the memory that the present items do not need. O(n) for this writer; readers and snapshots go on meanwhile.</summary>
    /// <exception cref="InvalidOperationException">This is called from inside the set's comparer or a batch.</exception>
    public void TrimExcess() => _table.Trim();

    private static T[] CopyOf(IEnumerable<T> other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return [.. other];
    }
}
