using System.Globalization;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace SwmrKit;

/// <summary>Whether a domain reclaims: no reader stays inside, not too much is pending, nothing has failed since the last check. One per registration and container.</summary>
internal sealed class RetirementHealthCheck(RetirementDomain domain, long? maxPending, long? maxPendingBytes, TimeSpan stalledReaderAge) : IHealthCheck
{
    private readonly Lock _lock = new();

    // Those that a check has reported. Guarded by the lock, for checks may overlap.
    private long _callbackFailures;
    private long _reclaimFailures;

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        RetirementStatistics statistics = domain.Statistics;
        IReadOnlyList<StalledReader> stalled = domain.GetStalledReaders(stalledReaderAge);
        string[] faults = [.. Faults(statistics, stalled)];
        string description = string.Create(
            CultureInfo.InvariantCulture,
            $"Retirement domain '{domain.Name}': {(faults.Length == 0 ? $"{statistics.Pending} pending ({statistics.PendingBytes} bytes), no reader stalled" : string.Join("; ", faults))}.");
        return Task.FromResult(
            new HealthCheckResult(faults.Length == 0 ? HealthStatus.Healthy : context.Registration.FailureStatus, description, data: Data(statistics, stalled)));
    }

    private IEnumerable<string> Faults(RetirementStatistics statistics, IReadOnlyList<StalledReader> stalled)
    {
        if (stalled.Count > 0)
        {
            yield return string.Create(
                CultureInfo.InvariantCulture, $"{stalled.Count} reader(s) inside one read section for {stalledReaderAge.TotalSeconds:0.###} s or longer: {StalledReaderList.Describe(stalled)}");
        }

        if (statistics.Pending > maxPending)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"{statistics.Pending} pending, more than {maxPending}");
        }

        if (statistics.PendingBytes > maxPendingBytes)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"{statistics.PendingBytes} bytes pending, more than {maxPendingBytes}");
        }

        if (Unreported(ref _callbackFailures, statistics.CallbackFailures) is > 0 and var callbacks)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"{callbacks} callback(s) failed since the last check");
        }

        if (Unreported(ref _reclaimFailures, statistics.ReclaimFailures) is > 0 and var passes)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"{passes} pass(es) failed since the last check");
        }
    }

    private long Unreported(ref long reported, long count)
    {
        lock (_lock)
        {
            long unreported = Math.Max(count - reported, 0); // Another check may have come later and been faster.
            reported += unreported;
            return unreported;
        }
    }

    private Dictionary<string, object> Data(RetirementStatistics statistics, IReadOnlyList<StalledReader> stalled) => new()
    {
        ["domain"] = domain.Name,
        ["pending"] = statistics.Pending,
        ["pendingBytes"] = statistics.PendingBytes,
        ["leasesHeld"] = domain.LeasesHeld,
        ["stalledReaders"] = stalled.Count,
        ["oldestReaderSeconds"] = stalled.Count == 0 ? 0.0 : stalled.Max(static reader => reader.Age.TotalSeconds),
        ["retired"] = statistics.Retired,
        ["reclaimed"] = statistics.Reclaimed,
        ["abandoned"] = statistics.Abandoned,
        ["leakedLeases"] = statistics.LeakedLeases,
        ["heavyBarriers"] = statistics.HeavyBarriers,
        ["callbackFailures"] = statistics.CallbackFailures,
        ["reclaimFailures"] = statistics.ReclaimFailures,
    };
}
