namespace SwmrKit;

/// <summary>How a <see cref="DictionaryChangeLog{TKey, TValue}"/> works.</summary>
/// <typeparam name="TValue">The type of the values.</typeparam>
public sealed class DictionaryChangeLogOptions<TValue>
{
    /// <summary>How many changes are kept for those who read from a version on, a set without any counting as one; the latest set always is. From 0; 16,384 unless set.</summary>
    public int MaxChanges { get; init; } = 16_384;

    /// <summary>How long it waits after a set before it looks for the next: what is written meanwhile comes in one set, and a page written meanwhile is copied once. None unless set.</summary>
    public TimeSpan BatchInterval { get; init; }

    /// <summary>Says which values are the same; null for the default comparer of their type.</summary>
    public IEqualityComparer<TValue>? ValueComparer { get; init; }

    /// <summary>The clock of <see cref="BatchInterval"/>.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}
