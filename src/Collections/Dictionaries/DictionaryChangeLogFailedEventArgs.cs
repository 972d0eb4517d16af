namespace SwmrKit;

/// <summary>Says what a subscriber of a <see cref="DictionaryChangeLog{TKey, TValue}"/>, or a comparer, threw.</summary>
/// <param name="exception">What was thrown.</param>
public sealed class DictionaryChangeLogFailedEventArgs(Exception exception) : EventArgs
{
    /// <summary>What was thrown.</summary>
    public Exception Exception { get; } = exception;
}
