namespace SwmrKit;

/// <summary>Why one of the two copies of a <see cref="LeftRight{T}"/> was given up, to be made anew before the next write. The write itself has been made.</summary>
public sealed class LeftRightCopyGivenUpEventArgs : EventArgs
{
    internal LeftRightCopyGivenUpEventArgs(string? reader, Exception? exception)
    {
        Reader = reader;
        Exception = exception;
    }

    /// <summary>The name of a reader that had not left the copy when the writer's time ran out, or it was cancelled; null for another reason.</summary>
    public string? Reader { get; }

    /// <summary>What the operation threw when it was applied to the second copy, what the heavy barrier threw, or what ended the wait; null when the time ran out.</summary>
    public Exception? Exception { get; }
}
