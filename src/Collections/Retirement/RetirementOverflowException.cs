namespace SwmrKit;

/// <summary>More is pending in a <see cref="RetirementDomain"/> than its options allow; nothing has been unlinked. Readers hold it back, or callbacks are slow.</summary>
public sealed class RetirementOverflowException : InvalidOperationException
{
    /// <summary>Creates one.</summary>
    public RetirementOverflowException()
        : this("More is pending than the retirement domain allows.")
    {
    }

    /// <summary>Creates one.</summary>
    /// <param name="message">What happened.</param>
    public RetirementOverflowException(string message)
        : base(message)
    {
    }

    /// <summary>Creates one.</summary>
    /// <param name="message">What happened.</param>
    /// <param name="innerException">Why.</param>
    public RetirementOverflowException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
