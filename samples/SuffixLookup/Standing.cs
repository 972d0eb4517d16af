using SwmrKit;

namespace SuffixLookup;

/// <summary>What one contestant has done so far.</summary>
internal sealed class Standing(IContestant contestant)
{
    private long _reads;
    private long _violations;
    private long _checksum;
    private TimeSpan _elapsed;

    public IContestant Contestant { get; } = contestant;

    public double ReadsPerSecond => _elapsed > TimeSpan.Zero ? Interlocked.Read(ref _reads) / _elapsed.TotalSeconds : 0;

    public long Violations => Interlocked.Read(ref _violations);

    /// <summary>The counts of the contestant that retires; zero for the others, which cannot.</summary>
    public RetirementStatistics Retirement { get; private set; }

    public long Publishes { get; private set; }

    /// <summary>Adds one reader's part of a turn.</summary>
    public void Count(long reads, long violations, long checksum)
    {
        Interlocked.Add(ref _reads, reads);
        Interlocked.Add(ref _violations, violations);
        Interlocked.Add(ref _checksum, checksum);
    }

    public void Add(TimeSpan elapsed)
    {
        _elapsed += elapsed;
        Sample();
    }

    public void Sample()
    {
        if (Contestant is SwmrContestant ours)
        {
            Retirement = ours.Domain.Statistics;
            Publishes = ours.Publishes;
        }
    }
}
