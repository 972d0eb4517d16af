namespace CacheNode;

/// <summary>Where a run stands.</summary>
/// <param name="Cache">Whose cache.</param>
/// <param name="Seconds">Since the start.</param>
/// <param name="Requests">Pages handed out.</param>
/// <param name="Hits">Look-ups that found a page.</param>
/// <param name="Misses">Look-ups that did not.</param>
/// <param name="Made">Pages made.</param>
/// <param name="Expired">Pages that left because their time was over.</param>
/// <param name="Capacity">Pages that left, or were not taken in, for want of room.</param>
/// <param name="Replaced">Pages put in the place of a good one.</param>
/// <param name="Entries">Pages in the cache.</param>
/// <param name="Size">The sum of their sizes.</param>
/// <param name="Room">The limit of that.</param>
/// <param name="TooOld">Pages handed out after their time.</param>
/// <param name="MadeTwice">Pages made while they were being made.</param>
/// <param name="OverRoom">How often the cache was found to be larger than its limit.</param>
/// <param name="Untold">Entries that were never told to be gone, or told twice if negative.</param>
internal sealed record Standing(
    string Cache, double Seconds, long Requests, long Hits, long Misses, long Made, long Expired, long Capacity, long Replaced, long Entries, long Size, long Room,
    long TooOld, long MadeTwice, long OverRoom, long Untold)
{
    public double HitRate => Hits + Misses == 0 ? 0 : (double)Hits / (Hits + Misses);

    /// <summary>What must not have happened.</summary>
    public IEnumerable<string> Complaints()
    {
        if (TooOld > 0)
        {
            yield return $"{TooOld:N0} pages were handed out after their time";
        }

        if (MadeTwice > 0)
        {
            yield return $"{MadeTwice:N0} pages were made while somebody was making them";
        }

        if (OverRoom > 0)
        {
            yield return $"the cache was found larger than its room {OverRoom:N0} times";
        }

        if (Size < 0 || Size != Entries)
        {
            yield return $"the cache counts {Entries:N0} entries of size 1 as {Size:N0}";
        }

        if (Untold != 0)
        {
            yield return $"{Untold:N0} entries are gone and nobody was told, or were told more than once";
        }
    }
}
