using BitFaster.Caching;
using BitFaster.Caching.Lfu;
using BitFaster.Caching.Lru;
using BitFaster.Caching.Scheduler;
using Microsoft.Extensions.Caching.Memory;
using SwmrKit;

namespace HeadToHead;

/// <summary>A bounded cache of one type of keys. A structure each, so that each contender is code of its own.</summary>
internal interface ITypedCache<TSelf, TKey>
    where TSelf : struct, ITypedCache<TSelf, TKey>
    where TKey : notnull
{
    static abstract string Name { get; }

    static abstract TSelf Create(int capacity);

    /// <summary>The same with entries that expire after a day without access, of those whose rows ask for it.</summary>
    static abstract TSelf CreateSliding(int capacity);

    bool TryGet(TKey key, out string? value);

    void Set(TKey key, string value);
}

internal readonly struct OurTypedCache<TKey>(SwmrCache<TKey, string> cache) : ITypedCache<OurTypedCache<TKey>, TKey>
    where TKey : notnull
{
    public static string Name => "SwmrCache";

    public static OurTypedCache<TKey> Create(int capacity) => new(new SwmrCache<TKey, string>(capacity));

    public static OurTypedCache<TKey> CreateSliding(int capacity) => new(new SwmrCache<TKey, string>(new SwmrCacheOptions<TKey, string> { Capacity = capacity, ExpireAfterAccess = TimeSpan.FromDays(1) }));

    public bool TryGet(TKey key, out string? value) => cache.TryGetValue(key, out value);

    public void Set(TKey key, string value) => cache.Set(key, value);
}

/// <summary>Ours with its hits counted, as BitFaster's ConcurrentLru counts them.</summary>
internal readonly struct OurCountingCache<TKey>(SwmrCache<TKey, string> cache) : ITypedCache<OurCountingCache<TKey>, TKey>
    where TKey : notnull
{
    public static string Name => "SwmrCache, counting";

    public static OurCountingCache<TKey> Create(int capacity) => new(new SwmrCache<TKey, string>(new SwmrCacheOptions<TKey, string> { Capacity = capacity, TrackStatistics = true }));

    public static OurCountingCache<TKey> CreateSliding(int capacity) => throw new NotSupportedException();

    public bool TryGet(TKey key, out string? value) => cache.TryGetValue(key, out value);

    public void Set(TKey key, string value) => cache.Set(key, value);
}

/// <summary>BitFaster's, as its documentation makes it.</summary>
internal readonly struct LruTypedCache<TKey>(ICache<TKey, string> cache, ConcurrentLru<TKey, string>? lru) : ITypedCache<LruTypedCache<TKey>, TKey>
    where TKey : notnull
{
    public static string Name => "BitFaster ConcurrentLru";

    public static LruTypedCache<TKey> Create(int capacity)
    {
        var lru = new ConcurrentLru<TKey, string>(capacity);
        return new LruTypedCache<TKey>(lru, lru);
    }

    public static LruTypedCache<TKey> CreateSliding(int capacity) => new(new ConcurrentLruBuilder<TKey, string>().WithCapacity(capacity).WithExpireAfterAccess(TimeSpan.FromDays(1)).WithMetrics().Build(), null);

    /// <summary>Through the class itself where it has a name, not through the interface.</summary>
    public bool TryGet(TKey key, out string? value) => lru is not null ? lru.TryGet(key, out value) : cache.TryGet(key, out value);

    public void Set(TKey key, string value) => cache.AddOrUpdate(key, value);
}

internal readonly struct LfuTypedCache<TKey>(ConcurrentLfu<TKey, string> cache) : ITypedCache<LfuTypedCache<TKey>, TKey>
    where TKey : notnull
{
    public static string Name => "BitFaster ConcurrentLfu";

    /// <summary>With its maintenance on the calling thread, so that what it does is the same each time.</summary>
    public static LfuTypedCache<TKey> Create(int capacity) => new(new ConcurrentLfu<TKey, string>(1, capacity, new ForegroundScheduler(), EqualityComparer<TKey>.Default));

    public static LfuTypedCache<TKey> CreateSliding(int capacity) => throw new NotSupportedException();

    public bool TryGet(TKey key, out string? value) => cache.TryGet(key, out value);

    public void Set(TKey key, string value) => cache.AddOrUpdate(key, value);
}

/// <summary>Microsoft's, with a limit.</summary>
internal readonly struct MicrosoftsTypedCache<TKey>(MemoryCache cache) : ITypedCache<MicrosoftsTypedCache<TKey>, TKey>
    where TKey : notnull
{
    private static readonly MemoryCacheEntryOptions s_one = new() { Size = 1 };

    public static string Name => "MemoryCache";

    public static MicrosoftsTypedCache<TKey> Create(int capacity) => new(new MemoryCache(new MemoryCacheOptions { SizeLimit = capacity }));

    public static MicrosoftsTypedCache<TKey> CreateSliding(int capacity) => throw new NotSupportedException();

    public bool TryGet(TKey key, out string? value) => cache.TryGetValue(key, out value);

    public void Set(TKey key, string value) => cache.Set(key, value, s_one);
}

/// <summary>Look-ups of keys that are there, in an order that is not theirs, in a cache that has room for twice as many.</summary>
internal sealed class TypedCacheHit<TCache, TKey> : Contender
    where TCache : struct, ITypedCache<TCache, TKey>
    where TKey : notnull
{
    private readonly TCache _cache;
    private readonly TKey[] _keys;

    public TypedCacheHit(TKey[] keys, bool isSliding = false)
        : base(TCache.Name)
    {
        _cache = isSliding ? TCache.CreateSliding(2 * keys.Length) : TCache.Create(2 * keys.Length);
        _keys = [.. keys];
        new Random(1).Shuffle(_keys);
        foreach (TKey key in _keys)
        {
            _cache.Set(key, "value");
        }
    }

    public override void Run(int iterations)
    {
        long found = 0;
        int next = 0;
        TKey[] keys = _keys;
        for (int i = 0; i < iterations; i++)
        {
            found += _cache.TryGet(keys[next], out _) ? 1 : 0;
            if (++next == keys.Length)
            {
                next = 0;
            }
        }

        Consume(found);
    }
}

/// <summary>New keys set in a full cache: each takes the place of another.</summary>
internal sealed class TypedCacheChurn<TCache> : Contender
    where TCache : struct, ITypedCache<TCache, int>
{
    private readonly TCache _cache = TCache.Create(10_000);
    private int _next;

    public TypedCacheChurn()
        : base(TCache.Name) => Run(20_000);

    public override void Run(int iterations)
    {
        for (int i = 0; i < iterations; i++)
        {
            _cache.Set(_next++, "value");
        }
    }
}
