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

    /// <summary>The domain's name in metrics and messages; by default one with a number.</summary>
    public string? Name { get; set; }

    /// <summary>How many things may be pending, at least <see cref="BatchSize"/>; by default any number.</summary>
    public long? MaxPending { get; set; }

    /// <summary>How many bytes, as declared at retirement, may be pending, at least 1; by default any number.</summary>
    public long? MaxPendingBytes { get; set; }

    /// <summary>What happens when more is pending than that; by default nothing but a pass that comes early.</summary>
    public RetirementOverflow Overflow { get; set; }

    /// <summary>The least time between the heavy barriers of passes that nobody asked for, from none, the default, to a day: how much of
    /// the other processors' time writers may take. Reclamation comes later by up to this.</summary>
    public TimeSpan MinHeavyInterval { get; set; }

    /// <summary>Where callbacks run; by default on the thread that ran the pass: one that retires, the flush timer's, or one that asked for it. A scheduler that
    /// refuses a batch has it run there, too.</summary>
    public TaskScheduler? CallbackScheduler { get; set; }

    /// <summary>How long a reader may be inside one read section before the gauge <c>swmrkit.readers.stalled</c> counts it, more than zero; by default
    /// 10 seconds.</summary>
    public TimeSpan StalledReaderAge { get; set; } = TimeSpan.FromSeconds(10);

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
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxPending ?? BatchSize, BatchSize, nameof(MaxPending));
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxPendingBytes ?? 1, 1, nameof(MaxPendingBytes));
        ArgumentOutOfRangeException.ThrowIfLessThan(MinHeavyInterval, TimeSpan.Zero, nameof(MinHeavyInterval));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MinHeavyInterval, TimeSpan.FromDays(1), nameof(MinHeavyInterval));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(StalledReaderAge, TimeSpan.Zero, nameof(StalledReaderAge));
        if (!Enum.IsDefined(Overflow))
        {
            throw new ArgumentOutOfRangeException(nameof(Overflow), Overflow, "There is no such policy.");
        }
    }
}
