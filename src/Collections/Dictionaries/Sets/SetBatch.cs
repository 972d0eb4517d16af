using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace SwmrKit;

/// <summary>Changes to a <see cref="CopyOnWriteSet{T}"/> that take effect together, when the delegate that makes them has returned.</summary>
/// <typeparam name="T">The type of the items.</typeparam>
/// <remarks>For the delegate's thread and time only. Reads see the batch's own changes; other readers do not, until it is whole.</remarks>
public sealed partial class SetBatch<T>
    where T : notnull
{
    private readonly Table<T, byte>.Draft _draft;
    private readonly IEqualityComparer<T> _comparer;
    private readonly int _thread = Environment.CurrentManagedThreadId;

    internal SetBatch(Table<T, byte>.Draft draft, IEqualityComparer<T> comparer) => (_draft, _comparer) = (draft, comparer);

    /// <summary>How many items there are with the changes so far.</summary>
    /// <exception cref="InvalidOperationException">The batch has ended, or this is not its thread.</exception>
    /// <exception cref="OverflowException">There are more than <see cref="int.MaxValue"/>.</exception>
    public int Count
    {
        get
        {
            ThrowIfEnded();
            return DictionaryErrors.ToCount(_draft.Count);
        }
    }

    /// <summary>Whether an item is there, with the changes so far.</summary>
    /// <param name="item">The item.</param>
    /// <returns>Whether it is.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="item"/> is null.</exception>
    /// <exception cref="InvalidOperationException">The batch has ended, or this is not its thread.</exception>
    public bool Contains(T item)
    {
        Check(item);
        return _draft.TryFind(item, out _);
    }

    /// <summary>Finds the item that is equal to another, with the changes so far.</summary>
    /// <param name="equalValue">The other.</param>
    /// <param name="actualValue">The item that is in the set, or default.</param>
    /// <returns>Whether there is one.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="equalValue"/> is null.</exception>
    /// <exception cref="InvalidOperationException">The batch has ended, or this is not its thread.</exception>
    public bool TryGetValue(T equalValue, [MaybeNullWhen(false)] out T actualValue)
    {
        Check(equalValue);
        return _draft.TryFindKey(equalValue, out actualValue);
    }

    /// <summary>Adds an item if no equal one is there.</summary>
    /// <param name="item">The item.</param>
    /// <returns>Whether it was added.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="item"/> is null.</exception>
    /// <exception cref="InvalidOperationException">The batch has ended, or this is not its thread.</exception>
    public bool Add(T item)
    {
        Check(item);
        return _draft.Put(item, default, Condition.Absent, out _);
    }

    /// <summary>Removes an item.</summary>
    /// <param name="item">The item.</param>
    /// <returns>Whether it was there.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="item"/> is null.</exception>
    /// <exception cref="InvalidOperationException">The batch has ended, or this is not its thread.</exception>
    public bool Remove(T item)
    {
        Check(item);
        return _draft.Remove(item, out _);
    }

    /// <summary>Removes every item.</summary>
    /// <exception cref="InvalidOperationException">The batch has ended, or this is not its thread.</exception>
    public void Clear()
    {
        ThrowIfEnded();
        _draft.Clear();
    }

    /// <summary>Adds what is in another collection and not here: many items in the order of the pages where they belong, at some half of the cost of as many single additions.</summary>
    /// <param name="other">The collection.</param>
    /// <exception cref="ArgumentNullException"><paramref name="other"/> or an item is null.</exception>
    /// <exception cref="InvalidOperationException">The batch has ended, or this is not its thread.</exception>
    public void UnionWith(IEnumerable<T> other)
    {
        ReadOnlySpan<T> items = CopyOf(other);
        KeyValuePair<T, byte>[] lent = ArrayPool<KeyValuePair<T, byte>>.Shared.Rent(items.Length);
        try
        {
            for (int at = 0; at < items.Length; at++)
            {
                T item = items[at];
                ArgumentNullException.ThrowIfNull(item);
                lent[at] = new KeyValuePair<T, byte>(item, default);
            }

            _draft.AddMissing<byte>(lent.AsSpan(0, items.Length));
        }
        finally
        {
            lent.AsSpan(0, items.Length).Clear();
            ArrayPool<KeyValuePair<T, byte>>.Shared.Return(lent);
        }
    }

    /// <summary>Removes what is in another collection.</summary>
    /// <param name="other">The collection.</param>
    /// <exception cref="ArgumentNullException"><paramref name="other"/> or an item is null.</exception>
    /// <exception cref="InvalidOperationException">The batch has ended, or this is not its thread.</exception>
    public void ExceptWith(IEnumerable<T> other)
    {
        foreach (T item in CopyOf(other))
        {
            Remove(item);
        }
    }

    /// <summary>Removes what is not in another collection. O(n).</summary>
    /// <param name="other">The collection.</param>
    /// <exception cref="ArgumentNullException"><paramref name="other"/> is null.</exception>
    /// <exception cref="InvalidOperationException">The batch has ended, or this is not its thread.</exception>
    public void IntersectWith(IEnumerable<T> other)
    {
        var kept = new HashSet<T>(CopyOf(other), _comparer);
        foreach (T item in _draft.CopyKeys())
        {
            if (!kept.Contains(item))
            {
                Remove(item);
            }
        }
    }

    /// <summary>Removes what is in another collection too, and adds what is only there.</summary>
    /// <param name="other">The collection.</param>
    /// <exception cref="ArgumentNullException"><paramref name="other"/> or an item is null.</exception>
    /// <exception cref="InvalidOperationException">The batch has ended, or this is not its thread.</exception>
    public void SymmetricExceptWith(IEnumerable<T> other)
    {
        foreach (T item in new HashSet<T>(CopyOf(other), _comparer))
        {
            if (!Remove(item))
            {
                Add(item);
            }
        }
    }

    /// <summary>The items of a collection: it may be the set itself, or one computed from this batch.</summary>
    private T[] CopyOf(IEnumerable<T> other)
    {
        ArgumentNullException.ThrowIfNull(other);
        ThrowIfEnded();
        T[] items = [.. other];
        ThrowIfEnded(); // The source may have kept the batch for later.
        return items;
    }

    private void Check(T item)
    {
        ArgumentNullException.ThrowIfNull(item);
        ThrowIfEnded();
    }

    private void ThrowIfEnded() => DictionaryErrors.ThrowIfEnded(_draft.IsOpen, _thread);
}
