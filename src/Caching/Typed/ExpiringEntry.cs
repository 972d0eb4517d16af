namespace SwmrKit;

/// <summary>An entry of a cache whose entries expire.</summary>
internal sealed class ExpiringEntry<TKey, TValue> : TypedEntry<TKey, TValue>
{
    /// <summary>The deadline of what stays. No time is as late.</summary>
    public const long Never = long.MaxValue;

    public const int NoSlot = -1;

    private readonly long _writeDeadline;
    private readonly long _accessTicks;

    // Ticks. Written by hits, when it has changed: nobody relies on another's order.
    private SharedInt64 _lastAccessed;

    /// <param name="key">The key.</param>
    /// <param name="value">The value.</param>
    /// <param name="hash">The key's.</param>
    /// <param name="weight">What it takes of the capacity.</param>
    /// <param name="now">When it is written.</param>
    /// <param name="writeTicks">How long it stays from then on.</param>
    /// <param name="accessTicks">How long it stays when nobody reads it.</param>
    public ExpiringEntry(TKey key, TValue value, int hash, long weight, long now, long writeTicks, long accessTicks)
        : base(key, value, hash, weight)
    {
        _writeDeadline = After(now, writeTicks);
        _accessTicks = accessTicks;
        _lastAccessed.WriteRelaxed(now);
    }

    /// <summary>When it goes if nobody reads it from now on.</summary>
    public long Deadline => Math.Min(_writeDeadline, After(_lastAccessed.ReadRelaxed(), _accessTicks));

    /// <summary>The slot of the wheel it is in, or <see cref="NoSlot"/>. Guarded by the cache's lock.</summary>
    public int Slot { get; set; } = NoSlot;

    /// <summary>Its place there.</summary>
    public int Place { get; set; }

    /// <summary>Notes a hit: written only if the time has changed, so that readers of a hot entry share its line, and only if it matters.</summary>
    public void NoteAccess(long now)
    {
        if (_accessTicks != Never && _lastAccessed.ReadRelaxed() < now)
        {
            _lastAccessed.WriteRelaxed(now);
        }
    }

    private static long After(long time, long ticks) => ticks > Never - time ? Never : time + ticks;
}
