namespace SwmrKit;

/// <summary>The exceptions that several dictionary types throw.</summary>
internal static class DictionaryErrors
{
    public static KeyNotFoundException NotFound<TKey>(TKey key) => new($"The key '{key}' is not in the dictionary.");

    public static ArgumentException Duplicate<TKey>(TKey key) => new($"The key '{key}' is in the dictionary already. Set replaces a value.", nameof(key));
}
