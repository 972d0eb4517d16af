namespace SwmrKit;

/// <summary>What a cache is asked for its measurements.</summary>
internal interface IMeasuredCache
{
    (long Hits, long Misses) Requests { get; }

    /// <summary>How many entries have expired, or gone for want of room.</summary>
    long Evictions { get; }

    int Count { get; }

    /// <summary>The sum of the entries' sizes, of a cache that has them.</summary>
    long Size { get; }
}
