namespace SwmrKit;

/// <summary>Makes sets.</summary>
public static class CopyOnWriteSet
{
    /// <summary>Makes a set of items: what a collection expression calls.</summary>
    /// <typeparam name="T">The type of the items.</typeparam>
    /// <param name="items">The items. Of equal ones the first stays.</param>
    /// <returns>The set.</returns>
    /// <exception cref="ArgumentNullException">An item is null.</exception>
    public static CopyOnWriteSet<T> Create<T>(params ReadOnlySpan<T> items)
        where T : notnull => new(items.ToArray());

    /// <summary>Makes a set of the items of a collection.</summary>
    /// <typeparam name="T">The type of the items.</typeparam>
    /// <param name="source">The items. Of equal ones the first stays.</param>
    /// <param name="comparer">Compares the items; null for the default comparer of their type.</param>
    /// <returns>The set.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> or an item is null.</exception>
    public static CopyOnWriteSet<T> ToCopyOnWriteSet<T>(this IEnumerable<T> source, IEqualityComparer<T>? comparer = null)
        where T : notnull
    {
        ArgumentNullException.ThrowIfNull(source);
        return new CopyOnWriteSet<T>(source, comparer);
    }
}
