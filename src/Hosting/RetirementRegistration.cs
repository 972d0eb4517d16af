using Microsoft.Extensions.DependencyInjection;

namespace SwmrKit;

/// <summary>One domain of a service container, itself a service of it: what is to be drained, and how it was registered.</summary>
/// <param name="Key">The key; null without.</param>
/// <param name="OptionsName">The name of its options.</param>
/// <param name="Given">The domain, if the container did not make it.</param>
internal sealed record RetirementRegistration(object? Key, string OptionsName, RetirementDomain? Given)
{
    public static IEnumerable<RetirementRegistration> In(IServiceCollection services) =>
        services.Where(static service => service.ServiceType == typeof(RetirementRegistration)).Select(static service => (RetirementRegistration)service.ImplementationInstance!);

    public static RetirementDomain Resolve(IServiceProvider provider, object? key) =>
        key is null ? provider.GetRequiredService<RetirementDomain>() : provider.GetRequiredKeyedService<RetirementDomain>(key);

    public override string ToString() => Key is null ? "that of the application" : $"'{Key}'";
}
