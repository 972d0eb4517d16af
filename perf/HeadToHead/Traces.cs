namespace HeadToHead;

/// <summary>Sequences of keys as caches see them. Each is the same in every run.</summary>
internal static class Traces
{
    private const int Keys = 100_000;
    private const int Length = 1_000_000;

    public static IEnumerable<(string Name, int[] Keys)> All =>
    [
        ("zipf 0.8", Zipf(0.8, Length, seed: 1)),
        ("zipf 1.0", Zipf(1.0, Length, seed: 2)),
        ("zipf 1.2", Zipf(1.2, Length, seed: 3)),
        ("zipf, one in two read once", Between(Zipf(1.0, Length / 2, seed: 4), every: 1, first: 1_000_000, length: 1, isFresh: true)),
        ("zipf and scans of 50,000 once", Between(Zipf(1.0, Length / 2, seed: 5), every: 50_000, first: 1_000_000, length: 50_000, isFresh: true)),
        ("zipf and a scan of 20,000 again and again", Between(Zipf(1.0, Length / 2, seed: 6), every: 20_000, first: 1_000_000, length: 20_000, isFresh: false)),
        ("loop over 20,000", [.. Enumerable.Range(0, Length).Select(static i => i % 20_000)]),
        ("zipf that moves on ten times", [.. Enumerable.Range(0, 10).SelectMany(static i => Zipf(1.0, Length / 10, seed: 10 + i, first: 30_000 * i))]),
        ("mixed: zipf that moves on, scans, loops", [.. Enumerable.Range(0, 5).SelectMany(static i => Mixed(i))]),
    ];

    /// <summary>Keys of which the n-th most frequent comes as often as 1 / n to some power.</summary>
    private static int[] Zipf(double exponent, int length, int seed, int first = 0)
    {
        var random = new Random(seed);
        var sums = new double[Keys];
        double sum = 0;
        for (int i = 0; i < Keys; i++)
        {
            sums[i] = sum += Math.Pow(i + 1, -exponent);
        }

        int[] names = [.. Enumerable.Range(first, Keys)];
        random.Shuffle(names);
        var keys = new int[length];
        for (int i = 0; i < length; i++)
        {
            int found = Array.BinarySearch(sums, random.NextDouble() * sum);
            keys[i] = names[Math.Min(Keys - 1, found < 0 ? ~found : found)];
        }

        return keys;
    }

    /// <summary>Keys with scans between them.</summary>
    /// <param name="keys">The keys.</param>
    /// <param name="every">After how many of them there is a scan.</param>
    /// <param name="first">The first key of the first scan.</param>
    /// <param name="length">How many keys a scan has.</param>
    /// <param name="isFresh">Whether each has keys of its own.</param>
    private static int[] Between(int[] keys, int every, int first, int length, bool isFresh) =>
        [.. keys.Chunk(every).SelectMany((part, i) => part.Concat(Enumerable.Range(first + (isFresh ? i * length : 0), length)))];

    private static IEnumerable<int> Mixed(int part) =>
        Between(Zipf(0.9, Length / 10, 20 + part, first: part / 2 * 50_000), every: 10_000, 1_000_000 + (part % 2 * 5_000), length: 10_000, isFresh: false)
            .Concat(Enumerable.Range(0, Length / 20).Select(static i => 2_000_000 + (i % 12_000)));
}
