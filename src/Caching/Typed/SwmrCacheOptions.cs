using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;

namespace SwmrKit;

/// <summary>How a <see cref="SwmrCache{TKey, TValue}"/> is bounded, and when its entries expire. Not thread-safe; read once, at construction.</summary>
/// <typeparam name="TKey">The type of the keys.</typeparam>
/// <typeparam name="TValue">The type of the values.</typeparam>
public sealed class SwmrCacheOptions<TKey, TValue>
    where TKey : notnull
{
    /// <summary>How much the cache holds, at least 1: entries, or with a <see cref="Weigher"/> the sum of their weights.</summary>
    public required long Capacity { get; set; }

    /// <summary>What an entry takes of the capacity, 0 or more; by default 1. It runs once a write, outside the cache's lock. An entry that weighs more than the capacity is not kept.</summary>
    public Func<TKey, TValue, long>? Weigher { get; set; }

    /// <summary>How long an entry is found after it was written, more than zero; by default for ever.</summary>
    public TimeSpan? ExpireAfterWrite { get; set; }

    /// <summary>How long an entry is found after it was written or read last, more than zero; by default for ever. With <see cref="ExpireAfterWrite"/>, whichever ends first.</summary>
    public TimeSpan? ExpireAfterAccess { get; set; }

    /// <summary>What the times are measured by (its timestamps, so that a date set back or forth does not matter), and where the timer comes from; by default <see cref="TimeProvider.System"/>, of which
    /// the steps of the system's millisecond counter are seen (1 to 16 ms).</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>Compares the keys; null, the default, for the default comparer of their type. It runs under the cache's lock and may read the cache, but not write to it.</summary>
    public IEqualityComparer<TKey>? Comparer { get; set; }

    /// <summary>Whether hits and misses are counted, each thread's for itself; by default not: to count takes a hit some 2 ns.</summary>
    public bool TrackStatistics { get; set; }

    /// <summary>With <see cref="TrackStatistics"/>, what the cache is called in the measurements of the meter <c>SwmrKit.Caching</c>; null, the default, for no measurements.</summary>
    public string? Name { get; set; }

    /// <summary>Makes that meter; null, the default, for one of the cache's own, which ends with it.</summary>
    public IMeterFactory? MeterFactory { get; set; }

    /// <summary>Where handlers of <see cref="SwmrCache{TKey, TValue}.Removed"/> that throw are reported; null, the default, for nowhere.</summary>
    public ILoggerFactory? LoggerFactory { get; set; }

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Capacity, 1, nameof(Capacity));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(ExpireAfterWrite ?? TimeSpan.MaxValue, TimeSpan.Zero, nameof(ExpireAfterWrite));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(ExpireAfterAccess ?? TimeSpan.MaxValue, TimeSpan.Zero, nameof(ExpireAfterAccess));
        ArgumentNullException.ThrowIfNull(TimeProvider, nameof(TimeProvider));
    }
}
