namespace SwmrKit;

/// <summary>The sizes of a table; the model checker's scenarios use small ones, so that a few keys make a table grow.</summary>
/// <param name="Fill">How many slots of a page are used before it is split or packed.</param>
/// <param name="ChunkBits">Links in a chunk of the directory, as a power of two.</param>
/// <param name="FlatBits">Up to how many links, as a power of two, there is one chunk only.</param>
/// <param name="LeastFill">How many entries there must be for each link before the directory doubles; with half as many all is rebuilt.</param>
internal sealed record Geometry(int Fill, int ChunkBits, int FlatBits, int LeastFill)
{
    /// <summary>The deepest directory: beyond, more bits of a hash would not be worth the memory.</summary>
    public const int MostDepth = 24;

    public static Geometry Default { get; } = new(Fill: 56, ChunkBits: 7, FlatBits: 9, LeastFill: 8);

    /// <summary>Up to how many entries pages are merged, and how many a page gets at most, on average, when a table is made for some: so many more can be added before it is split.</summary>
    public int MergeFill => Fill * 2 / 3;

    /// <summary>How deep a directory is made for so many entries: pages some two thirds full.</summary>
    public int DepthFor(long count)
    {
        int depth = 0;
        while (depth < MostDepth && (count >> depth) > MergeFill)
        {
            depth++;
        }

        return depth;
    }

    /// <summary>Whether so many entries are worth a directory of this depth.</summary>
    public bool IsWorth(int depth, long count) => depth <= MostDepth && ((long)LeastFill << depth) <= count;

    /// <summary>Whether a directory of this depth has become too large for what it holds.</summary>
    public bool IsWasteful(int depth, long count) => depth > 0 && ((long)LeastFill << depth) > 2 * count;

    /// <summary>Whether so few live entries in a chain of pages that have so many slots are worth packing.</summary>
    public static bool IsSparse(int alive, int slots) => 4 * alive < slots;
}
