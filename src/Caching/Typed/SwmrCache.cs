using System.Collections;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace SwmrKit;

/// <summary>
/// A bounded cache of values of one type under keys of one type, read without locks or boxes. What has to make room is chosen by S3-FIFO (SOSP 2023), which keeps what is read often when much else comes by once.
/// </summary>
/// <typeparam name="TKey">The type of the keys.</typeparam>
/// <typeparam name="TValue">The type of the values. The cache never disposes one: a reader may be using it.</typeparam>
/// <remarks>
/// <para><b>Thread-safe.</b> A look-up is O(1), takes no lock, never waits and allocates nothing. A hit notes that the entry was visited until three visits are noted, and when, if entries expire after access and
/// the time has moved on since the last one; else it writes nothing that other threads use.</para>
/// <para><b>Writing</b> is O(1) amortised, under one lock, in which no code of yours runs but the comparer. The bound is strict: room is made before an entry comes, so that at no
/// moment there is more than <see cref="Capacity"/>.</para>
/// <para><b>Expired</b> entries are not found. They leave by a timer, within a 64th of their time to stay and 10 ms more, though nobody touches the cache; until then <see cref="Count"/> and <see cref="Size"/> include them.</para>
/// <para>A comparer that throws fails the call, and the entry stays as it was; what had made room for it has gone.</para>
/// </remarks>
[DebuggerDisplay("Count = {Count}")]
#pragma warning disable CA1710 // It is called what it is: a cache.
public sealed partial class SwmrCache<TKey, TValue> : IEnumerable<KeyValuePair<TKey, TValue>>, IMeasuredCache, IDisposable
#pragma warning restore CA1710
    where TKey : notnull
{
    private readonly CopyOnWriteDictionary<TKey, TypedEntry<TKey, TValue>> _table;
    private readonly Func<TKey, TValue, long>? _weigher;
    private readonly CacheTime _time;
    private readonly long _writeTicks; // ExpiringEntry.Never for no expiration, as below.
    private readonly long _accessTicks;
    private readonly CacheStatistics? _statistics;
    private readonly ILogger _logger;
    private readonly Meter? _ownMeter;
    private readonly ITimer? _timer;
    private readonly ConcurrentDictionary<object, CacheFlight> _flights;

    // Guards what follows, and every change of the table. Of the user's code none runs inside it but the comparer.
    private readonly ExclusiveLock _lock = new();
    private readonly EvictionPolicy<TKey, TValue> _policy = new();
    private readonly ExpirationWheel<TKey, TValue>? _wheel;
    private bool _isTimerSet;

    private SharedInt64 _evictions; // Written under the lock, as the next.
    private SharedInt64 _expirations;

    private volatile bool _isDisposed; // Whoever reads it late is as one who came before.

    /// <summary>Creates a cache whose entries do not expire.</summary>
    /// <param name="capacity">How many entries it holds, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="capacity"/> is less than 1.</exception>
    public SwmrCache(long capacity)
        : this(new SwmrCacheOptions<TKey, TValue> { Capacity = capacity })
    {
    }

    /// <summary>Creates a cache.</summary>
    /// <param name="options">How it is bounded, and when its entries expire.</param>
    /// <exception cref="ArgumentNullException"><paramref name="options"/> or its time provider is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public SwmrCache(SwmrCacheOptions<TKey, TValue> options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _table = new CopyOnWriteDictionary<TKey, TypedEntry<TKey, TValue>>(options.Comparer);
        _flights = new ConcurrentDictionary<object, CacheFlight>(new KeyComparer(_table.Comparer));
        _weigher = options.Weigher;
        _time = new CacheTime(options.TimeProvider);
        _statistics = options.TrackStatistics ? new CacheStatistics() : null;
        _writeTicks = options.ExpireAfterWrite?.Ticks ?? ExpiringEntry<TKey, TValue>.Never;
        _accessTicks = options.ExpireAfterAccess?.Ticks ?? ExpiringEntry<TKey, TValue>.Never;
        _logger = (ILogger?)options.LoggerFactory?.CreateLogger<SwmrCache<TKey, TValue>>() ?? NullLogger.Instance;
        _policy.Capacity = options.Capacity;
        if (Expires)
        {
            _wheel = new ExpirationWheel<TKey, TValue>(Math.Min(_writeTicks, _accessTicks));
            _timer = CreateTimer(options.TimeProvider, new WeakReference<SwmrCache<TKey, TValue>>(this));
        }

        if (options.Name is not null && options.TrackStatistics)
        {
            _ownMeter = options.MeterFactory is null ? new Meter(CacheMetrics.MeterName) : null;
            CacheMetrics.Create(_ownMeter ?? options.MeterFactory!.Create(CacheMetrics.MeterName), options.Name, this, _weigher is not null);
        }
    }

    /// <summary>Raised for every entry that has left, once, on the thread that made it leave (of those that expire, the timer's), after the cache's lock: a handler may use the cache. Of two that leave by different
    /// threads the later may be told first.</summary>
    /// <remarks>A handler that throws is reported to <see cref="SwmrCacheOptions{TKey, TValue}.LoggerFactory"/>, and stops neither the others nor the call. Who subscribes while a write is under way may not be told of it.</remarks>
    public event EventHandler<CacheEntryRemovedEventArgs<TKey, TValue>>? Removed;

    /// <summary>The number of entries, expired ones that have not left yet included. O(1), without a lock.</summary>
    public int Count => _table.Count;

    /// <summary>The sum of the entries' weights, which without a weigher is their number. Takes the lock for a moment.</summary>
    public long Size
    {
        get
        {
            using (_lock.Enter())
            {
                return _policy.Weight;
            }
        }
    }

    /// <summary>How much the cache holds, at least 1. When it is lowered, entries leave at once until the rest fits: O(1) each. Takes the lock.</summary>
    /// <exception cref="ArgumentOutOfRangeException">On setting, the value is less than 1.</exception>
    /// <exception cref="ObjectDisposedException">On setting, the cache is disposed.</exception>
    public long Capacity
    {
        get
        {
            using (_lock.Enter())
            {
                return _policy.Capacity;
            }
        }

        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            SetCapacity(value);
        }
    }

    /// <summary>Compares the keys.</summary>
    public IEqualityComparer<TKey> Comparer => _table.Comparer;

    /// <summary>The keys of one moment, without those of expired entries. Makes a copy, O(n).</summary>
    /// <exception cref="ObjectDisposedException">The cache is disposed.</exception>
    public IReadOnlyCollection<TKey> Keys => [.. this.Select(static pair => pair.Key)];

    /// <summary>What has been counted: hits and misses only with <see cref="SwmrCacheOptions{TKey, TValue}.TrackStatistics"/>. O(threads that have looked up).</summary>
    public SwmrCacheStatistics Statistics
    {
        get
        {
            (long hits, long misses) = _statistics?.Sum() ?? default;
            return new SwmrCacheStatistics { Hits = hits, Misses = misses, Evictions = _evictions.ReadRelaxed(), Expirations = _expirations.ReadRelaxed() };
        }
    }

    (long Hits, long Misses) IMeasuredCache.Requests => _statistics!.Sum();

    long IMeasuredCache.Evictions => _evictions.ReadRelaxed() + _expirations.ReadRelaxed();

    private bool Expires => Math.Min(_writeTicks, _accessTicks) != ExpiringEntry<TKey, TValue>.Never;

    /// <summary>Gets a key's value, or sets it as <see cref="Set"/> does.</summary>
    /// <param name="key">The key.</param>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is null.</exception>
    /// <exception cref="KeyNotFoundException">On getting, the key is absent.</exception>
    /// <exception cref="InvalidOperationException">On setting, as for <see cref="Set"/>.</exception>
    /// <exception cref="ObjectDisposedException">The cache is disposed.</exception>
    public TValue this[TKey key]
    {
        get => TryGetValue(key, out TValue? value) ? value : throw new KeyNotFoundException($"The key '{key}' is not in the cache.");
        set => Set(key, value);
    }

    /// <summary>Finds a key's value. O(1), without lock, wait or allocation. Counts as a look-up, and a hit as a visit.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">Its value, or default.</param>
    /// <returns>Whether the key is there, and not expired.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is null.</exception>
    /// <exception cref="ObjectDisposedException">The cache is disposed.</exception>
    public bool TryGetValue(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        _table.TryGetValue(key, out TypedEntry<TKey, TValue>? entry);
        return Finish(entry, out value);
    }

    /// <summary>Whether a key is there, and not expired. O(1), without lock, wait or allocation. Counts for nothing.</summary>
    /// <param name="key">The key.</param>
    /// <returns>Whether it is.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is null.</exception>
    /// <exception cref="ObjectDisposedException">The cache is disposed.</exception>
    public bool ContainsKey(TKey key)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        return Peek(key) is not null;
    }

    /// <summary>Goes through the entries of one moment, that of the first step, without those that have expired by then. O(1) to begin; counts for nothing. What is written meanwhile costs more memory.</summary>
    /// <returns>The enumerator.</returns>
    /// <exception cref="ObjectDisposedException">The cache is disposed, when the first step is made.</exception>
    public IEnumerator<KeyValuePair<TKey, TValue>> GetEnumerator()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        long now = Expires ? _time.Now : 0;
        foreach ((TKey key, TypedEntry<TKey, TValue> entry) in _table.Snapshot())
        {
            if (!IsExpired(entry, now))
            {
                yield return KeyValuePair.Create(key, entry.Value);
            }
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Stops the cache: from then on it is neither read nor written, and nothing expires. Values are not disposed, and nobody is told of the entries, which have not left; <see cref="Clear"/> it first where that matters.
    /// Factories under way go on; what they make is not kept, and who waits for it gets an <see cref="ObjectDisposedException"/>. Further calls do nothing.</summary>
    public void Dispose()
    {
        using (_lock.Enter())
        {
            _isDisposed = true;
        }

        _timer?.Dispose();
        _ownMeter?.Dispose();
        _statistics?.Dispose();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool Finish(TypedEntry<TKey, TValue>? entry, [MaybeNullWhen(false)] out TValue value)
    {
        if (entry is not null && (_wheel is null || NoteAccess(entry)))
        {
            entry.NoteVisit();
            _statistics?.CountHit();
            value = entry.Value;
            return true;
        }

        _statistics?.CountMiss();
        value = default;
        return false;
    }

    /// <summary>Notes the access to an entry that may have expired; false if it has.</summary>
    private bool NoteAccess(TypedEntry<TKey, TValue> entry)
    {
        var expiring = Unsafe.As<ExpiringEntry<TKey, TValue>>(entry);
        long now = _time.Now;
        if (now >= expiring.Deadline)
        {
            return false;
        }

        expiring.NoteAccess(now);
        return true;
    }

    /// <summary>The entry that a look-up would find, without counting.</summary>
    private TypedEntry<TKey, TValue>? Peek(TKey key) => _table.TryGetValue(key, out TypedEntry<TKey, TValue>? entry) && !(Expires && IsExpired(entry, _time.Now)) ? entry : null;

    private static bool IsExpired(TypedEntry<TKey, TValue> entry, long now) => entry is ExpiringEntry<TKey, TValue> expiring && now >= expiring.Deadline;

    /// <summary>Compares what is a key in a box, or a key that needs none.</summary>
    private sealed class KeyComparer(IEqualityComparer<TKey> comparer) : IEqualityComparer<object>
    {
        bool IEqualityComparer<object>.Equals(object? x, object? y) => comparer.Equals((TKey)x!, (TKey)y!);

        int IEqualityComparer<object>.GetHashCode(object key) => comparer.GetHashCode((TKey)key);
    }
}
