using System.Diagnostics.CodeAnalysis;

namespace SwmrKit;

public sealed partial class CopyOnWriteDictionary<TKey, TValue>
{
    /// <summary>Sets a key's value, whether it is there or not. O(1) amortised.</summary>
    /// <param name="key">The key. Where an equal one is there, that one stays.</param>
    /// <param name="value">The value.</param>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is null.</exception>
    /// <exception cref="InvalidOperationException">This is called from inside the dictionary's comparer or a batch.</exception>
    public void Set(TKey key, TValue value)
    {
        ArgumentNullException.ThrowIfNull(key);
        Put(key, value, Condition.None, out _);
    }

    /// <summary>Adds a key. O(1) amortised.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">Its value.</param>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is null.</exception>
    /// <exception cref="ArgumentException">The key is there already.</exception>
    /// <exception cref="InvalidOperationException">This is called from inside the dictionary's comparer or a batch.</exception>
    public void Add(TKey key, TValue value)
    {
        if (!TryAdd(key, value))
        {
            throw DictionaryErrors.Duplicate(key);
        }
    }

    /// <summary>Adds a key if it is absent. O(1) amortised.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">Its value.</param>
    /// <returns>Whether it was added.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is null.</exception>
    /// <exception cref="InvalidOperationException">This is called from inside the dictionary's comparer or a batch.</exception>
    public bool TryAdd(TKey key, TValue value)
    {
        ArgumentNullException.ThrowIfNull(key);
        return Put(key, value, Condition.Absent, out _);
    }

    /// <summary>Removes a key. O(1) amortised.</summary>
    /// <param name="key">The key.</param>
    /// <returns>Whether it was there.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is null.</exception>
    /// <exception cref="InvalidOperationException">This is called from inside the dictionary's comparer or a batch.</exception>
    public bool TryRemove(TKey key) => TryRemove(key, out _);

    /// <summary>Removes a key. O(1) amortised.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value it had.</param>
    /// <returns>Whether it was there.</returns>
    /// <remarks>The dictionary lets go of the value at once, of the key when its page is next copied or packed.</remarks>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is null.</exception>
    /// <exception cref="InvalidOperationException">This is called from inside the dictionary's comparer or a batch.</exception>
    public bool TryRemove(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        ArgumentNullException.ThrowIfNull(key);
        return Remove(key, out value);
    }

    /// <summary>Removes every entry. O(1).</summary>
    /// <exception cref="InvalidOperationException">This is called from inside the dictionary's comparer or a batch.</exception>
    public void Clear()
    {
        _primitives?.Clear();
        _objects?.Clear();
    }

    /// <summary>Adds several keys together: all of them, or none if one is null, there already, or twice among them.</summary>
    /// <param name="items">The entries. They are enumerated under the writer's lock: a source that waits keeps all writers waiting.</param>
    /// <exception cref="ArgumentNullException"><paramref name="items"/> or a key is null.</exception>
    /// <exception cref="ArgumentException">A key is there already, or comes twice.</exception>
    /// <exception cref="InvalidOperationException">This is called from inside the dictionary's comparer or a batch.</exception>
    public void AddRange(IEnumerable<KeyValuePair<TKey, TValue>> items)
    {
        ArgumentNullException.ThrowIfNull(items);
        Update(batch => batch.AddRange(items));
    }

    /// <summary>Makes several changes that take effect together: readers and snapshots see all of them or none.</summary>
    /// <param name="change">Makes them in the batch it is given. It runs once, under the writer's lock: keep it short. If it throws, nothing changes.
    /// It may read the dictionary, as it was, and must not write to it but through the batch.</param>
    /// <remarks>Each page touched is copied, once; otherwise O(1) amortised a change.</remarks>
    /// <exception cref="ArgumentNullException"><paramref name="change"/> is null.</exception>
    /// <exception cref="InvalidOperationException">This is called from inside the dictionary's comparer or a batch.</exception>
    public void Update(Action<DictionaryBatch<TKey, TValue>> change)
    {
        ArgumentNullException.ThrowIfNull(change);
        Update(null, change);
    }

    /// <summary>As <see cref="Update(Action{DictionaryBatch{TKey, TValue}})"/>, if nothing has changed since a version was seen.</summary>
    /// <param name="version">The version of the snapshot that the changes were computed from.</param>
    /// <param name="change">Makes the changes.</param>
    /// <returns>False when the dictionary has another version; <paramref name="change"/> has not run.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="change"/> is null.</exception>
    /// <exception cref="InvalidOperationException">This is called from inside the dictionary's comparer or a batch.</exception>
    public bool TryUpdate(long version, Action<DictionaryBatch<TKey, TValue>> change)
    {
        ArgumentNullException.ThrowIfNull(change);
        return Update((long?)version, change);
    }

    /// <summary>Gets a key's value; adds one where it is absent.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value to add.</param>
    /// <returns>The value that is there afterwards.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is null.</exception>
    /// <exception cref="InvalidOperationException">This is called from inside the dictionary's comparer or a batch.</exception>
    public TValue GetOrAdd(TKey key, TValue value) => TryGetValue(key, out TValue? found) || !Put(key, value, Condition.Absent, out found) ? found! : value;

