using System.Diagnostics.Metrics;
using System.Reflection;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace SwmrKit;

/// <summary>
/// A cache in memory that behaves as Microsoft's <see cref="MemoryCache"/> does, and is read without locks, fences or writes to what other readers read.
/// </summary>
/// <remarks>
/// <para>Differences: expired entries leave within <see cref="MemoryCacheOptions.ExpirationScanFrequency"/> though nobody touches the cache; the size limit and the
/// sum of the sizes are exact, whoever writes at the same time; a hit reads the time only where the entry expires, and of the system's clock in
/// steps of some milliseconds; so when others were used last is known to the last write.</para>
/// <para>Thread-safe. A look-up is O(1) and allocates nothing; a write takes one lock, in which no code of yours runs but <c>Equals</c> and <c>GetHashCode</c> of keys.
/// Values are never disposed. Expiration and eviction callbacks run on the thread pool, once an entry.</para>
/// </remarks>
public sealed partial class SwmrMemoryCache : IMemoryCache, IMeasuredCache
{
    private const long LeastScanTime = 10 * TimeSpan.TicksPerMillisecond; // More often would only keep a processor awake.

    private static readonly PropertyInfo? s_totalEvictions = typeof(MemoryCacheStatistics).GetProperty("TotalEvictions"); // Microsoft's have it since version 11.

    private readonly CacheTable _table = new();
    private readonly MemoryCacheOptions _options;
    private readonly ILogger _logger;
    private readonly CacheClock _clock;
    private readonly CacheStatistics? _statistics;
    private readonly long _sizeLimit; // -1 for none.

    // Guards what follows, and every change of the table. Of the user's code none runs inside it but that of keys.
    private readonly ExclusiveLock _lock = new();
    private readonly ExpirationCalendar _calendar;
    private readonly ITimer _timer;
    private long _size;
    private long _evictions;
    private bool _isTimerSet;
    private bool _isCompacting;

    private volatile bool _isDisposed; // Whoever reads it late is as one who came before.

    /// <summary>Creates a cache.</summary>
    /// <param name="optionsAccessor">Its options: Microsoft's.</param>
    /// <exception cref="ArgumentNullException"><paramref name="optionsAccessor"/> or its value is null.</exception>
    public SwmrMemoryCache(IOptions<MemoryCacheOptions> optionsAccessor)
        : this(optionsAccessor, NullLoggerFactory.Instance, TimeProvider.System)
    {
    }

    /// <summary>Creates a cache.</summary>
    /// <param name="optionsAccessor">Its options: Microsoft's. Their <c>Clock</c>, if there is one, is its time.</param>
    /// <param name="loggerFactory">Where eviction callbacks that fail are reported.</param>
    /// <param name="timeProvider">The time by which entries expire.</param>
    /// <exception cref="ArgumentNullException">An argument, or the options' value, is null.</exception>
    public SwmrMemoryCache(IOptions<MemoryCacheOptions> optionsAccessor, ILoggerFactory loggerFactory, TimeProvider timeProvider)
        : this(optionsAccessor, loggerFactory, timeProvider, meterFactory: null, "default")
    {
    }

    /// <summary>Creates a cache that reports what it does.</summary>
    /// <param name="optionsAccessor">Its options: Microsoft's. Their <c>Clock</c>, if there is one, is its time; it is measured if they say <see cref="MemoryCacheOptions.TrackStatistics"/>.</param>
    /// <param name="loggerFactory">Where eviction callbacks that fail are reported.</param>
    /// <param name="timeProvider">The time by which entries expire.</param>
    /// <param name="meterFactory">Makes the meter <c>SwmrKit.Caching</c>; null for no measurements.</param>
    /// <param name="name">What the cache is called in the measurements.</param>
    /// <exception cref="ArgumentNullException">An argument but <paramref name="meterFactory"/>, or the options' value, is null.</exception>
    public SwmrMemoryCache(IOptions<MemoryCacheOptions> optionsAccessor, ILoggerFactory loggerFactory, TimeProvider timeProvider, IMeterFactory? meterFactory, string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(optionsAccessor);
        ArgumentNullException.ThrowIfNull(loggerFactory);
        ArgumentNullException.ThrowIfNull(timeProvider);
        _options = optionsAccessor.Value ?? throw new ArgumentNullException(nameof(optionsAccessor));
        _logger = loggerFactory.CreateLogger<SwmrMemoryCache>();
        _clock = new CacheClock(timeProvider, _options.Clock);
        _statistics = _options.TrackStatistics ? new CacheStatistics() : null;
        _sizeLimit = _options.SizeLimit ?? -1;
        _calendar = new ExpirationCalendar(this, Math.Clamp(_options.ExpirationScanFrequency.Ticks, LeastScanTime, int.MaxValue * TimeSpan.TicksPerMillisecond)); // More no timer can do.
        _timer = CreateTimer(timeProvider, new WeakReference<SwmrMemoryCache>(this));
        TracksLinkedEntries = _options.TrackLinkedCacheEntries;
        if (meterFactory is not null && _statistics is not null)
        {
            CacheMetrics.Create(meterFactory.Create(CacheMetrics.MeterName), name, this, HasSizeLimit);
        }
    }

    /// <summary>The number of entries, expired ones that have not left yet included. O(1).</summary>
    public int Count => _table.Count;

    /// <summary>The keys: of one moment those that are strings, and of one moment the others. Makes a copy, O(n).</summary>
    public IEnumerable<object> Keys => _table.Keys;

