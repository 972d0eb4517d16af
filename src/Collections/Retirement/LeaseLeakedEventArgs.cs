namespace SwmrKit;

/// <summary>A <see cref="Lease{T}"/> that was collected without having been disposed.</summary>
/// <param name="age">How long before it had been taken.</param>
/// <param name="valueType">The type of the object it held.</param>
/// <param name="stackTrace">Where it was taken, if that was noted.</param>
public sealed class LeaseLeakedEventArgs(TimeSpan age, Type valueType, string? stackTrace) : EventArgs
{
    /// <summary>The time from its taking to its collection, which may come long after it was dropped.</summary>
    public TimeSpan Age { get; } = age;

    /// <summary>The type of the object it held, which will not be disposed by its container.</summary>
    public Type ValueType { get; } = valueType;

    /// <summary>Where it was taken; null unless <see cref="RetirementOptions.CaptureLeaseStacks"/> is set.</summary>
    public string? StackTrace { get; } = stackTrace;
}
