using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.OutputCaching;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Primitives;

namespace SwmrKit.Tests;

/// <summary>What of ASP.NET Core's two caches of responses can be kept in ours: a real server, asked over HTTP.</summary>
public sealed class WebClientTests : IClassFixture<SharedMachine>
{
    private int _made;

    [Fact]
    public async Task The_output_cache_keeps_its_responses_in_it_through_a_store()
    {
        await using WebApplication server = await StartAsync(
            static services => services.AddOutputCache().AddSingleton<IOutputCacheStore, MemoryCacheStore>(),
            app =>
            {
                app.UseOutputCache();
                app.MapGet("/page", Make).CacheOutput(static policy => policy.Expire(TimeSpan.FromMinutes(1)).Tag("pages"));
            });
        SwmrMemoryCache cache = server.Services.GetRequiredService<SwmrMemoryCache>();
        using var client = new HttpClient { BaseAddress = new Uri(server.Urls.Single()) };
        Assert.Equal("page 1", await client.GetStringAsync("/page"));
        Assert.Equal("page 1", await client.GetStringAsync("/page"));
        Assert.Equal("page 2", await client.GetStringAsync("/page?other"));
        Assert.Equal(2, cache.Count);
        Assert.Equal(1, cache.GetCurrentStatistics()!.TotalHits);
        await server.Services.GetRequiredService<IOutputCacheStore>().EvictByTagAsync("pages", default);
        Assert.Equal(0, cache.Count);
        Assert.Equal("page 3", await client.GetStringAsync("/page"));
    }

    [Fact]
    public async Task Without_one_the_output_cache_has_a_cache_of_its_own()
    {
        await using WebApplication server = await StartAsync(static services => services.AddOutputCache(), app =>
        {
            app.UseOutputCache();
            app.MapGet("/page", Make).CacheOutput();
        });
        await AssertKeptElsewhere(server);
    }

    [Fact]
    public async Task The_response_caching_middleware_has_a_cache_of_its_own_always()
    {
        await using WebApplication server = await StartAsync(static services => services.AddResponseCaching(), app =>
        {
            app.UseResponseCaching();
            app.MapGet("/page", context =>
            {
                context.Response.GetTypedHeaders().CacheControl = new() { Public = true, MaxAge = TimeSpan.FromMinutes(1) };
                return context.Response.WriteAsync(Make());
            });
        });
        await AssertKeptElsewhere(server);
    }

    private static async Task AssertKeptElsewhere(WebApplication server)
    {
        using var client = new HttpClient { BaseAddress = new Uri(server.Urls.Single()) };
        Assert.Equal("page 1", await client.GetStringAsync("/page"));
        Assert.Equal("page 1", await client.GetStringAsync("/page")); // So it is cached; but not in the container's cache.
        MemoryCacheStatistics statistics = server.Services.GetRequiredService<SwmrMemoryCache>().GetCurrentStatistics()!;
        Assert.Equal((0, 0, 0), (statistics.CurrentEntryCount, statistics.TotalHits, statistics.TotalMisses));
    }

    private static async Task<WebApplication> StartAsync(Action<IServiceCollection> add, Action<WebApplication> use)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddSwmrMemoryCache(static options => options.TrackStatistics = true);
        add(builder.Services);
        WebApplication server = builder.Build();
        use(server);
        await server.StartAsync();
        return server;
    }

    private string Make() => $"page {Interlocked.Increment(ref _made)}";

    private sealed class MemoryCacheStore(IMemoryCache cache) : IOutputCacheStore
    {
        private readonly ConcurrentDictionary<string, CancellationTokenSource> _tags = new();

        public ValueTask<byte[]?> GetAsync(string key, CancellationToken cancellationToken) => ValueTask.FromResult(cache.Get<byte[]>(key));

        public ValueTask SetAsync(string key, byte[] value, string[]? tags, TimeSpan validFor, CancellationToken cancellationToken)
        {
            using ICacheEntry entry = cache.CreateEntry(key);
            entry.Value = value;
            entry.Size = value.Length;
            entry.AbsoluteExpirationRelativeToNow = validFor;
            foreach (string tag in tags ?? [])
            {
                entry.ExpirationTokens.Add(new CancellationChangeToken(_tags.GetOrAdd(tag, static _ => new CancellationTokenSource()).Token));
            }

            return ValueTask.CompletedTask;
        }

        public ValueTask EvictByTagAsync(string tag, CancellationToken cancellationToken) =>
            _tags.TryRemove(tag, out CancellationTokenSource? source) ? new ValueTask(source.CancelAsync()) : ValueTask.CompletedTask;
    }
}
