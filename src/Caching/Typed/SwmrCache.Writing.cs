using System.Diagnostics.CodeAnalysis;

namespace SwmrKit;

// What changes the cache by its users' wish. Table, queues and wheel change together, under the lock; whoever listens is told outside.
public sealed partial class SwmrCache<TKey, TValue>
{
    private enum Condition
    {
        None,
        Absent,
        Present,
    }

    /// <summary>Sets a key's value, whether it is there or not. O(1) amortised. A key that is there keeps its place in the queues, and the write counts as a visit.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value.</param>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is null.</exception>
    /// <exception cref="InvalidOperationException">The weigher gave a negative weight, or the comparer writes to the cache that calls it.</exception>
    /// <exception cref="ObjectDisposedException">The cache is disposed.</exception>
    public void Set(TKey key, TValue value) => Put(key, value, Condition.None, out _);

    /// <summary>Adds a key if it is absent, or expired. O(1) amortised.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">Its value.</param>
    /// <returns>Whether it was absent. An entry that weighs more than the capacity is not kept all the same.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is null.</exception>
    /// <exception cref="InvalidOperationException">As for <see cref="Set"/>.</exception>
    /// <exception cref="ObjectDisposedException">The cache is disposed.</exception>
    public bool TryAdd(TKey key, TValue value) => Put(key, value, Condition.Absent, out _);

    /// <summary>Sets the value of a key that is there, and not expired. O(1) amortised.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value.</param>
    /// <returns>Whether it was there.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is null.</exception>
    /// <exception cref="InvalidOperationException">As for <see cref="Set"/>.</exception>
    /// <exception cref="ObjectDisposedException">The cache is disposed.</exception>
    public bool TryUpdate(TKey key, TValue value) => Put(key, value, Condition.Present, out _);

    /// <summary>Removes a key. O(1) amortised.</summary>
    /// <param name="key">The key.</param>
    /// <returns>Whether it was there, and not expired.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is null.</exception>
    /// <exception cref="InvalidOperationException">The comparer writes to the cache that calls it.</exception>
    /// <exception cref="ObjectDisposedException">The cache is disposed.</exception>
    public bool TryRemove(TKey key) => TryRemove(key, out _);

    /// <summary>Removes a key. O(1) amortised.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value it had, or default.</param>
    /// <returns>Whether it was there, and not expired.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is null.</exception>
    /// <exception cref="InvalidOperationException">The comparer writes to the cache that calls it.</exception>
    /// <exception cref="ObjectDisposedException">The cache is disposed.</exception>
    public bool TryRemove(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        ArgumentNullException.ThrowIfNull(key);
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        long now = Expires ? _time.Now : 0;
        TypedEntry<TKey, TValue>? entry;
        bool isExpired = false;
        using (EnterToWrite())
        {
            if (_table.TryRemove(key, out entry))
            {
                isExpired = IsExpired(entry, now);
                _policy.Remove(entry);
                Forget(entry, isExpired ? CacheRemovalReason.Expired : CacheRemovalReason.Removed);
            }
        }

        bool isFound = entry is not null && !isExpired;
        value = isFound ? entry!.Value : default;
        if (entry is not null && Removed is not null)
        {
            Tell([(entry, isExpired ? CacheRemovalReason.Expired : CacheRemovalReason.Removed)]);
        }

        return isFound;
    }

    /// <summary>Removes every entry, and forgets which keys have left. O(n).</summary>
    /// <exception cref="InvalidOperationException">The comparer writes to the cache that calls it.</exception>
    /// <exception cref="ObjectDisposedException">The cache is disposed.</exception>
    public void Clear()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        List<(TypedEntry<TKey, TValue>, CacheRemovalReason)>? gone = null;
        using (EnterToWrite())
        {
            if (Removed is not null)
            {
                gone = [.. _table.Select(static pair => (pair.Value, CacheRemovalReason.Cleared))];
            }

            _table.Clear();
            _policy.Clear();
            _wheel?.Clear();
        }

        Tell(gone);
    }

    /// <summary>Puts an entry in, if its key is as wanted.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value.</param>
    /// <param name="condition">How the key is to be.</param>
    /// <param name="entry">The entry made of them; where the key was to be absent and is not, the one that is there.</param>
    /// <returns>Whether the key was so.</returns>
    private bool Put(TKey key, TValue value, Condition condition, out TypedEntry<TKey, TValue> entry)
    {
        ArgumentNullException.ThrowIfNull(key);
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        long now = Expires ? _time.Now : 0;
        entry = CreateEntry(key, value, now);
        List<(TypedEntry<TKey, TValue>, CacheRemovalReason)>? gone = Removed is null ? null : [];
        long? timerEnd;
        try
        {
            using (EnterToWrite())
            {
                ObjectDisposedException.ThrowIf(_isDisposed, this);
                _table.TryGetValue(key, out TypedEntry<TKey, TValue>? prior);
                bool isThere = prior is not null && !IsExpired(prior, now);
                if (condition != Condition.None && isThere != (condition == Condition.Present))
                {
                    entry = prior ?? entry;
                    return false;
                }

                CacheRemovalReason reason = isThere ? CacheRemovalReason.Replaced : CacheRemovalReason.Expired;
                if (entry.Weight > _policy.Capacity)
                {
                    if (prior is not null)
                    {
                        TakeOut(prior, reason, gone);
                    }

                    Increment(ref _evictions);
                    gone?.Add((entry, CacheRemovalReason.Evicted));
                    return true;
                }

                MakeRoom(entry.Weight, prior, gone);
                _table.Set(key, entry); // It may throw; nothing after it does.
                if (prior is null)
                {
                    _policy.Add(entry);
                }
                else
                {
                    EvictionPolicy<TKey, TValue>.Replace(prior, entry);
                    Forget(prior, reason);
                    gone?.Add((prior, reason));
                }

                _wheel?.Add((ExpiringEntry<TKey, TValue>)entry, now);
                timerEnd = ClaimTimer();
            }

            SetTimer(timerEnd);
            return true;
        }
        finally
        {
            Tell(gone);
        }
    }

    private TypedEntry<TKey, TValue> CreateEntry(TKey key, TValue value, long now)
    {
        long weight = _weigher?.Invoke(key, value) ?? 1;
        if (weight < 0)
        {
            throw new InvalidOperationException($"The Weigher of the cache gave {weight} for the key '{key}'. Weights are 0 or more, in the units of the Capacity.");
        }

        int hash = _table.Comparer.GetHashCode(key);
        return Expires ? new ExpiringEntry<TKey, TValue>(key, value, hash, weight, now, _writeTicks, _accessTicks) : new TypedEntry<TKey, TValue>(key, value, hash, weight);
    }

    /// <summary>Takes the lock. Re-entered, a write would come between the steps of another.</summary>
    private ExclusiveLock.Scope EnterToWrite() => _lock.IsHeldByCurrentThread
        ? throw new InvalidOperationException("The comparer of the cache writes to the cache that calls it. It may read the cache; let it write later, or from elsewhere.")
        : _lock.Enter();
}
