namespace SwmrKit;

/// <summary>The exceptions that several dictionary types throw.</summary>
internal static class DictionaryErrors
{
    public static KeyNotFoundException NotFound<TKey>(TKey key) => new($"The key '{key}' is not in the dictionary.");

    public static InvalidOperationException NoLookup<TKey>(Type comparer, Type alternate) =>
        new($"The comparer {comparer} does not compare {typeof(TKey)} with {alternate}: it is no IAlternateEqualityComparer of the two.");

    public static InvalidOperationException DefaultLookup() => new("This look-up is the default value, which looks nowhere. GetAlternateLookup makes one.");

    public static InvalidOperationException NotAtAnEntry() => new("The enumeration has not started, or has ended: there is no entry that it is at.");

    public static int ToCount(long count) => count <= int.MaxValue ? (int)count : throw new OverflowException($"There are {count} entries, more than an Int32 can say.");

    public static ArgumentException Duplicate<TKey>(TKey key) => new($"The key '{key}' is in the dictionary already. Set replaces a value.", nameof(key));

    public static ArgumentException OfAnother(string parameter) => new("The snapshot is of another dictionary. Changes are found between two snapshots of one.", parameter);

    public static InvalidOperationException Contradictory<TKey>(IEqualityComparer<TKey> comparer, TKey key) =>
        new($"The comparer {comparer.GetType()} has given two answers about the key '{key}', or the key has changed. Nothing has been changed.");

    /// <summary>Refuses the use of a batch after its delegate's end, or on another thread.</summary>
    public static void ThrowIfEnded(bool isOpen, int thread)
    {
        if (!isOpen)
        {
            throw new InvalidOperationException("The batch has ended: it is for the delegate of Update only.");
        }

        if (Environment.CurrentManagedThreadId != thread)
        {
            throw new InvalidOperationException("The batch was used on another thread than that of its delegate, for which alone it is.");
        }
    }
}
