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
}
