using Microsoft.Extensions.Diagnostics.HealthChecks;
using SwmrKit;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>The health check of a retirement domain.</summary>
public static class SwmrRetirementHealthChecksBuilderExtensions
{
    /// <summary>
    /// Adds a check that a registered <see cref="RetirementDomain"/> reclaims. It finds fault with readers that stay inside one read section, whom it
    /// names; with more pending than the options allow; and with callbacks and passes that have failed since the check before, or since the domain was created.
    /// </summary>
    /// <param name="builder">Where to.</param>
    /// <param name="name">The name of the check.</param>
    /// <param name="failureStatus">What it then reports; by default <see cref="HealthStatus.Degraded"/>.</param>
    /// <param name="tags">Tags to choose checks by.</param>
    /// <param name="timeout">How long the check may take; by default without limit.</param>
    /// <param name="serviceKey">The key of the domain; by default it is that without a key.</param>
    /// <param name="configure">Sets the options.</param>
    /// <returns><paramref name="builder"/>.</returns>
    /// <remarks>The age of a read section counts from when a pass or a check first saw it. So <b>the first check cannot know of a stalled reader in a domain in which
    /// nothing is being reclaimed</b>, and checks a minute apart may notice one a minute late. A failure is reported by one check: with several that poll, register
    /// the check once for each, and let each choose its own by tags. Where no domain is registered under the key, checking throws. O(readers); costs readers nothing.</remarks>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> or <paramref name="name"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public static IHealthChecksBuilder AddSwmrRetirement(
        this IHealthChecksBuilder builder,
        string name = "swmrkit",
        HealthStatus? failureStatus = null,
        IEnumerable<string>? tags = null,
        TimeSpan? timeout = null,
        object? serviceKey = null,
        Action<RetirementHealthCheckOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(name);
        var options = new RetirementHealthCheckOptions();
        configure?.Invoke(options);
        options.Validate();

        // A registration asks for its check anew each time, but the check remembers the last time: the container keeps it.
        object key = new();
        (TimeSpan age, long? pending, long? bytes) = (options.StalledReaderAge, options.MaxPending, options.MaxPendingBytes);
        builder.Services.AddKeyedSingleton(key, (provider, _) => new RetirementHealthCheck(RetirementRegistration.Resolve(provider, serviceKey), pending, bytes, age));
        return builder.Add(
            new HealthCheckRegistration(
                name, provider => provider.GetRequiredKeyedService<RetirementHealthCheck>(key), failureStatus ?? HealthStatus.Degraded, tags, timeout));
    }
}
