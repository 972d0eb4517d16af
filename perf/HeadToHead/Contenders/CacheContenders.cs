using Microsoft.Extensions.Caching.Memory;
using SwmrKit;

namespace HeadToHead;

/// <summary>Who caches. A structure each, so that each contender is code of its own.</summary>
internal interface ICacheMaker
{
    static abstract string Name(string job);

    static abstract IMemoryCache Create();
}

internal readonly struct OurCache : ICacheMaker
{
    public static string Name(string job) => job;

    public static IMemoryCache Create() => new SwmrMemoryCache(new MemoryCacheOptions());
}

internal readonly struct MicrosoftsCache : ICacheMaker
{
    public static string Name(string job) => "MemoryCache";

    public static IMemoryCache Create() => new MemoryCache(new MemoryCacheOptions());
}

/// <summary>How long entries stay.</summary>
internal enum Stay
{
    ForEver,
    UntilADate,
    WhileRead,
}

/// <summary>Look-ups of keys that are there, as a service makes them: through the interface.</summary>
internal sealed class CacheHit<TMaker> : Contender
    where TMaker : struct, ICacheMaker
{
    private readonly IMemoryCache _cache = TMaker.Create();
    private readonly string[] _keys;

    public CacheHit(int keys, Stay stay)
        : base(TMaker.Name("cache"))
    {
        _keys = [.. Enumerable.Range(0, keys).Select(static i => $"user:{i}:profile")];
        foreach (string key in _keys)
        {
            using ICacheEntry entry = _cache.CreateEntry(key);
            entry.Value = key;
            entry.AbsoluteExpirationRelativeToNow = stay == Stay.UntilADate ? TimeSpan.FromDays(1) : null;
            entry.SlidingExpiration = stay == Stay.WhileRead ? TimeSpan.FromDays(1) : null;
        }
    }

    public override void Run(int iterations)
    {
        long found = 0;
        int next = 0;
        string[] keys = _keys;
        for (int i = 0; i < iterations; i++)
        {
            if (_cache.TryGetValue(keys[next], out object? value) && value is not null)
            {
                found++;
            }

            if (++next == keys.Length)
            {
                next = 0;
            }
        }

        Consume(found);
    }

    public override void Dispose() => _cache.Dispose();
}

/// <summary>Entries set anew under keys that are there, with a time to expire or without.</summary>
internal sealed class CacheSet<TMaker>(Stay stay) : Contender(TMaker.Name("cache"))
    where TMaker : struct, ICacheMaker
{
    private static readonly object s_value = new();

    private readonly IMemoryCache _cache = TMaker.Create();
    private readonly string[] _keys = [.. Enumerable.Range(0, 1_000).Select(static i => $"user:{i}:profile")];

    public override void Run(int iterations)
    {
        for (int i = 0; i < iterations; i++)
        {
            using ICacheEntry entry = _cache.CreateEntry(_keys[i % _keys.Length]);
            entry.Value = s_value;
            if (stay == Stay.UntilADate)
            {
                entry.AbsoluteExpirationRelativeToNow = TimeSpan.FromDays(1);
            }
        }
    }

    public override void Dispose() => _cache.Dispose();
}
