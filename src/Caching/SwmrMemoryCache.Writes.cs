using Microsoft.Extensions.Caching.Memory;

namespace SwmrKit;

// What changes the table by its users' wish. Table, sizes and calendar change together, under the lock; whoever listens is told outside.
public sealed partial class SwmrMemoryCache
{
    /// <inheritdoc/>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is null.</exception>
    /// <exception cref="ObjectDisposedException">The cache is disposed.</exception>
    public void Remove(object key)
    {
        ArgumentNullException.ThrowIfNull(key);
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        SwmrCacheEntry? entry;
        using (EnterToWrite())
        {
            entry = _table.Find(key);
            if (entry is not null)
            {
                TakeOut(entry, EvictionReason.Removed);
            }
        }

        entry?.TellEvicted();
    }

    /// <summary>Removes every entry.</summary>
    /// <exception cref="ObjectDisposedException">The cache is disposed.</exception>
    public void Clear()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        SwmrCacheEntry[] entries;
        using (EnterToWrite())
        {
            entries = _table.Entries;
            _table.Clear();
            foreach (SwmrCacheEntry entry in entries)
            {
                Forget(entry, EvictionReason.Removed);
            }
        }

        Array.ForEach(entries, static entry => entry.TellEvicted());
    }

    /// <summary>Commits an entry.</summary>
    internal void Put(SwmrCacheEntry entry)
    {
        if (_isDisposed)
        {
            return;
        }

        if (HasSizeLimit && entry.Size is null)
        {
            throw new InvalidOperationException("The cache has a SizeLimit, so each entry has to say its Size.");
        }

        long now = entry.Begin(_clock);
        bool isKept = !entry.IsExpired(now); // Out here, for its tokens are asked. One that changes from now on is noticed when they are attached.
        SwmrCacheEntry? prior;
        bool isToSetTimer = false;
        using (EnterToWrite())
        {
            if (_isDisposed)
            {
                return;
            }

            prior = _table.Find(entry.Key);
            if (isKept && !Fits(entry, prior))
            {
                entry.Expire(EvictionReason.Capacity);
                CompactSoon();
                isKept = false;
            }

            // First what may throw.
            if (isKept)
            {
                _table.Set(entry);
            }
            else if (prior is not null)
            {
                _table.Remove(prior.Key);
            }

            if (prior is not null)
            {
                Forget(prior, EvictionReason.Replaced);
            }

            if (isKept)
            {
                _size += entry.Size ?? 0;
                _calendar.Add(entry, now); // From here on it is in.
                isToSetTimer = ClaimTimer();
            }
        }

        if (isToSetTimer)
        {
            SetTimer();
        }

        prior?.TellEvicted();
        if (isKept)
        {
            entry.AttachTokens();
        }
        else
        {
            entry.TellEvicted();
        }
    }

    /// <summary>Removes an entry that has a reason to go.</summary>
    internal void RemoveExpired(SwmrCacheEntry entry)
    {
        if (_lock.IsHeldByCurrentThread)
        {
            return; // A key's own code reads the cache in the midst of a write. It has its reason to go, so nobody finds it; who reads it next takes it out.
        }

        using (_lock.Enter())
        {
            if (!TakeOut(entry, EvictionReason.Expired))
            {
                return;
            }
        }

        entry.TellEvicted();
    }

    /// <summary>Takes the lock. Re-entered, a write would come between the steps of another.</summary>
    private ExclusiveLock.Scope EnterToWrite() => _lock.IsHeldByCurrentThread
        ? throw new InvalidOperationException("Equals or GetHashCode of a key writes to the cache that calls it. It may read the cache; let it write later, or from elsewhere.")
        : _lock.Enter();

    /// <summary>Removes an entry from everywhere, if it is there. A key that throws leaves it as it is.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="reason">Why, unless there is a reason already.</param>
    private bool TakeOut(SwmrCacheEntry entry, EvictionReason reason)
    {
        if (!entry.IsIn)
        {
            return false;
        }

        _table.Remove(entry.Key);
        Forget(entry, reason);
        if (entry.Reason is EvictionReason.Expired or EvictionReason.TokenExpired or EvictionReason.Capacity)
        {
            _evictions++;
        }

        return true;
    }

    /// <summary>Takes an entry that is no longer in the table out of the books.</summary>
    private void Forget(SwmrCacheEntry entry, EvictionReason reason)
    {
        entry.Expire(reason);
        _size -= entry.Size ?? 0;
        _calendar.Remove(entry);
        entry.Leave();
    }
}
