namespace SwmrKit;

/// <summary>What the health check of a <see cref="RetirementDomain"/> finds fault with, besides failures. Not thread-safe; read once, at registration.</summary>
public sealed class RetirementHealthCheckOptions
{
    /// <summary>How long a reader may be inside one read section, more than zero; by default 10 seconds.</summary>
    public TimeSpan StalledReaderAge { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How many things may be pending, not negative; by default any number.</summary>
    public long? MaxPending { get; set; }

    /// <summary>How many bytes, as declared at retirement, may be pending, not negative; by default any number.</summary>
    public long? MaxPendingBytes { get; set; }

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(StalledReaderAge, TimeSpan.Zero, nameof(StalledReaderAge));
        ArgumentOutOfRangeException.ThrowIfNegative(MaxPending ?? 0, nameof(MaxPending));
        ArgumentOutOfRangeException.ThrowIfNegative(MaxPendingBytes ?? 0, nameof(MaxPendingBytes));
    }
}