    internal bool TracksLinkedEntries { get; }

    /// <summary>Where callbacks run, and room is made.</summary>
    internal TaskScheduler Scheduler { get; init; } = TaskScheduler.Default;

    /// <summary>The sum of the entries' sizes.</summary>
    internal long Size => Interlocked.Read(ref _size);

    /// <summary>How many entries have expired, or gone for want of room.</summary>
    internal long Evictions => Interlocked.Read(ref _evictions);

    (long Hits, long Misses) IMeasuredCache.Requests => _statistics!.Sum();

    long IMeasuredCache.Evictions => Evictions;

    long IMeasuredCache.Size => Size;

    private bool HasSizeLimit => _sizeLimit >= 0;

    /// <inheritdoc/>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is null.</exception>
    /// <exception cref="ObjectDisposedException">The cache is disposed.</exception>
    public ICacheEntry CreateEntry(object key)
    {
        ArgumentNullException.ThrowIfNull(key);
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        var entry = new SwmrCacheEntry(key, _calendar.Blank);
        if (TracksLinkedEntries)
        {
            entry.EnterScope();
        }

        return entry;
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is null.</exception>
    /// <exception cref="ObjectDisposedException">The cache is disposed.</exception>
    public bool TryGetValue(object key, out object? value)
    {
        ArgumentNullException.ThrowIfNull(key);
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        return Finish(_table.Find(key), out value);
    }

    /// <summary>As <see cref="TryGetValue(object, out object)"/> of a string, which need not exist.</summary>
    /// <param name="key">The characters of the key.</param>
    /// <param name="value">The value; null when there is none.</param>
    /// <returns>Whether there is one.</returns>
    /// <exception cref="ObjectDisposedException">The cache is disposed.</exception>
    public bool TryGetValue(ReadOnlySpan<char> key, out object? value)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        return Finish(_table.Find(key), out value);
    }

    /// <summary>As <see cref="TryGetValue(ReadOnlySpan{char}, out object)"/>, where a value of another type counts as none.</summary>
    /// <typeparam name="TItem">The type of the value.</typeparam>
    /// <param name="key">The characters of the key.</param>
    /// <param name="value">The value; the default when there is none.</param>
    /// <returns>Whether there is one, of that type or null.</returns>
    /// <exception cref="ObjectDisposedException">The cache is disposed.</exception>
    public bool TryGetValue<TItem>(ReadOnlySpan<char> key, out TItem? value)
    {
        if (TryGetValue(key, out object? found) && found is null or TItem)
        {
            value = found is null ? default : (TItem)found;
            return true;
        }

        value = default;
        return false;
    }

    /// <summary>
    /// Removes a part of the entries: first those that have expired, then those of low, normal and high priority, in each those first that were not used for longest. O(n log n).
    /// </summary>
    /// <param name="percentage">The part, between 0 and 1, by number.</param>
    public void Compact(double percentage)
    {
        MakeRoom((long)(Count * percentage));
    }

    /// <summary>What has been counted, if <see cref="MemoryCacheOptions.TrackStatistics"/> is set; else null.</summary>
    /// <returns>The counts, of about this moment.</returns>
    public MemoryCacheStatistics? GetCurrentStatistics()
    {
        if (_statistics is null)
        {
            return null;
        }

        (long hits, long misses) = _statistics.Sum();
        var statistics = new MemoryCacheStatistics
        {
            TotalHits = hits,
            TotalMisses = misses,
            CurrentEntryCount = Count,
            CurrentEstimatedSize = HasSizeLimit ? Size : null,
        };
        s_totalEvictions?.SetValue(statistics, Evictions);
        return statistics;
    }

    /// <summary>Stops the cache: from then on look-ups, new entries, <see cref="Remove"/> and <see cref="Clear"/> throw, an entry that is committed is not kept, and what expires stays. Values are not
    /// disposed. Entries do not leave by this, so nobody is told; their tokens are still listened to, and who holds such a token holds the cache.</summary>
    public void Dispose()
    {
        using (_lock.Enter())
        {
            _isDisposed = true;
        }

        _timer.Dispose();
        _statistics?.Dispose();
    }

    /// <summary>The entry that <see cref="TryGetValue(object, out object)"/> would find. As of a hit what it depends on is passed on, but nothing is counted or taken out.</summary>
    internal SwmrCacheEntry? Peek(object key)
    {
        SwmrCacheEntry? entry = _table.Find(key);
        if (entry is null || (entry.IsExpired(_clock.Now) && entry.Reason != EvictionReason.Replaced))
        {
            return null;
        }

        if (TracksLinkedEntries)
        {
            entry.PropagateTo(SwmrCacheEntry.Current);
        }

        return entry;
    }

    internal void ReportCallbackFailure(Exception exception) => CacheLog.CallbackFailed(_logger, exception);

    private bool Finish(SwmrCacheEntry? entry, out object? value)
    {
        if (entry is not null)
        {
            // One that was replaced since it was found in the table was still the one to be found when this began.
            long now = entry.HasDeadline ? _clock.Now : _clock.Recently;
            if (!entry.IsExpired(now) || entry.Reason == EvictionReason.Replaced)
            {
                entry.NoteAccess(now);
                value = entry.Value;
                if (TracksLinkedEntries)
                {
                    entry.PropagateTo(SwmrCacheEntry.Current);
                }

                _statistics?.CountHit();
                return true;
            }

            RemoveExpired(entry);
        }

        value = null;
        _statistics?.CountMiss();
        return false;
    }
}
