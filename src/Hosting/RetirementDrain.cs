using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace SwmrKit;

/// <summary>
/// Drains the domains of the container when every hosted service has stopped: all at a time, none longer than the host's shutdown may take. Stopping never
/// fails by it; what is left then is named in one warning a domain.
/// </summary>
internal sealed partial class RetirementDrain : IHostedLifecycleService
{
    private readonly ILogger _logger;
    private readonly RetirementDomain[] _domains;

    /// <summary>Makes the domains, too: a bad option fails the start of the host, and they outlive what is made later.</summary>
    public RetirementDrain(IServiceProvider provider, IEnumerable<RetirementRegistration> registrations, ILogger<RetirementDrain> logger)
    {
        _logger = logger;
        _domains = [.. registrations.Select(registration => RetirementRegistration.Resolve(provider, registration.Key)).Distinct()];
    }

    public Task StoppedAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(_domains.Select(domain => DrainAsync(domain, cancellationToken)));

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [SuppressMessage("Design", "CA1031", Justification = "The host must stop, whatever fails; every failure is logged.")]
    private async Task DrainAsync(RetirementDomain domain, CancellationToken cancellationToken)
    {
        Exception? failure = null;
        try
        {
            // Callbacks run there, of which one may never return: the host waits for them no longer than for readers.
            await Task.Run(() => domain.DrainAsync(cancellationToken), CancellationToken.None).WaitAsync(cancellationToken).ConfigureAwait(false);
            return;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
        }
        catch (Exception exception)
        {
            failure = exception;
        }

        RetirementStatistics left = domain.Statistics;
        if (left.Pending == 0 && failure is null)
        {
            return; // There was nothing to wait for, or it ended together with the time.
        }

        IReadOnlyList<StalledReader> readers = domain.GetStalledReaders(TimeSpan.Zero);
        LogNotDrained(failure, domain.Name, left.Pending, left.PendingBytes, domain.LeasesHeld, readers.Count == 0 ? "none" : StalledReaderList.Describe(readers));
    }

    [LoggerMessage(
        EventId = 1,
        EventName = "NotDrained",
        Level = LogLevel.Warning,
        Message = "The host has stopped, but the retirement domain '{Domain}' is not drained: {Pending} pending ({PendingBytes} bytes), leases held: {LeasesHeld}, readers inside: {StalledReaders}.")]
    private partial void LogNotDrained(Exception? failure, string domain, long pending, long pendingBytes, int leasesHeld, string stalledReaders);
}
