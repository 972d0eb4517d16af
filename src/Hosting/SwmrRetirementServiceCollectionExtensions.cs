using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using SwmrKit;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Retirement domains in the service container, drained when the host stops.</summary>
/// <remarks>
/// <para>A domain is a singleton, made when the host starts, so that a bad option fails the start. After all hosted services have
/// stopped, the host waits until nothing is pending in it, for as long as its own shutdown may take; when that time runs out, a warning names what
/// is left, and the stop goes on. The container disposes the domain after what was made later: cells that take it as an
/// argument go first, and their last values with them.</para>
/// <para>As every registration, these methods are not thread-safe.</para>
/// </remarks>
[SuppressMessage("ApiDesign", "RS0027", Justification = "The overloads differ in the type of the last argument: how to make a domain, or the domain.")]
public static class SwmrRetirementServiceCollectionExtensions
{
    /// <summary>Adds the <see cref="RetirementDomain"/> of the application. Calling this again adds only what is configured.</summary>
    /// <param name="services">Where to.</param>
    /// <param name="configure">Sets the options, which are those of <c>IOptions&lt;RetirementOptions&gt;</c>. Their time is the container's
    /// <see cref="TimeProvider"/>, if there is one and they name no other.</param>
    /// <returns><paramref name="services"/>.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> is null.</exception>
    /// <exception cref="InvalidOperationException">A domain was registered in another way; or options are configured for one that exists already.</exception>
    public static IServiceCollection AddSwmrRetirement(this IServiceCollection services, Action<RetirementOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        return Add(services, new RetirementRegistration(null, Options.Options.DefaultName, null), configure);
    }

    /// <summary>Adds a domain that exists as that of the application: <see cref="RetirementDomain.Shared"/>, for instance. It is drained when the host stops, and
    /// not disposed by the container.</summary>
    /// <param name="services">Where to.</param>
    /// <param name="domain">The domain.</param>
    /// <returns><paramref name="services"/>.</returns>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="InvalidOperationException">Another domain was registered before.</exception>
    public static IServiceCollection AddSwmrRetirement(this IServiceCollection services, RetirementDomain domain)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(domain);
        return Add(services, new RetirementRegistration(null, Options.Options.DefaultName, domain), configure: null);
    }

    /// <summary>As <see cref="AddSwmrRetirement(IServiceCollection, Action{RetirementOptions})"/>, for one of several domains.</summary>
    /// <param name="services">Where to.</param>
    /// <param name="serviceKey">The key of the service. Its text is the name of the options, and of the domain if they give none.</param>
    /// <param name="configure">Sets the options, which are named after the key.</param>
    /// <returns><paramref name="services"/>.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> or <paramref name="serviceKey"/> is null.</exception>
    /// <exception cref="ArgumentException">The key is <see cref="KeyedService.AnyKey"/>, its text is empty, or another key in use has the same text.</exception>
    /// <exception cref="InvalidOperationException">A domain was registered under this key in another way; or options are configured for one that exists already.</exception>
    public static IServiceCollection AddKeyedSwmrRetirement(
        this IServiceCollection services, object serviceKey, Action<RetirementOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        return Add(services, new RetirementRegistration(serviceKey, NameOf(services, serviceKey), null), configure);
    }

    /// <summary>As <see cref="AddSwmrRetirement(IServiceCollection, RetirementDomain)"/>, for one of several domains.</summary>
    /// <param name="services">Where to.</param>
    /// <param name="serviceKey">The key of the service.</param>
    /// <param name="domain">The domain.</param>
    /// <returns><paramref name="services"/>.</returns>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="ArgumentException">The key is <see cref="KeyedService.AnyKey"/>, its text is empty, or another key in use has the same text.</exception>
    /// <exception cref="InvalidOperationException">Another domain was registered under this key before.</exception>
    public static IServiceCollection AddKeyedSwmrRetirement(this IServiceCollection services, object serviceKey, RetirementDomain domain)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(domain);
        return Add(services, new RetirementRegistration(serviceKey, NameOf(services, serviceKey), domain), configure: null);
    }

    private static IServiceCollection Add(IServiceCollection services, RetirementRegistration wanted, Action<RetirementOptions>? configure)
    {
        if (RetirementRegistration.In(services).FirstOrDefault(known => Equals(known.Key, wanted.Key)) is not { } known)
        {
            Register(services, wanted);
        }
        else if (wanted.Given is not null && !ReferenceEquals(wanted.Given, known.Given))
        {
            throw new InvalidOperationException($"Another domain is registered as {wanted} already. Register this one under a key of its own.");
        }
        else if (configure is not null && known.Given is not null)
        {
            throw new InvalidOperationException(
                $"The domain registered as {known} exists already: its options were read when it was created, and cannot be configured any more. Set them there.");
        }

        if (configure is not null)
        {
            services.Configure(wanted.OptionsName, configure);
        }

        return services;
    }

    private static void Register(IServiceCollection services, RetirementRegistration wanted)
    {
        if (services.Any(service => service.ServiceType == typeof(RetirementDomain) && Equals(service.ServiceKey, wanted.Key)))
        {
            throw new InvalidOperationException(
                $"A RetirementDomain was registered as {wanted} by other means: it would be neither configured nor drained. Remove that registration, or give the domain to this method.");
        }

        services.AddSingleton(wanted);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, RetirementDrain>());
        if (wanted.Given is not null)
        {
            services.AddKeyedSingleton(wanted.Key, wanted.Given);
            return;
        }

        services.AddOptions();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IPostConfigureOptions<RetirementOptions>, RetirementOptionsDefaults>());
        services.AddKeyedSingleton(
            wanted.Key, (provider, _) => new RetirementDomain(provider.GetRequiredService<IOptionsMonitor<RetirementOptions>>().Get(wanted.OptionsName)));
    }

    /// <summary>Named options have strings for keys: two keys of the same text would configure each other's domain.</summary>
    private static string NameOf(IServiceCollection services, object serviceKey)
    {
        ArgumentNullException.ThrowIfNull(serviceKey);
        if (Equals(serviceKey, KeyedService.AnyKey))
        {
            throw new ArgumentException("KeyedService.AnyKey names no service. Give a key of the domain's own.", nameof(serviceKey));
        }

        string? name = serviceKey.ToString();
        if (string.IsNullOrEmpty(name))
        {
            throw new ArgumentException("The text of the key is empty; it names the options of the domain. Give a key that has one.", nameof(serviceKey));
        }

        if (RetirementRegistration.In(services).Any(known => known.OptionsName == name && !Equals(known.Key, serviceKey)))
        {
            throw new ArgumentException($"Another key of the text '{name}' is in use; it names the options of that domain. Give a key with another text.", nameof(serviceKey));
        }

        return name;
    }
}
