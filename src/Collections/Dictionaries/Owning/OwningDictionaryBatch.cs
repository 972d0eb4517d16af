using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace SwmrKit;

/// <summary>Changes to an <see cref="OwningDictionary{TKey, TValue}"/> that take effect together, when the delegate that makes them has returned.</summary>
/// <typeparam name="TKey">The type of the keys.</typeparam>
/// <typeparam name="TValue">The type of the values.</typeparam>
/// <remarks>
/// <para>For the delegate's thread and time only. Reads see the batch's own changes; other readers do not, until it is whole.</para>
/// <para>Nothing is disposed while the delegate runs: what is replaced or removed can be used, and set again under the same key or another. What is not in the dictionary
/// when the delegate has returned, of all that was in it or was given to the batch, is disposed. If it throws, nothing is.</para>
/// </remarks>
public sealed class OwningDictionaryBatch<TKey, TValue>
    where TKey : notnull
    where TValue : class
{
    private readonly OwningDictionary<TKey, TValue> _dictionary;
    private readonly Table<TKey, object?>.Draft _draft;
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private readonly Dictionary<Ownership, Standing> _standings = []; // Of those that must be disposed, and were given to the batch or taken out by it.

    internal OwningDictionaryBatch(OwningDictionary<TKey, TValue> dictionary, Table<TKey, object?>.Draft draft) => (_dictionary, _draft) = (dictionary, draft);

    /// <summary>How an object stands in the batch.</summary>
    /// <param name="Value">The object.</param>
    /// <param name="IsGiven">Whether the batch has claimed it, rather than found it in the dictionary.</param>
    /// <param name="IsIn">Whether it is in the draft now.</param>
    private record struct Standing(TValue Value, bool IsGiven, bool IsIn);

    /// <summary>How many entries there are with the changes so far.</summary>
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

    /// <summary>Gets or sets a key's value.</summary>
    /// <param name="key">The key.</param>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> or the value is null.</exception>
    /// <exception cref="KeyNotFoundException">On getting, the key is absent.</exception>
    /// <exception cref="InvalidOperationException">The batch has ended, or this is not its thread; on setting, as for <see cref="Set"/>.</exception>
    public TValue this[TKey key]
    {
        get => TryGetValue(key, out TValue? value) ? value : throw DictionaryErrors.NotFound(key);
        set => Set(key, value);
    }

    /// <summary>Finds a key's value, with the changes so far. It can be used until the delegate returns.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">Its value, or null.</param>
    /// <returns>Whether the key is there.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is null.</exception>
    /// <exception cref="InvalidOperationException">The batch has ended, or this is not its thread.</exception>
    public bool TryGetValue(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        Check(key);
        value = Find(key)?.Value;
        return value is not null;
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
    /// <exception cref="ArgumentNullException"><paramref name="key"/> or <paramref name="value"/> is null.</exception>
    /// <exception cref="InvalidOperationException">The object is in the dictionary, or the batch, under another key, or in another container, has been retired, or was published under another domain; or the batch has ended, or this is not its thread.</exception>
    public void Set(TKey key, TValue value) => Put(key, value, Condition.None);

    /// <summary>Adds a key.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">Its value.</param>
    /// <exception cref="ArgumentException">The key is there already.</exception>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> or <paramref name="value"/> is null.</exception>
    /// <exception cref="InvalidOperationException">As for <see cref="Set"/>.</exception>
    public void Add(TKey key, TValue value)
    {
        if (!Put(key, value, Condition.Absent))
        {
            throw DictionaryErrors.Duplicate(key);
        }
    }

    /// <summary>Adds a key if it is absent.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">Its value.</param>
    /// <returns>Whether it was added; if not, the value is still the caller's.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> or <paramref name="value"/> is null.</exception>
    /// <exception cref="InvalidOperationException">As for <see cref="Set"/>.</exception>
    public bool TryAdd(TKey key, TValue value) => Put(key, value, Condition.Absent);

    /// <summary>Removes a key.</summary>
    /// <param name="key">The key.</param>
    /// <returns>Whether it was there.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is null.</exception>
    /// <exception cref="InvalidOperationException">The batch has ended, or this is not its thread.</exception>
    public bool TryRemove(TKey key) => TryRemove(key, out _);

    /// <summary>Removes a key.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value it had, which can be used until the delegate returns, and set again; or null.</param>
    /// <returns>Whether it was there.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is null.</exception>
    /// <exception cref="InvalidOperationException">The batch has ended, or this is not its thread.</exception>
    public bool TryRemove(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        Check(key);
        MakeRoom(1);
        if (!_draft.Remove(key, out object? removed))
        {
            value = null;
            return false;
        }

        Published<TValue> node = OwningDictionary<TKey, TValue>.Decode(removed);
        TakeOut(node);
        value = node.Value;
        return true;
    }

    /// <summary>Removes every entry. O(n).</summary>
    /// <exception cref="InvalidOperationException">The batch has ended, or this is not its thread.</exception>
    public void Clear()
    {
        ThrowIfEnded();
        MakeRoom((int)Math.Min(_draft.Count, Array.MaxLength));
        Table<TKey, object?>.Root before = _draft.Root;
        _draft.Clear();
        var entries = new Table<TKey, object?>.Cursor(before);
        while (entries.MoveNext())
        {
            TakeOut(OwningDictionary<TKey, TValue>.Decode(entries.Value));
        }
    }

    /// <summary>When the delegate has returned: what is no longer in, to be retired after the batch has been published.</summary>
    internal void CollectWhatIsOut(Retirements<TValue> retirements)
    {
        foreach ((Ownership record, Standing standing) in _standings)
        {
            if (!standing.IsIn)
            {
                retirements.Add(standing.Value, record, mayRefuse: true);
            }
        }
    }

    /// <summary>When it has come to nothing: what was given to it is the caller's again.</summary>
    internal void GiveBack()
    {
        foreach ((Ownership record, Standing standing) in _standings)
        {
            if (standing.IsGiven)
            {
                record.Disclaim();
            }
        }
    }

    private Published<TValue>? Find(TKey key) => _draft.TryFind(key, out object? stored) ? OwningDictionary<TKey, TValue>.Decode(stored) : null;

    private bool Put(TKey key, TValue value, Condition condition)
    {
        ArgumentNullException.ThrowIfNull(value);
        Check(key);
        if (Find(key) is { } found && (condition == Condition.Absent || ReferenceEquals(found.Value, value)))
        {
            return condition != Condition.Absent;
        }

        MakeRoom(2); // Whoever catches what is thrown below goes on with a batch that knows all it has taken.
        Published<TValue> node = _dictionary.NewPublished(value);
        Standing? before = TakeIn(node);
        object? replaced;
        try
        {
            if (!_draft.Put(key, node, condition, out replaced))
            {
                throw DictionaryErrors.Contradictory(_dictionary.Comparer, key);
            }
        }
        catch
        {
            TakeBack(node, before);
            throw;
        }

        if (replaced is not null)
        {
            TakeOut(OwningDictionary<TKey, TValue>.Decode(replaced));
        }

        return true;
    }

    /// <summary>Makes an object one that is in.</summary>
    /// <returns>How it stood before; null for one the batch did not know.</returns>
    private Standing? TakeIn(Published<TValue> node)
    {
        if (node.Ownership is not { } record)
        {
            return null;
        }

        bool isKnown = _standings.TryGetValue(record, out Standing standing);
        if (isKnown && !standing.IsIn)
        {
            _standings[record] = standing with { IsIn = true };
            return standing;
        }

        record.Claim(); // Refused where it is in already, here or elsewhere.
        _standings.Add(record, new Standing(node.Value, IsGiven: true, IsIn: true));
        return null;
    }

    private void TakeBack(Published<TValue> node, Standing? before)
    {
        if (node.Ownership is not { } record)
        {
            return;
        }

        if (before is { } standing)
        {
            _standings[record] = standing;
        }
        else
        {
            _standings.Remove(record);
            record.Disclaim();
        }
    }

    private void TakeOut(Published<TValue> node)
    {
        if (node.Ownership is { } record)
        {
            ref Standing standing = ref CollectionsMarshal.GetValueRefOrAddDefault(_standings, record, out bool isKnown);
            standing = isKnown ? standing with { IsIn = false } : new Standing(node.Value, IsGiven: false, IsIn: false);
        }
    }

    private void MakeRoom(int count)
    {
        if (_standings.Capacity - _standings.Count < count)
        {
            _standings.EnsureCapacity(Math.Max(_standings.Count + count, 2 * _standings.Count));
        }
    }

    private void Check(TKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        ThrowIfEnded();
    }

    private void ThrowIfEnded() => DictionaryErrors.ThrowIfEnded(_draft.IsOpen, _thread);
}
