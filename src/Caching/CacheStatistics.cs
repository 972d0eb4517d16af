namespace SwmrKit;

/// <summary>Hits and misses, counted by each thread for itself and added up by whoever asks.</summary>
internal sealed class CacheStatistics : IDisposable
{
    [ThreadStatic]
    private static Counts? t_last; // Of the statistics the thread has counted in last: mostly those it counts in next, and found sooner than through _mine.

    private readonly ThreadLocal<Counts> _mine;
    private readonly Lock _lock = new();
    private readonly List<Counts> _all = []; // Guarded by the lock, as what follows.
    private long _endedHits;
    private long _endedMisses;

    public CacheStatistics() => _mine = new(Register);

    private Counts Mine => t_last is { } last && ReferenceEquals(last.Statistics, this) ? last : t_last = _mine.Value!;

    public void CountHit() => Increment(ref Mine.Hits);

    public void CountMiss() => Increment(ref Mine.Misses);

    /// <summary>The sums. What is counted meanwhile may be in them or not.</summary>
    public (long Hits, long Misses) Sum()
    {
        lock (_lock)
        {
            FoldEnded();
            return (_endedHits + _all.Sum(static counts => counts.Hits.ReadRelaxed()), _endedMisses + _all.Sum(static counts => counts.Misses.ReadRelaxed()));
        }
    }

    /// <summary>Nothing is counted any more; the sums stay.</summary>
    public void Dispose() => _mine.Dispose();

    private static void Increment(ref SharedInt64 count) => count.WriteRelaxed(count.ReadRelaxed() + 1);

    private Counts Register()
    {
        var counts = new Counts(this);
        lock (_lock)
        {
            FoldEnded();
            _all.Add(counts);
        }

        return counts;
    }

    /// <summary>Keeps the sums of threads that have ended, and not their counts. An ended thread has counted all it will: its end comes before IsAlive is false.</summary>
    private void FoldEnded() => _all.RemoveAll(counts =>
    {
        if (counts.Thread.IsAlive)
        {
            return false;
        }

        _endedHits += counts.Hits.ReadRelaxed();
        _endedMisses += counts.Misses.ReadRelaxed();
        return true;
    });

    /// <summary>One thread's: it writes, others read.</summary>
    private sealed class Counts(CacheStatistics statistics)
    {
        public SharedInt64 Hits;
        public SharedInt64 Misses;

        public CacheStatistics Statistics { get; } = statistics;

        public Thread Thread { get; } = Thread.CurrentThread;
    }
}
