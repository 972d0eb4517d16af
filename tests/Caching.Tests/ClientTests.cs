using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.Hybrid;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using ZiggyCreatures.Caching.Fusion;

namespace SwmrKit.Tests;

/// <summary>What takes an IMemoryCache takes ours: the real packages, with nothing between.</summary>
public sealed class ClientTests : IClassFixture<SharedMachine>
{
    [Fact]
    public async Task HybridCache_keeps_its_first_level_in_it()
    {
        await using ServiceProvider provider = Services().AddSingleton<IDistributedCache, CountingDistributedCache>().AddHybridCacheServices().BuildServiceProvider();
        HybridCache hybrid = provider.GetRequiredService<HybridCache>();
        SwmrMemoryCache cache = provider.GetRequiredService<SwmrMemoryCache>();
        int made = 0;
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal("value", await hybrid.GetOrCreateAsync("key", _ => ValueTask.FromResult(Made(ref made))));
        }

        Assert.Equal(1, made);
        Assert.Equal(1, cache.Count);
        Assert.Equal(2, cache.GetCurrentStatistics()!.TotalHits);
        var distributed = (CountingDistributedCache)provider.GetRequiredService<IDistributedCache>();
        Assert.Equal(1, distributed.Gets.Count(static key => key == "key")); // The hits never left the first level.
        await hybrid.RemoveAsync("key");
        Assert.Equal(0, cache.Count);
        await hybrid.SetAsync("tagged", "value", tags: ["tag"]);
        await hybrid.RemoveByTagAsync("tag");
        Assert.Equal("value", await hybrid.GetOrCreateAsync("tagged", _ => ValueTask.FromResult(Made(ref made))));
        Assert.Equal(2, made);
    }

    [Fact]
    public async Task HybridCache_makes_a_value_once_in_a_stampede_over_it()
    {
        await using ServiceProvider provider = Services().AddHybridCacheServices().BuildServiceProvider();
        HybridCache hybrid = provider.GetRequiredService<HybridCache>();
        int made = 0;
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task<string>[] waiting = [.. Enumerable.Range(0, 10).Select(_ => hybrid.GetOrCreateAsync("key", async _ =>
        {
            Interlocked.Increment(ref made);
            await gate.Task;
            return "value";
        }).AsTask())];
        gate.SetResult();
        Assert.All(await Task.WhenAll(waiting), static value => Assert.Equal("value", value));
        Assert.Equal(1, made);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_second_level_in_the_same_process_is_warned_of(bool isInProcess)
    {
        using var log = new LogRecorder();
        IServiceCollection services = new ServiceCollection().AddLogging(builder => builder.AddProvider(log)).AddSwmrMemoryCache();
        services.AddHybridCache();
        if (isInProcess)
        {
            services.AddDistributedMemoryCache();
        }
        else
        {
            services.AddSingleton<IDistributedCache, CountingDistributedCache>();
        }

        await using ServiceProvider provider = services.BuildServiceProvider();
        Assert.Equal("value", await provider.GetRequiredService<HybridCache>().GetOrCreateAsync("key", static _ => ValueTask.FromResult("value")));
        Assert.Equal(isInProcess, log.Entries.Any(static entry => entry.Level == LogLevel.Warning && entry.Text.Contains("MemoryDistributedCache", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task FusionCache_keeps_its_values_in_it()
    {
        IServiceCollection services = Services();
        services.AddFusionCache().WithRegisteredMemoryCache();
        await using ServiceProvider provider = services.BuildServiceProvider();
        IFusionCache fusion = provider.GetRequiredService<IFusionCache>();
        int made = 0;
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal("value", await fusion.GetOrSetAsync("key", _ => Task.FromResult(Made(ref made))));
        }

        Assert.Equal(1, made);
        Assert.Contains(provider.GetRequiredService<SwmrMemoryCache>().Keys, static key => key is "key");
        await fusion.RemoveAsync("key");
        Assert.DoesNotContain(provider.GetRequiredService<SwmrMemoryCache>().Keys, static key => key is "key");
    }

    [Fact]
    public void EntityFramework_keeps_its_compiled_queries_in_it()
    {
        using var cache = new SwmrMemoryCache(new MemoryCacheOptions { TrackStatistics = true });
        for (int i = 0; i < 3; i++)
        {
            using var shop = new Shop(new DbContextOptionsBuilder<Shop>().UseInMemoryDatabase("shop").UseMemoryCache(cache).Options);
            Assert.Equal(0, shop.Items.Count(static item => item.Name == "nothing"));
        }

        Assert.True(cache.Count > 0);
        Assert.True(cache.GetCurrentStatistics()!.TotalHits > 0);
    }

    private static string Made(ref int times)
    {
        times++;
        return "value";
    }

    private static IServiceCollection Services() => new ServiceCollection().AddLogging().AddSwmrMemoryCache(static options => options.TrackStatistics = true);

    internal sealed class Item
    {
        public int Id { get; set; }

        public string Name { get; set; } = "";
    }

    private sealed class Shop(DbContextOptions options) : DbContext(options)
    {
        public DbSet<Item> Items => Set<Item>();
    }

    private sealed class CountingDistributedCache : IDistributedCache
    {
        private readonly ConcurrentDictionary<string, byte[]> _values = new();

        public ConcurrentQueue<string> Gets { get; } = new();

        public byte[]? Get(string key)
        {
            Gets.Enqueue(key);
            return _values.GetValueOrDefault(key);
        }

        public Task<byte[]?> GetAsync(string key, CancellationToken token = default) => Task.FromResult(Get(key));

        public void Set(string key, byte[] value, DistributedCacheEntryOptions options) => _values[key] = value;

        public Task SetAsync(string key, byte[] value, DistributedCacheEntryOptions options, CancellationToken token = default)
        {
            Set(key, value, options);
            return Task.CompletedTask;
        }

        public void Refresh(string key)
        {
        }

        public Task RefreshAsync(string key, CancellationToken token = default) => Task.CompletedTask;

        public void Remove(string key) => _values.TryRemove(key, out _);

        public Task RemoveAsync(string key, CancellationToken token = default)
        {
            Remove(key);
            return Task.CompletedTask;
        }
    }
}

file static class HybridCacheServices
{
    public static IServiceCollection AddHybridCacheServices(this IServiceCollection services)
    {
        services.AddHybridCache();
        return services;
    }
}
