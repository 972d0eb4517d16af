namespace Torture;

/// <summary>What is done and counted in the main run.</summary>
internal enum Deed
{
    /// <summary>A read in any of the ways; the next ones count those among them.</summary>
    Read,
    ImplicitRead,
    NestedRead,
    Refresh,
    Stall,
    Lease,
    Promotion,
    LeaseAcrossAwait,
    DroppedLease,

    /// <summary>A thread that ended, its handle disposed, and one that ended inside its guard.</summary>
    ThreadEnd,
    ThreadEndInside,
    Publication,
    Republication,

    /// <summary>The domain refused a publication because too much is pending.</summary>
    Refusal,
    AsynchronousDisposal,
    ThrowingCallback,

    /// <summary>Waits that ended with everything reclaimed, and those whose time ran out before.</summary>
    Synchronization,
    Timeout,
    Drain,

    /// <summary>A domain disposed while it was in use, and a worker that was turned away by one.</summary>
    DomainDisposal,
    Dismissal,
}

/// <summary>The counts of all threads, and what went wrong. Safe from any thread.</summary>
internal sealed class Tally
{
    private readonly long[] _counts = new long[Enum.GetValues<Deed>().Length];
    private long _violations;
    private long _made;
    private long _disposedTokens;
    private long _failures;
    private Exception? _firstFailure;

    public long this[Deed deed] => Interlocked.Read(ref _counts[(int)deed]);

    /// <summary>How often memory was found freed, or given to somebody else, under a reader or a lease; or something not reclaimed that had been waited for.</summary>
    public long Violations => Interlocked.Read(ref _violations);

    /// <summary>How many things were made that must be disposed.</summary>
    public long Made => Interlocked.Read(ref _made);

    /// <summary>How many of those without native memory were disposed.</summary>
    public long DisposedTokens => Interlocked.Read(ref _disposedTokens);

    /// <summary>How many exceptions came that nobody expects.</summary>
    public long Failures => Interlocked.Read(ref _failures);

    public Exception? FirstFailure => Volatile.Read(ref _firstFailure);

    public void Count(Deed deed) => Interlocked.Increment(ref _counts[(int)deed]);

    public void CountMade() => Interlocked.Increment(ref _made);

    public void CountDisposedToken() => Interlocked.Increment(ref _disposedTokens);

    public void Expect(bool condition)
    {
        if (!condition)
        {
            Interlocked.Increment(ref _violations);
        }
    }

    /// <summary>Takes over what one thread has counted for itself, and sets that to zero.</summary>
    public void Add(long[] counts)
    {
        for (int i = 0; i < counts.Length; i++)
        {
            if (counts[i] != 0)
            {
                Interlocked.Add(ref _counts[i], counts[i]);
                counts[i] = 0;
            }
        }
    }

    public void CountFailure(Exception exception)
    {
        Interlocked.CompareExchange(ref _firstFailure, exception, null);
        Interlocked.Increment(ref _failures);
    }
}
