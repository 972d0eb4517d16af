using Microsoft.Extensions.Caching.Memory;

namespace SwmrKit.Tests;

/// <summary>Microsoft's own cache: what the tests say is so.</summary>
public sealed class MicrosoftsCacheTests : CacheBehaviour
{
    private protected override IMemoryCache Create(MemoryCacheOptions options)
    {
        Use(options);
        return new MemoryCache(options);
    }

    private protected override MemoryCacheStatistics? Statistics(IMemoryCache cache) => ((MemoryCache)cache).GetCurrentStatistics();

    private protected override int Count(IMemoryCache cache) => ((MemoryCache)cache).Count;

    private protected override void Compact(IMemoryCache cache, double part) => ((MemoryCache)cache).Compact(part);

    private protected override void Clear(IMemoryCache cache) => ((MemoryCache)cache).Clear();

    private protected override IEnumerable<object> Keys(IMemoryCache cache) => ((MemoryCache)cache).Keys;
}

/// <summary>Ours.</summary>
public sealed class SwmrCacheTests : CacheBehaviour
{
    private protected override IMemoryCache Create(MemoryCacheOptions options)
    {
        Use(options);
        return new SwmrMemoryCache(options);
    }

    private protected override MemoryCacheStatistics? Statistics(IMemoryCache cache) => ((SwmrMemoryCache)cache).GetCurrentStatistics();

    private protected override int Count(IMemoryCache cache) => ((SwmrMemoryCache)cache).Count;

    private protected override void Compact(IMemoryCache cache, double part) => ((SwmrMemoryCache)cache).Compact(part);

    private protected override void Clear(IMemoryCache cache) => ((SwmrMemoryCache)cache).Clear();

    private protected override IEnumerable<object> Keys(IMemoryCache cache) => ((SwmrMemoryCache)cache).Keys;
}
