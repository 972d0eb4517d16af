using System.Diagnostics;
using System.Globalization;

namespace HeadToHead;

/// <summary>How long the additions to a dictionary keep their caller waiting, one by one, while it grows: the slowest are those that make room.</summary>
/// <remarks>
/// Every dictionary is filled several times with the same keys in the same order, hence grows each time at the same additions. Of an addition, the
/// shortest time counts: what the machine does besides hits one here and one there, growth hits the same one always. The collector is kept away.
/// </remarks>
internal static class Growth
{
    private const int Entries = 1_000_000;
    private const int Fills = 7;
    private const long Allocations = 240_000_000;
    private const double Most = 0.25;

    /// <summary>Prints a line for each dictionary and kind of key.</summary>
    /// <returns>Whether the slowest addition to ours takes at most a quarter of the slowest to each of the others, everywhere.</returns>
    public static bool Print() => Print("int", Keys.Numbers(Entries)) & Print("string", Keys.Strings(Entries));

    private static bool Print<TKey>(string kind, Keys<TKey> keys)
        where TKey : notnull
    {
        double ours = Slowest<OurTable<TKey>, TKey>(kind, keys);
        return ours <= Most * Slowest<PlainTable<TKey>, TKey>(kind, keys) & ours <= Most * Slowest<ConcurrentTable<TKey>, TKey>(kind, keys);
    }

    private static double Slowest<TTable, TKey>(string kind, Keys<TKey> keys)
        where TTable : struct, IWritableTable<TTable, TKey>
        where TKey : notnull
    {
        TKey[] added = keys.Present;
        var ticks = new long[added.Length];
        Array.Fill(ticks, long.MaxValue);
        for (int fill = 0; fill < Fills; fill++)
        {
            WithoutCollections(() => FillOnce<TTable, TKey>(added, ticks));
        }

        int slowest = Array.IndexOf(ticks, ticks.Max());
        long[] sorted = [.. ticks.Order()];
        double longest = Microseconds(sorted[^1]);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"one addition of {added.Length:N0}, {kind} keys: {TTable.Name} longest {longest:N1} us (at {slowest + 1:N0} entries), 99.99 % within {Microseconds(sorted[(int)(sorted.Length * 0.9999)]):N1} us, median {Microseconds(sorted[sorted.Length / 2]):N2} us"));
        return longest;
    }

    private static void FillOnce<TTable, TKey>(TKey[] added, long[] ticks)
        where TTable : struct, IWritableTable<TTable, TKey>
        where TKey : notnull
    {
        TTable table = TTable.Of([]);
        for (int i = 0; i < added.Length; i++)
        {
            long start = Stopwatch.GetTimestamp();
            table.Set(added[i], i);
            ticks[i] = Math.Min(ticks[i], Stopwatch.GetTimestamp() - start);
        }
    }

    private static void WithoutCollections(Action action)
    {
        GC.Collect();
        if (!GC.TryStartNoGCRegion(Allocations))
        {
            throw new InvalidOperationException("There is not enough memory to keep the collector away.");
        }

        action();
        GC.EndNoGCRegion(); // Throws if it came all the same.
    }

    private static double Microseconds(long ticks) => ticks * 1e6 / Stopwatch.Frequency;
}
