using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace SwmrKit;

/// <summary>Whether all options in force are those last configured.</summary>
internal sealed class OptionsHealthCheck(OptionsReloadStatus status) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        IReadOnlyList<OptionsReloadFailure> failures = status.Failures;
        return Task.FromResult(
            failures.Count == 0
                ? HealthCheckResult.Healthy("All options in force are those last configured.")
                : new HealthCheckResult(
                    context.Registration.FailureStatus,
                    $"Not in force, because they are not valid or cannot be read: {string.Join("; ", failures)}",
                    failures.Count == 1 ? failures[0].Exception : new AggregateException(failures.Select(static failure => failure.Exception)),
                    failures.GroupBy(static failure => failure.Subject).ToDictionary(static failed => failed.Key, static failed => (object)failed.First().Reason)));
    }
}
