namespace SwmrKit;

/// <summary>The counts of a <see cref="SwmrCache{TKey, TValue}"/> since its creation; those of look-ups are 0 where they are not counted. Each is exact once nobody counts any more; together they are a sample.</summary>
public readonly record struct SwmrCacheStatistics
{
    /// <summary>How many look-ups found a value.</summary>
    public long Hits { get; init; }

    /// <summary>How many look-ups found none. Each call of <c>GetOrAdd</c> is one look-up, whether it makes the value or waits for it.</summary>
    public long Misses { get; init; }

    /// <summary>How many entries had to make room, those that were not kept because they weigh more than the capacity included.</summary>
    public long Evictions { get; init; }

    /// <summary>How many entries left because their time was over.</summary>
    public long Expirations { get; init; }

    /// <summary>The hits among the look-ups, 0 to 1; 0 when there were none.</summary>
    public double HitRatio => Hits + Misses == 0 ? 0 : (double)Hits / (Hits + Misses);
}
