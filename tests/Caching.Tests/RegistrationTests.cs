using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.DependencyInjection;

namespace SwmrKit.Tests;

/// <summary>The cache is the container's IMemoryCache, in whatever order and however often it is registered.</summary>
public sealed class RegistrationTests : IClassFixture<SharedMachine>
{
    [Fact]
    public void Before_and_after_Microsofts_and_twice_it_is_the_one_cache()
    {
        Action<IServiceCollection>[] orders =
        [
            static services => services.AddSwmrMemoryCache(),
            static services => services.AddMemoryCache().AddSwmrMemoryCache(),
            static services => services.AddSwmrMemoryCache().AddMemoryCache(),
            static services => services.AddSwmrMemoryCache().AddMemoryCache().AddSwmrMemoryCache(),
        ];
        Assert.All(orders, static register =>
        {
            var services = new ServiceCollection();
            register(services);
            using ServiceProvider provider = services.BuildServiceProvider(new ServiceProviderOptions { ValidateOnBuild = true, ValidateScopes = true });
            IMemoryCache cache = Assert.Single(provider.GetServices<IMemoryCache>());
            Assert.Same(provider.GetRequiredService<SwmrMemoryCache>(), cache);
        });
    }

    [Fact]
    public void Options_are_Microsofts_whoever_configures_them()
    {
        using ServiceProvider provider = new ServiceCollection()
            .Configure<MemoryCacheOptions>(static options => options.TrackStatistics = true)
            .AddSwmrMemoryCache(static options => options.SizeLimit = 5)
            .BuildServiceProvider();
        SwmrMemoryCache cache = provider.GetRequiredService<SwmrMemoryCache>();
        Assert.Equal(0, cache.GetCurrentStatistics()!.CurrentEstimatedSize);
    }

    [Fact]
    public void A_keyed_cache_is_one_of_its_own_with_options_of_its_own()
    {
        using ServiceProvider provider = new ServiceCollection()
            .AddSwmrMemoryCache()
            .AddKeyedSwmrMemoryCache("images", static options => options.TrackStatistics = true)
            .AddKeyedSwmrMemoryCache("images")
            .AddKeyedSwmrMemoryCache(42)
            .BuildServiceProvider();
        var images = (SwmrMemoryCache)provider.GetRequiredKeyedService<IMemoryCache>("images");
        Assert.Same(images, provider.GetRequiredKeyedService<SwmrMemoryCache>("images"));
        Assert.NotSame(images, provider.GetRequiredService<IMemoryCache>());
        Assert.NotSame(images, provider.GetRequiredKeyedService<IMemoryCache>(42));
        Assert.NotNull(images.GetCurrentStatistics());
        Assert.Null(provider.GetRequiredService<SwmrMemoryCache>().GetCurrentStatistics());
        images.Set("key", 1);
        Assert.False(provider.GetRequiredService<IMemoryCache>().TryGetValue("key", out _));
    }

    [Fact]
    public void The_time_is_the_containers()
    {
        var time = new ManualTime();
        using ServiceProvider provider = new ServiceCollection().AddSingleton<TimeProvider>(time).AddSwmrMemoryCache().BuildServiceProvider();
        IMemoryCache cache = provider.GetRequiredService<IMemoryCache>();
        cache.Set("key", 1, TimeSpan.FromHours(1));
        Assert.True(cache.TryGetValue("key", out _));
        time.Advance(TimeSpan.FromHours(1));
        Assert.False(cache.TryGetValue("key", out _));
    }

    [Fact]
    public void Bad_keys_are_refused()
    {
        var services = new ServiceCollection();
        Assert.Throws<ArgumentNullException>(() => services.AddKeyedSwmrMemoryCache(null!));
        Assert.Throws<ArgumentException>(() => services.AddKeyedSwmrMemoryCache(KeyedService.AnyKey));
        Assert.Throws<ArgumentException>(() => services.AddKeyedSwmrMemoryCache(""));
        Assert.Throws<ArgumentNullException>(() => ((IServiceCollection)null!).AddSwmrMemoryCache());
    }

    [Fact]
    public void The_container_disposes_the_cache()
    {
        ServiceProvider provider = new ServiceCollection().AddSwmrMemoryCache().BuildServiceProvider();
        IMemoryCache cache = provider.GetRequiredService<IMemoryCache>();
        provider.Dispose();
        Assert.Throws<ObjectDisposedException>(() => cache.TryGetValue("key", out _));
    }
}
