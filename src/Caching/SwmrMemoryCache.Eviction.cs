using System.Runtime.ExceptionServices;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Logging;

namespace SwmrKit;

// What leaves by itself: entries whose time is over, and those for which there is no room.
public sealed partial class SwmrMemoryCache
{
    private static ITimer CreateTimer(TimeProvider provider, WeakReference<SwmrMemoryCache> cache)
    {
        using AsyncFlowControl noFlow = SuppressFlow();
        return provider.CreateTimer(
            static state =>
            {
                if (((WeakReference<SwmrMemoryCache>)state!).TryGetTarget(out SwmrMemoryCache? cache))
                {
                    cache.RemoveDue();
                }
            },
            cache, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    private bool Fits(SwmrCacheEntry entry, SwmrCacheEntry? prior) =>
        !HasSizeLimit || entry.Size!.Value <= _sizeLimit - (_size - (prior?.Size ?? 0));

    /// <summary>The timer: what has expired leaves.</summary>
    private void RemoveDue()
    {
        _clock.Adjust();
        long now = _clock.Now;
        var expired = new List<SwmrCacheEntry>();
        Exception? failure = null;
        bool isToSetTimer;
        using (_lock.Enter())
        {
            _isTimerSet = false;
            foreach (SwmrCacheEntry entry in _calendar.TakeUntil(now))
            {
                try
                {
                    if (entry.HasPassed(now) && TakeOut(entry, EvictionReason.Expired))
                    {
                        expired.Add(entry);
                        continue;
                    }
                }
#pragma warning disable CA1031 // A key's own code: reported below, and tried again with the next scan. There is nobody to throw it to.
                catch (Exception exception)
#pragma warning restore CA1031
                {
                    failure = exception;
                }

                _calendar.Add(entry, now); // It was read meanwhile.
            }

            isToSetTimer = ClaimTimer();
        }

        if (isToSetTimer)
        {
            SetTimer();
        }

        if (failure is not null)
        {
            CacheLog.RemovalFailed(_logger, failure);
        }

        TellEvicted(expired);
    }

    /// <summary>Whether the caller is to set the timer, when it has left the lock: whose timer it is may run code of its own then.</summary>
    private bool ClaimTimer()
    {
        if (_isTimerSet || _calendar.IsEmpty || _isDisposed)
        {
            return false;
        }

        _isTimerSet = true;
        return true;
    }

    private void SetTimer()
    {
        bool isSet = false;
        try
        {
            isSet = _timer.Change(TimeSpan.FromTicks(_calendar.DayLength), Timeout.InfiniteTimeSpan);
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

    /// <summary>Makes room on the thread pool, as the cache is full.</summary>
    private void CompactSoon()
    {
        if (_isCompacting)
        {
            return;
        }

        _isCompacting = true;
        using AsyncFlowControl noFlow = SuppressFlow();
        _ = Task.Factory.StartNew(static cache => ((SwmrMemoryCache)cache!).Compact(), this, CancellationToken.None, TaskCreationOptions.DenyChildAttach, Scheduler);
    }

    /// <summary>What serves all who use the cache is nobody's request.</summary>
    private static AsyncFlowControl SuppressFlow() => ExecutionContext.IsFlowSuppressed() ? default : ExecutionContext.SuppressFlow();

    private void Compact()
    {
        using (_lock.Enter())
        {
            _isCompacting = false;
        }

        try
        {
            CacheLog.RoomMade(_logger, MakeRoom(count: null));
        }
#pragma warning disable CA1031 // Code of a token or a key. There is nobody to throw it to.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            CacheLog.RemovalFailed(_logger, exception);
        }
    }

    /// <summary>Removes what has expired, and then by priority and age as much as is wanted.</summary>
    /// <param name="count">How many entries; null for so many that the sizes fall to the share of the limit that compaction leaves.</param>
    /// <returns>How many have gone. An entry whose key throws stays, and others go in its place; one whose token throws counts as not expired. What was thrown first is thrown in the end.</returns>
    private int MakeRoom(long? count)
    {
        _clock.Adjust();
        long now = _clock.Now;
        SwmrCacheEntry[] entries = _table.Entries;
        ExceptionDispatchInfo? failure = null;
        foreach (SwmrCacheEntry entry in entries)
        {
            try
            {
                entry.IsExpired(now); // Out here, for the tokens are asked; it says so from now on.
            }
#pragma warning disable CA1031 // A token that cannot say whether it has changed keeps no entry in the cache, its own neither.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                failure ??= ExceptionDispatchInfo.Capture(exception);
            }
        }

        var removed = new List<SwmrCacheEntry>();
        using (EnterToWrite())
        {
            long target = count ?? _size - (_sizeLimit - (long)(_sizeLimit * _options.CompactionPercentage));
            foreach (SwmrCacheEntry entry in entries
                .Where(static entry => entry.Reason != EvictionReason.None || entry.Priority != CacheItemPriority.NeverRemove)
                .OrderBy(static entry => entry.Reason == EvictionReason.None).ThenBy(static entry => entry.Priority).ThenBy(static entry => entry.LastAccessed))
            {
                try
                {
                    if ((target > 0 || entry.Reason != EvictionReason.None) && TakeOut(entry, EvictionReason.Capacity))
                    {
                        target -= count is null ? entry.Size ?? 0 : 1;
                        removed.Add(entry);
                    }
                }
#pragma warning disable CA1031 // Whoever listens to those that have gone already is to be told first.
                catch (Exception exception)
#pragma warning restore CA1031
                {
                    failure ??= ExceptionDispatchInfo.Capture(exception);
                }
            }
        }

        TellEvicted(removed);
        failure?.Throw();
        return removed.Count;
    }

    private static void TellEvicted(List<SwmrCacheEntry> entries) => entries.ForEach(static entry => entry.TellEvicted());
}
