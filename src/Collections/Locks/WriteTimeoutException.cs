namespace SwmrKit;

/// <summary>A writer did not get in, in its time: a reader stayed inside, or another writer did.</summary>
public sealed class WriteTimeoutException : TimeoutException
{
    /// <summary>Creates one.</summary>
    public WriteTimeoutException()
        : this("The writer did not get in, in its time.")
    {
    }

    /// <summary>Creates one.</summary>
    /// <param name="message">What happened.</param>
    public WriteTimeoutException(string message)
        : base(message)
    {
    }

    /// <summary>Creates one.</summary>
    /// <param name="message">What happened.</param>
    /// <param name="innerException">Why.</param>
    public WriteTimeoutException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <summary>The name of a reader that held the writer up, as it was registered; null when it was another writer.</summary>
    public string? Reader { get; private init; }

    internal static WriteTimeoutException HeldUpByWriter(TimeSpan timeout) =>
        new($"Another writer was inside for longer than {timeout}. Nothing has been changed.");

    internal static WriteTimeoutException HeldUpByReader(string? reader, TimeSpan timeout) =>
        new($"The reader '{reader}' held the writer up for longer than {timeout}.") { Reader = reader };
}
