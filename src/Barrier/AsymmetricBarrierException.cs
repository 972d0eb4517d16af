namespace SwmrKit;

/// <summary>
/// A heavy barrier could not order this process's threads. Nothing was ordered: the caller must not act as if it had been,
/// for instance must not free what a reader may still hold.
/// </summary>
public sealed class AsymmetricBarrierException : InvalidOperationException
{
    /// <summary>Creates the exception with a default message.</summary>
    public AsymmetricBarrierException()
        : this("The heavy barrier could not order the threads of this process.")
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What failed and what to do.</param>
    public AsymmetricBarrierException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What failed and what to do.</param>
    /// <param name="innerException">The cause.</param>
    public AsymmetricBarrierException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Creates the exception for a failed tier.</summary>
    /// <param name="message">What failed and what to do.</param>
    /// <param name="tier">The tier whose heavy barrier failed.</param>
    /// <param name="errorCode">The operating system's error number (errno), or 0 where there is none.</param>
    public AsymmetricBarrierException(string message, BarrierTier tier, int errorCode)
        : base(message)
    {
        Tier = tier;
        ErrorCode = errorCode;
    }

    /// <summary>The tier whose heavy barrier failed; <see cref="BarrierTier.Unavailable"/> where none was in force.</summary>
    public BarrierTier Tier { get; }

    /// <summary>The operating system's error number (errno), or 0 where there is none.</summary>
    public int ErrorCode { get; }
}
