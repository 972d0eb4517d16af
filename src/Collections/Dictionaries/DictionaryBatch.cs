using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace SwmrKit;

/// <summary>Changes to a <see cref="CopyOnWriteDictionary{TKey, TValue}"/> that take effect together, when the delegate that makes them has returned.</summary>
/// <typeparam name="TKey">The type of the keys.</typeparam>
/// <typeparam name="TValue">The type of the values.</typeparam>
/// <remarks>For the delegate's thread and time only. Reads see the batch's own changes; other readers do not, until it is whole.</remarks>
public sealed partial class DictionaryBatch<TKey, TValue>
    where TKey : notnull
{
    private readonly Table<TKey, TValue>.Draft? _primitives;
    private readonly Table<TKey, object?>.Draft? _objects;
    private readonly IEqualityComparer<TKey> _comparer;
    private readonly int _thread = Environment.CurrentManagedThreadId;

    internal DictionaryBatch(Table<TKey, TValue>.Draft draft, IEqualityComparer<TKey> comparer) => (_primitives, _comparer) = (draft, comparer);

    internal DictionaryBatch(Table<TKey, object?>.Draft draft, IEqualityComparer<TKey> comparer) => (_objects, _comparer) = (draft, comparer);

    /// <summary>How many entries there are with the changes so far.</summary>
    /// <exception cref="InvalidOperationException">The batch has ended, or this is not its thread.</exception>
    /// <exception cref="OverflowException">There are more than <see cref="int.MaxValue"/>.</exception>
    public int Count
    {
        get
        {
            ThrowIfEnded();
            return DictionaryErrors.ToCount(_primitives?.Count ?? _objects!.Count);
        }
    }

    /// <summary>Gets or sets a key's value.</summary>
    /// <param name="key">The key.</param>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is null.</exception>
    /// <exception cref="KeyNotFoundException">On getting, the key is absent.</exception>
    /// <exception cref="InvalidOperationException">The batch has ended, or this is not its thread.</exception>
    public TValue this[TKey key]
    {
        get => TryGetValue(key, out TValue? value) ? value : throw DictionaryErrors.NotFound(key);
        set => Set(key, value);
    }

    /// <summary>Finds a key's value, with the changes so far.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">Its value, or default.</param>
    /// <returns>Whether the key is there.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is null.</exception>
    /// <exception cref="InvalidOperationException">The batch has ended, or this is not its thread.</exception>
    public bool TryGetValue(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        Check(key);
        if (_primitives is not null)
        {
            return _primitives.TryFind(key, out value);
        }

        bool found = _objects!.TryFind(key, out object? stored);
        value = found ? CopyOnWriteDictionary<TKey, TValue>.Decode(stored) : default;
        return found;
    }

    /// <summary>Whether a key is there, with the changes so far.</summary>
    /// <param name="key">The key.</param>
    /// <returns>Whether it is.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is null.</exception>
    /// <exception cref="InvalidOperationException">The batch has ended, or this is not its thread.</exception>
    public bool ContainsKey(TKey key) => TryGetValue(key, out _);

    /// <summary>Sets a key's value, whether it is there or not.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value.</param>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is null.</exception>
    /// <exception cref="InvalidOperationException">The batch has ended, or this is not its thread.</exception>
    public void Set(TKey key, TValue value) => Put(key, value, Condition.None);

    /// <summary>Adds a key.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">Its value.</param>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is null.</exception>
    /// <exception cref="ArgumentException">The key is there already.</exception>
    /// <exception cref="InvalidOperationException">The batch has ended, or this is not its thread.</exception>
    public void Add(TKey key, TValue value)
    {
        if (!Put(key, value, Condition.Absent))
        {
            throw DictionaryErrors.Duplicate(key);
        }
    }

    /// <summary>Adds several keys.</summary>
    /// <param name="items">The entries. Many are added in the order of the pages where they belong, at some half of the cost of as many single additions.</param>
    /// <exception cref="ArgumentNullException"><paramref name="items"/> or a key is null.</exception>
    /// <exception cref="ArgumentException">A key is there already, or comes twice. Others may have been added.</exception>
    /// <exception cref="InvalidOperationException">The batch has ended, or this is not its thread.</exception>
    public void AddRange(IEnumerable<KeyValuePair<TKey, TValue>> items)
    {
        ArgumentNullException.ThrowIfNull(items);
        ThrowIfEnded();
        if (items is not KeyValuePair<TKey, TValue>[] array)
        {
            AddAll([.. items]);
            return;
        }

        // A copy of an array too: of one that is written between hashing and adding a key, entries would be lost.
        KeyValuePair<TKey, TValue>[] lent = ArrayPool<KeyValuePair<TKey, TValue>>.Shared.Rent(array.Length);
        try
        {
            array.CopyTo(lent, 0);
            AddAll(lent.AsSpan(0, array.Length));
        }
        finally
        {
            lent.AsSpan(0, array.Length).Clear();
            ArrayPool<KeyValuePair<TKey, TValue>>.Shared.Return(lent);
        }
    }

    /// <summary>Adds a key if it is absent.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">Its value.</param>
    /// <returns>Whether it was added.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is null.</exception>
    /// <exception cref="InvalidOperationException">The batch has ended, or this is not its thread.</exception>
    public bool TryAdd(TKey key, TValue value) => Put(key, value, Condition.Absent);

    /// <summary>Removes a key.</summary>
    /// <param name="key">The key.</param>
    /// <returns>Whether it was there.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is null.</exception>
    /// <exception cref="InvalidOperationException">The batch has ended, or this is not its thread.</exception>
    public bool TryRemove(TKey key) => TryRemove(key, out _);

    /// <summary>Removes a key.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value it had.</param>
    /// <returns>Whether it was there.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is null.</exception>
    /// <exception cref="InvalidOperationException">The batch has ended, or this is not its thread.</exception>
    public bool TryRemove(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        Check(key);
        if (_primitives is not null)
        {
            return _primitives.Remove(key, out value);
        }

        bool removed = _objects!.Remove(key, out object? stored);
        value = removed ? CopyOnWriteDictionary<TKey, TValue>.Decode(stored) : default;
        return removed;
    }

    /// <summary>Removes every entry.</summary>
    /// <exception cref="InvalidOperationException">The batch has ended, or this is not its thread.</exception>
    public void Clear()
    {
        ThrowIfEnded();
        _primitives?.Clear();
        _objects?.Clear();
    }

    /// <summary>Makes a change: sets a key that was added or replaced to its new value, removes one that was removed. So the changes between two snapshots, applied to the older state, give the newer.</summary>
    /// <param name="change">The change.</param>
    /// <exception cref="ArgumentNullException">Its key is null.</exception>
    /// <exception cref="ArgumentException">Its kind is none.</exception>
    /// <exception cref="InvalidOperationException">The batch has ended, or this is not its thread.</exception>
    public void Apply(DictionaryChange<TKey, TValue> change)
    {
        switch (change.Kind)
        {
            case DictionaryChangeKind.Added or DictionaryChangeKind.Replaced:
                Set(change.Key, change.NewValue!);
                break;
            case DictionaryChangeKind.Removed:
                TryRemove(change.Key);
                break;
            default:
                throw new ArgumentException($"There is no change of kind {change.Kind}.", nameof(change));
        }
    }

    /// <summary>Makes all changes of a set; where it is a reset, after removing everything.</summary>
    /// <param name="changes">The changes.</param>
    /// <exception cref="ArgumentNullException"><paramref name="changes"/> is null.</exception>
    /// <exception cref="InvalidOperationException">The batch has ended, or this is not its thread.</exception>
    public void Apply(DictionaryChangeSet<TKey, TValue> changes)
    {
        ArgumentNullException.ThrowIfNull(changes);
        if (changes.IsReset)
        {
            Clear();
        }

        foreach (DictionaryChange<TKey, TValue> change in changes)
        {
            Apply(change);
        }
    }

    private void AddAll(ReadOnlySpan<KeyValuePair<TKey, TValue>> entries)
    {
        ThrowIfEnded(); // The source may have kept the batch for later.
        if (!(_primitives?.TryAddAll(entries, out TKey? duplicate) ?? _objects!.TryAddAll(entries, out duplicate)))
        {
            throw DictionaryErrors.Duplicate(duplicate);
        }
    }

    private bool Put(TKey key, TValue value, Condition condition)
    {
        Check(key);
        return _primitives is not null ? _primitives.Put(key, value, condition, out _) : _objects!.Put(key, value, condition, out _);
    }

    private void Check(TKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        ThrowIfEnded();
    }

    private void ThrowIfEnded() => DictionaryErrors.ThrowIfEnded(_primitives?.IsOpen ?? _objects!.IsOpen, _thread);
}
