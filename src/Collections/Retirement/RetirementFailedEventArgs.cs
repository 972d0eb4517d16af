namespace SwmrKit;

/// <summary>What went wrong while reclaiming.</summary>
/// <param name="exception">The exception.</param>
public sealed class RetirementFailedEventArgs(Exception exception) : EventArgs
{
    /// <summary>The exception.</summary>
    public Exception Exception { get; } = exception;
}
