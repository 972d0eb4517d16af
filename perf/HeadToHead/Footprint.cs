using System.Globalization;

namespace HeadToHead;

/// <summary>What an entry takes in memory: what the heap has grown by when a dictionary has been filled, keys and values aside.</summary>
internal static class Footprint
{
    private const double Most = 1.0;

    /// <summary>Prints a line for each dictionary and size.</summary>
    /// <returns>Whether ours takes at most what ConcurrentDictionary does, everywhere.</returns>
    public static bool Print()
    {
        bool passes = true;
        foreach (int count in new[] { 100, 10_000, 1_000_000 })
        {
            passes &= Print("int", Keys.Numbers(count));
            passes &= Print("string", Keys.Strings(count));
        }

        return passes;
    }

    private static bool Print<TKey>(string kind, Keys<TKey> keys)
        where TKey : notnull
    {
        (string Name, double Bytes)[] footprints =
        [
            Of<OurTable<TKey>, TKey>(keys), Of<PlainTable<TKey>, TKey>(keys), Of<ConcurrentTable<TKey>, TKey>(keys), Of<FrozenTable<TKey>, TKey>(keys),
            Of<ImmutableTable<TKey>, TKey>(keys),
        ];
        double ours = footprints[0].Bytes;
        foreach ((string name, double bytes) in footprints)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"bytes an entry, {keys.Count:N0} {kind} keys: {name} {bytes:0.0} ({ours / bytes:0.00})"));
        }

        return ours <= Most * Array.Find(footprints, static footprint => footprint.Name == ConcurrentTable<TKey>.Name).Bytes;
    }

    /// <summary>Of several equal ones at once where they are small, so that what the runtime does besides is small beside them.</summary>
    private static (string Name, double Bytes) Of<TTable, TKey>(Keys<TKey> keys)
        where TTable : struct, ITable<TTable, TKey>
        where TKey : notnull
    {
        var tables = new TTable[Math.Max(1, 1_000_000 / keys.Count)];
        TTable.Of(keys.Entries); // What is made once, for all of them.
        long before = GC.GetTotalMemory(forceFullCollection: true);
        for (int i = 0; i < tables.Length; i++)
        {
            tables[i] = TTable.Of(keys.Entries);
        }

        long after = GC.GetTotalMemory(forceFullCollection: true);
        GC.KeepAlive(tables);
        return (TTable.Name, (after - before) / ((double)tables.Length * keys.Count));
    }
}
