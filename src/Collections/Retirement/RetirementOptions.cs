namespace SwmrKit;

/// <summary>How a <see cref="RetirementDomain"/> batches its work. Not thread-safe; read once, at construction.</summary>
public sealed class RetirementOptions
{
    /// <summary>How many retirements share one heavy barrier, 1 to 65,536; by default 64. Fewer: disposed sooner. More: cheaper.</summary>
    public int BatchSize { get; set; } = 64;

    /// <summary>The longest a partial batch waits for more, more than zero and at most a day; by default 20 ms. Right after a batch that
    /// filled by itself it may be twice that.</summary>
    public TimeSpan FlushDelay { get; set; } = TimeSpan.FromMilliseconds(20);

    /// <summary>Where the flush timer comes from and what measures the waits; by default <see cref="TimeProvider.System"/>.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>Whether each <see cref="Lease{T}"/> notes where it was taken, for <see cref="RetirementDomain.LeaseLeaked"/>; by default not. It
    /// makes taking a lease many times dearer: for looking for a leak.</summary>
    public bool CaptureLeaseStacks { get; set; }

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(BatchSize, 1, nameof(BatchSize));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(BatchSize, 65_536, nameof(BatchSize));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(FlushDelay, TimeSpan.Zero, nameof(FlushDelay));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(FlushDelay, TimeSpan.FromDays(1), nameof(FlushDelay));
        ArgumentNullException.ThrowIfNull(TimeProvider, nameof(TimeProvider));
    }
}
