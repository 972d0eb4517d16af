using Microsoft.Extensions.Diagnostics.HealthChecks;
using SwmrKit;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>The health check of options.</summary>
public static class SwmrOptionsHealthChecksBuilderExtensions
{
    /// <summary>Adds a check that all options in force are those last configured: it finds fault while a reload stands that failed, or a configuration file that could not be
    /// loaded, and names it with the reason (<see cref="OptionsReloadStatus.Failures"/>).</summary>
    /// <param name="builder">Where to.</param>
    /// <param name="name">The name of the check.</param>
    /// <param name="failureStatus">What it then reports; by default <see cref="HealthStatus.Degraded"/>, for the last valid values serve on.</param>
    /// <param name="tags">Tags to choose checks by.</param>
    /// <param name="timeout">How long the check may take; by default without limit.</param>
    /// <returns><paramref name="builder"/>.</returns>
    /// <remarks>Its data have the messages by what failed. A message of validation may quote the value: show them to whom the configuration may be shown. O(options in use).</remarks>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> or <paramref name="name"/> is null.</exception>
    public static IHealthChecksBuilder AddSwmrOptions(
        this IHealthChecksBuilder builder, string name = "swmrkit-options", HealthStatus? failureStatus = null, IEnumerable<string>? tags = null, TimeSpan? timeout = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(name);
        SwmrOptionsServiceCollectionExtensions.AddCore(builder.Services);
        return builder.Add(
            new HealthCheckRegistration(
                name,
                static provider => new OptionsHealthCheck(provider.GetRequiredService<OptionsReloadStatus>()),
                failureStatus ?? HealthStatus.Degraded,
                tags,
                timeout));
    }
}
