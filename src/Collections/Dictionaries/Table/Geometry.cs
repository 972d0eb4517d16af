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

    /// <summary>Below this depth a table is small: that it is looked up in a few instructions counts for more than its memory.</summary>
    private const int SmallDepth = 3;

    public static Geometry Default { get; } = new(Fill: 56, ChunkBits: 7, FlatBits: 9, LeastFill: 8) { SmallFill = 32 };

    /// <summary>As <see cref="Fill"/>, of a page of a small table: groups with free slots end a search sooner.</summary>
    public int SmallFill { get; init; } = Fill;

    /// <summary>How many slots of a page that divides the hashes by so many bits are used before it is split or packed, if it can be.</summary>
    public int FillAt(int depth) => depth < SmallDepth ? SmallFill : Fill;

    /// <summary>Up to how many entries pages are merged to one of this depth, and how many it gets at most, on average, when a table is made for some: so many more can be added before it is split.</summary>
    public int MergeFillAt(int depth) => FillAt(depth) * 2 / 3;

    /// <summary>How deep a directory is made for so many entries: pages some two thirds full.</summary>
    public int DepthFor(long count)
    {
        int depth = 0;
        while (depth < MostDepth && (count >> depth) > MergeFillAt(depth))
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
