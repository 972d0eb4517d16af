namespace SwmrKit;

/// <summary>More is pending than the domain's options allow.</summary>
/// <param name="pending">How many things are pending.</param>
/// <param name="pendingBytes">The bytes declared for them.</param>
public sealed class RetirementOverflowEventArgs(long pending, long pendingBytes) : EventArgs
{
    /// <summary>How many things are pending.</summary>
    public long Pending { get; } = pending;

    /// <summary>The bytes declared for them.</summary>
    public long PendingBytes { get; } = pendingBytes;
}
