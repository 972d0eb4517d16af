namespace SwmrKit;

/// <summary>The counts of a <see cref="RetirementDomain"/> since its creation. Each is exact; together they are a sample.</summary>
public readonly record struct RetirementStatistics
{
    /// <summary>How many things were retired.</summary>
    public long Retired { get; init; }

    /// <summary>How many of them were reclaimed: their callback has ended, and the asynchronous disposal it began.</summary>
    public long Reclaimed { get; init; }

    /// <summary>How many of them were left to their own finalizers, because a lease of theirs was dropped without being disposed: nobody knows whether
    /// they are still in use.</summary>
    public long Abandoned { get; init; }

    /// <summary>How many await reclamation, or are being reclaimed: asynchronous disposals that have not ended included.</summary>
    public long Pending => Retired - Reclaimed - Abandoned;

    /// <summary>The bytes declared for what awaits reclamation.</summary>
    public long PendingBytes { get; init; }

    /// <summary>How many heavy barriers passes have issued. Failed ones do not count, nor does the one that each wait for readers begins with.</summary>
    public long HeavyBarriers { get; init; }

    /// <summary>How many leases were collected without having been disposed; see <see cref="RetirementDomain.LeaseLeaked"/>.</summary>
    public long LeakedLeases { get; init; }

    /// <summary>How many callbacks threw, or began an asynchronous disposal that failed.</summary>
    public long CallbackFailures { get; init; }

    /// <summary>How many passes failed, whoever ran them, as a rule because the heavy barrier did, and how often the timer could not be set; what was
    /// considered stayed pending. A wait for readers whose barrier fails is no pass.</summary>
    public long ReclaimFailures { get; init; }
}
