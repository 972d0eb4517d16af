using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace SwmrKit;

/// <summary>Which options of a service container could not be reloaded: as events when it happens, and as a list of what stands. A singleton of the container.</summary>
/// <remarks>Thread-safe. Handlers run on the thread that reports the change, outside every lock; what they throw is ignored.</remarks>
public sealed partial class OptionsReloadStatus
{
    private readonly IServiceProvider _services;
    private readonly Lock _lock = new();
    private readonly List<IReloadState> _states = []; // Guarded by the lock.
    private ILogger? _logger;

    internal OptionsReloadStatus(IServiceProvider services) => _services = services;

    /// <summary>Options could not be built again, or a configuration file not be loaded. The last valid values stay in force.</summary>
    /// <remarks>Once for each failing reload; the same failure again, of the several notices that one change may give, is not reported again before a reload has succeeded.</remarks>
    public event EventHandler<OptionsReloadFailureEventArgs>? ReloadFailed;

    /// <summary>A listener (<c>IOptionsMonitor.OnChange</c>) threw; the others have been called.</summary>
    public event EventHandler<OptionsReloadFailureEventArgs>? ListenerFailed;

    /// <summary>What could not be reloaded, or not be built at all, and has not been since. O(options in use).</summary>
    public IReadOnlyList<OptionsReloadFailure> Failures
    {
        get
        {
            IReloadState[] states;
            lock (_lock)
            {
                states = [.. _states];
            }

            return [.. states.SelectMany(static state => state.Failures)];
        }
    }

    internal void Add(IReloadState state)
    {
        lock (_lock)
        {
            _states.Add(state);
        }
    }

    internal void Remove(IReloadState state)
    {
        lock (_lock)
        {
            _states.Remove(state);
        }
    }

    internal void ReportFailure(OptionsReloadFailure failure)
    {
        Raise(ReloadFailed, failure);
        Log(failure, static (logger, failure) => LogReloadFailed(logger, failure.Exception, failure.Subject, failure.Reason));
    }

    internal void ReportListener(OptionsReloadFailure failure)
    {
        Raise(ListenerFailed, failure);
        Log(failure, static (logger, failure) => LogListenerFailed(logger, failure.Exception, failure.Subject));
    }

    [SuppressMessage("Design", "CA1031", Justification = "A handler must not keep others, or a change, from being reported.")]
    private void Raise(EventHandler<OptionsReloadFailureEventArgs>? handlers, OptionsReloadFailure failure)
    {
        foreach (EventHandler<OptionsReloadFailureEventArgs> handler in Delegate.EnumerateInvocationList(handlers))
        {
            try
            {
                handler(this, new OptionsReloadFailureEventArgs(failure));
            }
            catch (Exception)
            {
                // It has had its chance.
            }
        }
    }

    /// <summary>The logger is asked for only now: logging has options of its own, which may be what is reported.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "A log that cannot be written must not stop a reload.")]
    private void Log(OptionsReloadFailure failure, Action<ILogger, OptionsReloadFailure> log)
    {
        try
        {
            _logger ??= _services.GetService<ILoggerFactory>()?.CreateLogger(typeof(OptionsReloadStatus).FullName!);
            if (_logger is not null)
            {
                log(_logger, failure);
            }
        }
        catch (Exception)
        {
            // The events were raised, and the state stands.
        }
    }

    [LoggerMessage(
        EventId = 1,
        EventName = "ReloadFailed",
        Level = LogLevel.Error,
        Message = "Reload failed, the last valid values stay in force: {Subject}: {Reason}")]
    private static partial void LogReloadFailed(ILogger logger, Exception exception, string subject, string reason);

    [LoggerMessage(
        EventId = 2,
        EventName = "ListenerFailed",
        Level = LogLevel.Error,
        Message = "A listener failed to take in a change; the others have been told: {Subject}")]
    private static partial void LogListenerFailed(ILogger logger, Exception exception, string subject);
}

/// <summary>Something whose reload may have failed.</summary>
internal interface IReloadState
{
    IEnumerable<OptionsReloadFailure> Failures { get; }
}
