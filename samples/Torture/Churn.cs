using SwmrKit;
using SwmrKit.Tests;

namespace Torture;

/// <summary>Domains with options of all kinds, each created, used by readers and lease holders, and disposed under them; one after another.</summary>
internal sealed class Churn(BlockQuarantine blocks, Tally tally, int seed)
{
    private const int MostWrites = 4_000;
    private const int MostHolders = 4;

    private static readonly TimeSpan s_longestJoin = TimeSpan.FromSeconds(60);

    private readonly Random _random = new(seed);
    private readonly Lock _lock = new();
    private RetirementStatistics _ended; // Guarded by the lock.

    /// <summary>The counts of all domains that have come to their end.</summary>
    public RetirementStatistics Ended
    {
        get
        {
            lock (_lock)
            {
                return _ended;
            }
        }
    }

    public void Run(CancellationToken stop)
    {
        try
        {
            while (!stop.IsCancellationRequested)
            {
                RunOne();
            }
        }
#pragma warning disable CA1031 // Counted, and then the run has failed.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            tally.CountFailure(exception);
        }
    }

    private void RunOne()
    {
        var arena = new Arena(Options(), blocks, tally);
        var reader = new Thread(() => new Reader(arena, _random.Next(1, int.MaxValue)).Run(CancellationToken.None)) { IsBackground = true };
        reader.Start();
        Task[] holders =
        [
            .. Enumerable.Range(0, _random.Next(MostHolders + 1))
                .Select(_ => new LeaseHolder(arena, _random.Next()))
                .Select(holder => Task.Run(() => arena.RunAsync(holder.Hold))),
        ];
        for (int i = _random.Next(MostWrites); i > 0; i--)
        {
            arena.Write((uint)_random.Next(), withRoot: true);
        }

        arena.End(domainFirst: _random.Next(2) == 0);
        if (!reader.Join(s_longestJoin) || !Task.WaitAll(holders, s_longestJoin))
        {
            throw new TimeoutException($"{arena.Domain.Name} has been disposed, and somebody still reads it.");
        }

        if (!arena.Domain.DrainAsync().Wait(s_longestJoin)) // No lease is dropped here, which would have to be collected first.
        {
            throw new TimeoutException($"{arena.Domain.Name} has been left by everybody, and {arena.Domain.Statistics.Pending} are still pending.");
        }

        tally.Count(Deed.Drain);
        Add(arena.Domain.Statistics);
    }

    private RetirementOptions Options()
    {
        int batchSize = 1 << _random.Next(10);
        return new RetirementOptions
        {
            BatchSize = batchSize,
            FlushDelay = TimeSpan.FromMilliseconds(_random.Next(1, 30)),
            MaxPending = _random.Next(2) == 0 ? null : batchSize + _random.Next(256),
            Overflow = _random.Next(3) switch { 0 => RetirementOverflow.Grow, 1 => RetirementOverflow.Callback, _ => RetirementOverflow.Throw },
            MinHeavyInterval = TimeSpan.FromMilliseconds(_random.Next(4) == 0 ? 5 : 0),
            CallbackScheduler = _random.Next(4) == 0 ? TaskScheduler.Default : null,
            CaptureLeaseStacks = _random.Next(8) == 0,
        };
    }

    private void Add(RetirementStatistics one)
    {
        lock (_lock)
        {
            _ended = Sum(_ended, one);
        }
    }

    /// <summary>The counts of several domains together.</summary>
    public static RetirementStatistics Sum(RetirementStatistics a, RetirementStatistics b) => new()
    {
        Retired = a.Retired + b.Retired,
        Reclaimed = a.Reclaimed + b.Reclaimed,
        Abandoned = a.Abandoned + b.Abandoned,
        PendingBytes = a.PendingBytes + b.PendingBytes,
        HeavyBarriers = a.HeavyBarriers + b.HeavyBarriers,
        LeakedLeases = a.LeakedLeases + b.LeakedLeases,
        CallbackFailures = a.CallbackFailures + b.CallbackFailures,
        ReclaimFailures = a.ReclaimFailures + b.ReclaimFailures,
    };
}
