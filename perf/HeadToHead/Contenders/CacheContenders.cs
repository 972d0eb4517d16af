using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Internal;
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

/// <summary>Ours with a clock that never moves: a hit reads it, and notes the access never.</summary>
internal readonly struct OurCacheAtRest : ICacheMaker
{
    public static string Name(string job) => job;

    public static IMemoryCache Create() => new SwmrMemoryCache(new MemoryCacheOptions { Clock = new StepClock(0) });
}

/// <summary>Ours with a clock that moves with every look at it: a hit notes every access.</summary>
internal readonly struct OurCacheInMotion : ICacheMaker
{
    public static string Name(string job) => "every access noted";

    public static IMemoryCache Create() => new SwmrMemoryCache(new MemoryCacheOptions { Clock = new StepClock(TimeSpan.TicksPerMillisecond) });
}

/// <summary>Microsoft's with a clock that never moves: a hit notes the access all the same.</summary>
internal readonly struct MicrosoftsCacheAtRest : ICacheMaker
{
    public static string Name(string job) => "MemoryCache, clock at rest";

    public static IMemoryCache Create() => new MemoryCache(new MemoryCacheOptions { Clock = new StepClock(0) });
}

/// <summary>A clock that costs next to nothing, the same whether it moves or not. Each thread has its own time, so that no two share what it is kept in.</summary>
/// <param name="step">How far it moves with every look at it, in ticks.</param>
#pragma warning disable CS0618 // The interface is the caches' own way to another clock.
internal sealed class StepClock(long step) : ISystemClock
#pragma warning restore CS0618
{
    [ThreadStatic]
    private static long t_ticks;

    public DateTimeOffset UtcNow => new((t_ticks += step) + new DateTime(2030, 1, 1).Ticks, TimeSpan.Zero);
}

/// <summary>What our hits read of the system's clock.</summary>
internal sealed class OurClockAlone() : Contender("its clock alone")
{
    public override void Run(int iterations)
    {
        long sum = 0;
        for (int i = 0; i < iterations; i++)
        {
            sum += Environment.TickCount64;
        }

        Consume(sum);
    }
}

/// <summary>What Microsoft's hits read of it.</summary>
internal sealed class MicrosoftsClockAlone() : Contender("MemoryCache's clock alone")
{
    public override void Run(int iterations)
    {
        long sum = 0;
        for (int i = 0; i < iterations; i++)
        {
            sum += DateTime.UtcNow.Ticks;
        }

        Consume(sum);
    }
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

    /// <summary>Whether somebody is told when it is replaced.</summary>
    public bool IsTold { get; init; }

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

            if (IsTold)
            {
                entry.RegisterPostEvictionCallback(static (_, _, _, _) => { });
            }
        }
    }

    public override void Dispose() => _cache.Dispose();
}

/// <summary>Microsoft's extension GetOrCreate of a key that is there, or of one that has just been removed.</summary>
internal sealed class CacheGetOrCreate<TMaker>(bool isThere) : Contender(TMaker.Name("cache"))
    where TMaker : struct, ICacheMaker
{
    private static readonly object s_value = new();

    private readonly IMemoryCache _cache = TMaker.Create();
    private readonly string[] _keys = [.. Enumerable.Range(0, 1_000).Select(static i => $"user:{i}:profile")];

    /// <summary>All keys are there before the first round.</summary>
    public override void Enlist() => Array.ForEach(_keys, key => _cache.Set(key, s_value));

    public override void Run(int iterations)
    {
        long found = 0;
        for (int i = 0; i < iterations; i++)
        {
            string key = _keys[i % _keys.Length];
            if (!isThere)
            {
                _cache.Remove(key);
            }

            found += ReferenceEquals(_cache.GetOrCreate(key, static _ => s_value), s_value) ? 1 : 0;
        }

        Consume(found);
    }

    public override void Dispose() => _cache.Dispose();
}
