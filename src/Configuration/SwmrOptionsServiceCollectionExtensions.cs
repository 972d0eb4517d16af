using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using SwmrKit;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Options that are built aside, validated first, published whole and announced once.</summary>
/// <remarks>
/// <para>What configures and validates options stays as it is, and so do their users. A change of the configuration, however often it is reported, builds the options
/// anew; if that fails, the last valid ones stay in force, and <see cref="OptionsReloadStatus"/>, the log and the health check say why.</para>
/// <para>As every registration, these methods are not thread-safe. Their order, and that of <c>AddOptions</c>, does not matter; repeating them does nothing.</para>
/// </remarks>
public static class SwmrOptionsServiceCollectionExtensions
{
    /// <summary>
    /// Adds options of one type, whose <see cref="IOptionsMonitor{TOptions}"/> and <see cref="IOptionsSnapshot{TOptions}"/> show the published values. The builder is
    /// Microsoft's: bind, configure and validate them as ever.
    /// </summary>
    /// <typeparam name="TOptions">The type of the options.</typeparam>
    /// <param name="services">Where to.</param>
    /// <param name="name">Their name; by default they have none. The type's other names are served in the same way.</param>
    /// <returns>The builder.</returns>
    /// <remarks>A snapshot here is the published object, not a copy of its scope's own: treat it as read-only. What configures the options must not need a scope.</remarks>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> is null.</exception>
    public static OptionsBuilder<TOptions> AddSwmrOptions<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicParameterlessConstructor)] TOptions>(
        this IServiceCollection services, string? name = null)
        where TOptions : class
    {
        ArgumentNullException.ThrowIfNull(services);
        AddCore(services);
        services.TryAddSingleton<IOptionsMonitorCache<TOptions>, SwmrOptionsCache<TOptions>>();
        AddLast(services, ServiceDescriptor.Singleton<IOptionsMonitor<TOptions>, SwmrOptionsMonitor<TOptions>>());
        AddLast(services, ServiceDescriptor.Scoped<IOptionsSnapshot<TOptions>, SwmrOptionsSnapshot<TOptions>>());
        return services.AddOptions<TOptions>(name);
    }

    /// <summary>As <see cref="AddSwmrOptions"/>, named after a key, under which the three options interfaces are then services: what is asked of them without a name is
    /// what has the name, and listeners are told of that name's changes alone. What <c>AddSnapshot</c> adds to it has that key, too.</summary>
    /// <typeparam name="TOptions">The type of the options.</typeparam>
    /// <param name="services">Where to.</param>
    /// <param name="serviceKey">The key. Its text is the name.</param>
    /// <returns>The builder.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> or <paramref name="serviceKey"/> is null.</exception>
    /// <exception cref="ArgumentException">The key is <see cref="KeyedService.AnyKey"/>, or its text is empty.</exception>
    public static OptionsBuilder<TOptions> AddKeyedSwmrOptions<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicParameterlessConstructor)] TOptions>(
        this IServiceCollection services, object serviceKey)
        where TOptions : class
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(serviceKey);
        if (Equals(serviceKey, KeyedService.AnyKey) || serviceKey.ToString() is not { Length: > 0 } name)
        {
            throw new ArgumentException("The text of the key names the options. Give a key that has one, and not KeyedService.AnyKey.", nameof(serviceKey));
        }

        services.TryAddKeyedSingleton<IOptions<TOptions>>(serviceKey, (provider, _) => new NamedOptions<TOptions>(provider.GetRequiredService<IOptionsFactory<TOptions>>(), name));
        services.TryAddKeyedSingleton<IOptionsMonitor<TOptions>>(
            serviceKey, (provider, _) => new NamedOptionsMonitor<TOptions>(provider.GetRequiredService<IOptionsMonitor<TOptions>>(), name));
        services.TryAddKeyedScoped<IOptionsSnapshot<TOptions>>(
            serviceKey, (provider, _) => new NamedOptionsSnapshot<TOptions>(provider.GetRequiredService<IOptionsSnapshot<TOptions>>(), name));
        services.AddSwmrOptions<TOptions>(name);
        return new KeyedOptionsBuilder<TOptions>(services, name, serviceKey);
    }

    /// <summary>
    /// Puts the monitor of published values in the place of Microsoft's, for options of every type. <see cref="IOptions{TOptions}"/> and
    /// <see cref="IOptionsSnapshot{TOptions}"/> stay Microsoft's, but where <see cref="AddSwmrOptions"/> says otherwise.
    /// </summary>
    /// <param name="services">Where to.</param>
    /// <param name="configure">Sets how changes are taken in.</param>
    /// <returns><paramref name="services"/>.</returns>
    /// <remarks>An <see cref="IOptionsMonitorCache{TOptions}"/> that somebody else has registered stays in charge of its options, served by Microsoft's monitor.</remarks>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> is null.</exception>
    public static IServiceCollection UseSwmrOptionsMonitor(this IServiceCollection services, Action<OptionsReloadSettings>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        AddCore(services);
        Remove(services, typeof(IOptionsMonitorCache<>), typeof(OptionsCache<>));
        services.TryAddSingleton(typeof(IOptionsMonitorCache<>), typeof(SwmrOptionsCache<>));
        Remove(services, typeof(IOptionsMonitor<>), typeof(OptionsMonitor<>));
        AddLast(services, ServiceDescriptor.Singleton(typeof(IOptionsMonitor<>), typeof(SwmrOptionsMonitor<>)));
        if (configure is not null)
        {
            services.Configure(configure);
        }

        return services;
    }

    /// <summary>
    /// Has the files of a further configuration watched, as those of the container's <see cref="IConfiguration"/> are: while one of them cannot be loaded, options
    /// keep their values, and it is reported.
    /// </summary>
    /// <param name="services">Where to.</param>
    /// <param name="configuration">The configuration, which options are bound to.</param>
    /// <returns><paramref name="services"/>.</returns>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    public static IServiceCollection AddSwmrConfigurationFiles(this IServiceCollection services, IConfigurationRoot configuration)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configuration);
        AddCore(services);
        return services.AddSingleton(new WatchedConfiguration(configuration));
    }

    internal static void AddCore(IServiceCollection services)
    {
        services.AddOptions();
        services.TryAddSingleton(static provider => new OptionsReloadStatus(provider));
        services.TryAddSingleton<ConfigurationFiles>();
        services.TryAddSingleton(typeof(OptionsPublications<>));
    }

    /// <summary>Adds a service that is to be the one found, unless it is there already.</summary>
    private static void AddLast(IServiceCollection services, ServiceDescriptor service)
    {
        if (services.LastOrDefault(other => !other.IsKeyedService && other.ServiceType == service.ServiceType)?.ImplementationType != service.ImplementationType)
        {
            services.Add(service);
        }
    }

    private static void Remove(IServiceCollection services, Type service, Type implementation)
    {
        foreach (ServiceDescriptor other in services.Where(other => !other.IsKeyedService && other.ServiceType == service && other.ImplementationType == implementation).ToArray())
        {
            services.Remove(other);
        }
    }
}
