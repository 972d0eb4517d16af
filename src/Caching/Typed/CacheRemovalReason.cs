namespace SwmrKit;

/// <summary>Why an entry has left a <see cref="SwmrCache{TKey, TValue}"/>.</summary>
public enum CacheRemovalReason
{
    /// <summary>It was removed by its key.</summary>
    Removed,

    /// <summary>Another value was set under its key.</summary>
    Replaced,

    /// <summary>The cache was cleared.</summary>
    Cleared,

    /// <summary>Its time was over.</summary>
    Expired,

    /// <summary>It had to make room: another came, the capacity was lowered, or the cache was trimmed. Or it had none itself, weighing more than the capacity.</summary>
    Evicted,
}
