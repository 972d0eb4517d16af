namespace SwmrKit;

/// <summary>What happens when more is pending than <see cref="RetirementOptions.MaxPending"/> or <see cref="RetirementOptions.MaxPendingBytes"/> allow.</summary>
/// <remarks>Retiring never waits, and never refuses what has been unlinked: it would be lost. In every case a pass comes early.</remarks>
public enum RetirementOverflow
{
    /// <summary>Nothing else: what is pending grows until readers leave.</summary>
    Grow,

    /// <summary><see cref="RetirementDomain.Overflowed"/> is raised, once each time the limit is passed.</summary>
    Callback,

    /// <summary>As <see cref="Callback"/>; and <see cref="RetirementDomain.Reserve"/> throws <see cref="RetirementOverflowException"/> before anything has been
    /// unlinked, and with it <see cref="SwmrCell{T}.Publish"/> and <see cref="SwmrCell{T}.Update"/>, which then change nothing.</summary>
    Throw,
}
