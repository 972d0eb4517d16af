namespace SwmrKit.Testing.Memory;

/// <summary>Stands in for space between words, of which a model has no need.</summary>
public readonly struct CacheLinePadding
{
    /// <summary>The size in bytes of the real one.</summary>
    public const int Size = 128;
}
