namespace SwmrKit;

// What leaves by itself: entries whose time is over, and those that make room.
public sealed partial class SwmrCache<TKey, TValue>
{
    private const long LongestDue = int.MaxValue * TimeSpan.TicksPerMillisecond; // More no timer can do.

    /// <summary>Makes entries leave, in the order in which they would make room. O(1) each.</summary>
    /// <param name="count">How many.</param>
    /// <returns>How many have left: fewer where there are fewer.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="count"/> is negative.</exception>
    /// <exception cref="InvalidOperationException">The comparer writes to the cache that calls it.</exception>
    /// <exception cref="ObjectDisposedException">The cache is disposed.</exception>
    public int Trim(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        List<(TypedEntry<TKey, TValue>, CacheRemovalReason)>? gone = Removed is null ? null : [];
        int trimmed = 0;
        try
        {
            using (EnterToWrite())
            {
                for (; trimmed < count && _table.Count > 0; trimmed++)
                {
                    TakeOut(_policy.FindVictim(null), CacheRemovalReason.Evicted, gone);
                }
            }
        }
        finally
        {
            Tell(gone);
        }

        return trimmed;
    }

    private static ITimer CreateTimer(TimeProvider provider, WeakReference<SwmrCache<TKey, TValue>> cache)
    {
        using AsyncFlowControl noFlow = ExecutionContext.IsFlowSuppressed() ? default : ExecutionContext.SuppressFlow(); // What serves all who use the cache is nobody's request.
        return provider.CreateTimer(
            static state =>
            {
                if (((WeakReference<SwmrCache<TKey, TValue>>)state!).TryGetTarget(out SwmrCache<TKey, TValue>? cache))
                {
                    cache.RemoveDue();
                }
            },
            cache, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    private static void Increment(ref SharedInt64 count) => count.WriteRelaxed(count.ReadRelaxed() + 1);

    private void SetCapacity(long capacity)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        List<(TypedEntry<TKey, TValue>, CacheRemovalReason)>? gone = Removed is null ? null : [];
        try
        {
            using (EnterToWrite())
            {
                _policy.Capacity = capacity;
                MakeRoom(0, null, gone);
            }
        }
        finally
        {
            Tell(gone);
        }
    }

    /// <summary>Makes room for an entry.</summary>
    /// <param name="weight">What it takes.</param>
    /// <param name="prior">The one whose place it takes, if there is one.</param>
    /// <param name="gone">Where to write down who leaves.</param>
    private void MakeRoom(long weight, TypedEntry<TKey, TValue>? prior, List<(TypedEntry<TKey, TValue>, CacheRemovalReason)>? gone)
    {
        while (_policy.Weight - (prior?.Weight ?? 0) > _policy.Capacity - weight)
        {
            TakeOut(_policy.FindVictim(prior), CacheRemovalReason.Evicted, gone);
        }
    }

    /// <summary>Takes an entry out of everything. A comparer that throws leaves it as it is.</summary>
    private void TakeOut(TypedEntry<TKey, TValue> entry, CacheRemovalReason reason, List<(TypedEntry<TKey, TValue>, CacheRemovalReason)>? gone)
    {
        _table.TryRemove(entry.Key);
        if (reason == CacheRemovalReason.Evicted)
        {
            _policy.Evict(entry);
        }
        else
        {
            _policy.Remove(entry);
        }

        Forget(entry, reason);
        gone?.Add((entry, reason));
    }

    /// <summary>Takes an entry that is in the table and the queues no more out of the rest of the books.</summary>
    private void Forget(TypedEntry<TKey, TValue> entry, CacheRemovalReason reason)
    {
        if (entry is ExpiringEntry<TKey, TValue> { Slot: not ExpiringEntry<TKey, TValue>.NoSlot } expiring)
        {
            _wheel!.Remove(expiring);
        }

        if (reason == CacheRemovalReason.Evicted)
        {
            Increment(ref _evictions);
        }
        else if (reason == CacheRemovalReason.Expired)
        {
            Increment(ref _expirations);
        }
    }

    /// <summary>The timer: what has expired leaves.</summary>
    private void RemoveDue()
    {
        List<(TypedEntry<TKey, TValue>, CacheRemovalReason)> gone = [];
        Exception? failure = null;
        long? timerEnd;
        long now = _time.Now;
        using (_lock.Enter())
        {
            _isTimerSet = false;
            foreach (ExpiringEntry<TKey, TValue> entry in _wheel!.TakeUntil(now))
            {
                try
                {
                    if (IsExpired(entry, now))
                    {
                        TakeOut(entry, CacheRemovalReason.Expired, gone);
                        continue;
                    }
                }
#pragma warning disable CA1031 // The comparer: reported below, and tried again later. There is nobody to throw it to.
                catch (Exception exception)
#pragma warning restore CA1031
                {
                    failure = exception;
                }

                _wheel.Add(entry, now); // It was read meanwhile.
            }

            timerEnd = ClaimTimer();
        }

        SetTimer(timerEnd);

        if (failure is not null)
        {
            CacheLog.RemovalFailed(_logger, failure);
        }

        Tell(gone);
    }

    /// <summary>When the timer is to fire, if the caller is to set it, when it has left the lock: whose timer it is may run code of its own then. It is the end of the first slot with entries, and those that come later go in no
    /// earlier one.</summary>
    private long? ClaimTimer()
    {
        if (_isTimerSet || _isDisposed || _wheel?.NextEnd is not { } end)
        {
            return null;
        }

        _isTimerSet = true;
        return end;
    }

    private void SetTimer(long? end)
    {
        if (end is null)
        {
            return;
        }

        bool isSet = false;
        try
        {
            isSet = _timer!.Change(TimeSpan.FromTicks(Math.Clamp(end.Value - _time.Now, TimeSpan.TicksPerMillisecond, LongestDue)), Timeout.InfiniteTimeSpan);
        }
#pragma warning disable CA1031 // The next write tries again; this one has been done.
        catch (Exception)
#pragma warning restore CA1031
        {
        }

        if (!isSet)
        {
            using (_lock.Enter())
            {
                _isTimerSet = false;
            }
        }
    }

    /// <summary>Tells whoever wants to know.</summary>
    private void Tell(List<(TypedEntry<TKey, TValue> Entry, CacheRemovalReason Reason)>? gone)
    {
        foreach ((TypedEntry<TKey, TValue> entry, CacheRemovalReason reason) in gone ?? [])
        {
            var told = new CacheEntryRemovedEventArgs<TKey, TValue>(entry.Key, entry.Value, reason);
            foreach (EventHandler<CacheEntryRemovedEventArgs<TKey, TValue>> handler in Delegate.EnumerateInvocationList(Removed))
            {
                try
                {
                    handler(this, told);
                }
#pragma warning disable CA1031 // One listener's failure is its own; the others are told.
                catch (Exception exception)
#pragma warning restore CA1031
                {
                    CacheLog.CallbackFailed(_logger, exception);
                }
            }
        }
    }
}
