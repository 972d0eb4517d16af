namespace Torture;

/// <summary>What the process occupies, sampled once a second: whether it goes up for good. The collector lets it swing, so the lowest of each time counts.</summary>
internal sealed class MemoryTrend
{
    private const int FewestSamples = 20;
    private const double Allowed = 1.25;
    private const long AllowedBytes = 48L * 1024 * 1024;

    private readonly List<long> _samples = [];

    public long Now => _samples.Count > 0 ? _samples[^1] : 0;

    /// <summary>The lowest of the second quarter: the first is for warming up.</summary>
    public long Early => _samples.Count < FewestSamples ? Lowest(0, _samples.Count) : Lowest(_samples.Count / 4, _samples.Count / 2);

    /// <summary>The lowest of the last quarter.</summary>
    public long Late => _samples.Count < FewestSamples ? Lowest(0, _samples.Count) : Lowest(_samples.Count * 3 / 4, _samples.Count);

    /// <summary>Whether it grew by more than a quarter and 48 MiB; of a run too short to say it is not claimed.</summary>
    public bool HasGrown => Late > (Early * Allowed) + AllowedBytes;

    public void Add(long bytes) => _samples.Add(bytes);

    private long Lowest(int from, int to)
    {
        long lowest = from < to ? long.MaxValue : 0;
        for (int i = from; i < to; i++)
        {
            lowest = Math.Min(lowest, _samples[i]);
        }

        return lowest;
    }
}
