using System.Globalization;

namespace HeadToHead;

/// <summary>How many of the keys of a trace a cache of some capacity has, where each that it has not is set. Exact: the same in every run, but for MemoryCache, which makes room on another thread.</summary>
internal static class HitRates
{
    private static readonly int[] s_capacities = [1_000, 10_000];

    /// <summary>Prints a table for each capacity.</summary>
    /// <returns>Whether, over all traces and capacities, ours has at least as many on the average as BitFaster's ConcurrentLru.</returns>
    public static bool Print()
    {
        double ours = 0;
        double lrus = 0;
        foreach (int capacity in s_capacities)
        {
            Console.WriteLine($"| capacity {capacity.ToString("N0", CultureInfo.InvariantCulture)} | SwmrCache | ConcurrentLru | ConcurrentLfu | MemoryCache |");
            Console.WriteLine("| --- | --- | --- | --- | --- |");
            foreach ((string name, int[] keys) in Traces.All)
            {
                double[] rates =
                [
                    Of<OurTypedCache<int>>(keys, capacity), Of<LruTypedCache<int>>(keys, capacity), Of<LfuTypedCache<int>>(keys, capacity), Of<MicrosoftsTypedCache<int>>(keys, capacity),
                ];
                Console.WriteLine($"| {name} | {string.Join(" | ", rates.Select(static rate => rate.ToString("P1", CultureInfo.InvariantCulture)))} |");
                ours += rates[0];
                lrus += rates[1];
            }

            Console.WriteLine();
        }

        return ours >= lrus;
    }

    internal static double Of<TCache>(int[] keys, int capacity)
        where TCache : struct, ITypedCache<TCache, int>
    {
        TCache cache = TCache.Create(capacity);
        int hits = 0;
        foreach (int key in keys)
        {
            if (cache.TryGet(key, out _))
            {
                hits++;
            }
            else
            {
                cache.Set(key, "value");
            }
        }

        return (double)hits / keys.Length;
    }
}