    /// <summary>Gets a key's value; makes and adds one where it is absent.</summary>
    /// <param name="key">The key.</param>
    /// <param name="factory">Makes the value. For each key one thread runs it at a time, the others waiting for the result; it runs outside the writer's lock
    /// and may use the dictionary. A value that somebody sets meanwhile wins.</param>
    /// <returns>The value that is there afterwards.</returns>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="InvalidOperationException">The factory of a key waits for itself, directly or through other keys' factories; or this adds from inside the
    /// dictionary's comparer or a batch.</exception>
    public TValue GetOrAdd(TKey key, Func<TKey, TValue> factory)
    {
        ArgumentNullException.ThrowIfNull(factory);
        return GetOrAdd(key, static (key, factory) => factory(key), factory);
    }

    /// <summary>As <see cref="GetOrAdd(TKey, Func{TKey, TValue})"/>, without a closure.</summary>
    /// <typeparam name="TArgument">The type of the argument.</typeparam>
    /// <param name="key">The key.</param>
    /// <param name="factory">Makes the value.</param>
    /// <param name="argument">Handed to the factory.</param>
    /// <returns>The value that is there afterwards.</returns>
    /// <exception cref="ArgumentNullException">The key or the factory is null.</exception>
    /// <exception cref="InvalidOperationException">As for the other overload.</exception>
    public TValue GetOrAdd<TArgument>(TKey key, Func<TKey, TArgument, TValue> factory, TArgument argument)
        where TArgument : allows ref struct
    {
        ArgumentNullException.ThrowIfNull(factory);
        if (TryGetValue(key, out TValue? value))
        {
            return value;
        }

        using KeyGates<TKey>.Scope gate = EnterGate(key);
        return TryGetValue(key, out value) ? value : GetOrAdd(key, factory(key, argument));
    }

    /// <summary>Adds a key where it is absent, and replaces its value where it is there.</summary>
    /// <param name="key">The key.</param>
    /// <param name="add">Makes the value of an absent key: as the factory of <see cref="GetOrAdd(TKey, Func{TKey, TValue})"/>.</param>
    /// <param name="update">Makes the new value out of the old one, outside all locks. It runs again when the value has changed meanwhile.</param>
    /// <returns>The value that was put in place.</returns>
    /// <remarks>A value that has not changed is the same reference, or an equal primitive; a structure in a box, the same write.</remarks>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="InvalidOperationException">As for <see cref="GetOrAdd(TKey, Func{TKey, TValue})"/>.</exception>
    public TValue AddOrUpdate(TKey key, Func<TKey, TValue> add, Func<TKey, TValue, TValue> update)
    {
        ArgumentNullException.ThrowIfNull(add);
        ArgumentNullException.ThrowIfNull(update);
        return AddOrUpdate(key, static (key, factories) => factories.add(key), static (key, value, factories) => factories.update(key, value), (add, update));
    }

    /// <summary>As <see cref="AddOrUpdate(TKey, Func{TKey, TValue}, Func{TKey, TValue, TValue})"/>, without a closure.</summary>
    /// <typeparam name="TArgument">The type of the argument.</typeparam>
    /// <param name="key">The key.</param>
    /// <param name="add">Makes the value of an absent key.</param>
    /// <param name="update">Makes the new value out of the old one.</param>
    /// <param name="argument">Handed to both.</param>
    /// <returns>The value that was put in place.</returns>
    /// <exception cref="ArgumentNullException">The key or a delegate is null.</exception>
    /// <exception cref="InvalidOperationException">As for the other overload.</exception>
    public TValue AddOrUpdate<TArgument>(TKey key, Func<TKey, TArgument, TValue> add, Func<TKey, TValue, TArgument, TValue> update, TArgument argument)
        where TArgument : allows ref struct
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(add);
        ArgumentNullException.ThrowIfNull(update);
        while (true)
        {
            if (IsStoredAsItIs
                ? TryReplace(_primitives!, static value => value, static value => value, key, update, argument, out TValue? value)
                : TryReplace(_objects!, Decode, static value => value, key, update, argument, out value))
            {
                return value;
            }

            using KeyGates<TKey>.Scope gate = EnterGate(key);
            if (!ContainsKey(key))
            {
                value = add(key, argument);
                if (TryAdd(key, value))
                {
                    return value;
                }
            }
        }
    }

    /// <summary>Gives back the memory that the present entries do not need. O(n) for this writer; readers and snapshots go on meanwhile.</summary>
    /// <exception cref="InvalidOperationException">This is called from inside the dictionary's comparer or a batch.</exception>
    public void TrimExcess()
    {
        _primitives?.Trim();
        _objects?.Trim();
    }

    /// <summary>Takes a key's gate; never under the writer's lock, for which its owner may wait.</summary>
    private KeyGates<TKey>.Scope EnterGate(TKey key)
    {
        _primitives?.RefuseReentry();
        _objects?.RefuseReentry();
        return _keyGates.Enter(key);
    }
}
