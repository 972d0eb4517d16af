using System.Diagnostics.Metrics;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.Hybrid;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using SwmrKit;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>The cache in the service container.</summary>
/// <remarks>As every registration, these methods are not thread-safe. Their order, and that of <c>AddMemoryCache</c>, does not matter; repeating them adds only what is configured.</remarks>
public static class SwmrMemoryCacheServiceCollectionExtensions
{
    /// <summary>Makes <see cref="SwmrMemoryCache"/> the application's <see cref="IMemoryCache"/>, whatever was registered before.</summary>
    /// <param name="services">Where to.</param>
    /// <param name="configure">Sets the options, which are those of <c>IOptions&lt;MemoryCacheOptions&gt;</c>. The time is the container's <see cref="TimeProvider"/>, if there is one.</param>
    /// <returns><paramref name="services"/>.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> is null.</exception>
    public static IServiceCollection AddSwmrMemoryCache(this IServiceCollection services, Action<MemoryCacheOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddOptions();
        services.TryAddSingleton(provider =>
        {
            WarnOfSecondLevelInProcess(services, provider);
            return Create(provider, Options.Options.DefaultName);
        });
        services.RemoveAll<IMemoryCache>();
        services.AddSingleton<IMemoryCache>(static provider => provider.GetRequiredService<SwmrMemoryCache>());
        if (configure is not null)
        {
            services.Configure(configure);
        }

        return services;
    }

    /// <summary>Adds a cache under a key, as <see cref="SwmrMemoryCache"/> and as <see cref="IMemoryCache"/>.</summary>
    /// <param name="services">Where to.</param>
    /// <param name="serviceKey">The key. Its text is the name of the options.</param>
    /// <param name="configure">Sets the options, which are named after the key.</param>
    /// <returns><paramref name="services"/>.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> or <paramref name="serviceKey"/> is null.</exception>
    /// <exception cref="ArgumentException">The key is <see cref="KeyedService.AnyKey"/>, or its text is empty.</exception>
    public static IServiceCollection AddKeyedSwmrMemoryCache(this IServiceCollection services, object serviceKey, Action<MemoryCacheOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(serviceKey);
        string name = ReferenceEquals(serviceKey, KeyedService.AnyKey) ? "" : serviceKey.ToString() ?? "";
        if (name.Length == 0)
        {
            throw new ArgumentException("The key of a cache is one of its own, and has a text, by which its options are named.", nameof(serviceKey));
        }

        services.AddOptions();
        services.TryAddKeyedSingleton(serviceKey, (provider, _) => Create(provider, name));
        services.RemoveAllKeyed<IMemoryCache>(serviceKey);
        services.AddKeyedSingleton<IMemoryCache>(serviceKey, static (provider, key) => provider.GetRequiredKeyedService<SwmrMemoryCache>(key));
        if (configure is not null)
        {
            services.Configure(name, configure);
        }

        return services;
    }

    /// <summary>
    /// <c>HybridCache</c> leaves out a second level that is in the same process, but only over Microsoft's own memory cache. Nothing is resolved for the purpose: what is registered says enough.
    /// </summary>
    private static void WarnOfSecondLevelInProcess(IServiceCollection services, IServiceProvider provider)
    {
        if (services.Any(static service => service.ServiceType == typeof(HybridCache))
            && services.LastOrDefault(static service => service.ServiceType == typeof(IDistributedCache) && !service.IsKeyedService)?.ImplementationType == typeof(MemoryDistributedCache)
            && provider.GetService<ILoggerFactory>() is { } loggers)
        {
            CacheLog.SecondLevelInProcess(loggers.CreateLogger<SwmrMemoryCache>());
        }
    }

    private static SwmrMemoryCache Create(IServiceProvider provider, string name) => new(
        Options.Options.Create(provider.GetRequiredService<IOptionsMonitor<MemoryCacheOptions>>().Get(name)),
        provider.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance,
        provider.GetService<TimeProvider>() ?? TimeProvider.System,
        provider.GetService<IMeterFactory>(),
        name.Length == 0 ? "default" : name);
}
