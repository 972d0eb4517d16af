using System.Diagnostics;
using SwmrKit.Tests;

namespace SwmrKit;

/// <summary>
/// One writer that replaces values as fast as it can, and readers that use them in every way there is: whoever finds memory freed
/// that it protects counts a violation. Copied with the algorithm, so that its mutants run through the same code.
/// </summary>
/// <param name="plan">How long, and with whom.</param>
/// <param name="ways">The names of the ways in which the readers take turns.</param>
internal abstract class Stress(StressPlan plan, string[] ways)
{
    private const int WritesAtOnce = 128;
    private const int ReadsAtOnce = 1_000;
    private const int LongestSpinPerWrite = 64;

    private static readonly TimeSpan s_longestDrain = TimeSpan.FromSeconds(60);

    private readonly long[] _reads = new long[ways.Length];
    private readonly long[] _violations = new long[ways.Length];
    private long _writes;
    private volatile bool _stop;

    protected BlockQuarantine Blocks { get; } = new();

    protected RetirementDomain Domain { get; } = new(new RetirementOptions { BatchSize = plan.BatchSize });

    /// <summary>Replaces some values.</summary>
    /// <returns>How many.</returns>
    protected abstract int Write();

    /// <summary>Replaces what is left by nothing, when all readers have gone.</summary>
    protected abstract void Unlink();

    /// <summary>Reads in one way or another.</summary>
    /// <returns>The index of the way, and whether all that was read stayed intact.</returns>
    protected abstract (int Way, bool Intact) Read(ReaderHandle handle, uint random);

    protected StressResult Run()
    {
        Thread[] readers = [.. Enumerable.Range(1, plan.Readers).Select(seed => new Thread(() => ReadUntilStopped(seed)) { IsBackground = true })];
        Array.ForEach(readers, static reader => reader.Start());
        long start = Stopwatch.GetTimestamp();
        while ((_writes < plan.Writes || _reads.Sum() < plan.Reads)
            && _violations.Sum() < plan.EnoughViolations
            && Stopwatch.GetElapsedTime(start) < plan.Limit)
        {
            for (int i = 0; i < WritesAtOnce; i++)
            {
                Volatile.Write(ref _writes, _writes + Write());
            }
        }

        RetirementStatistics whileReading = Domain.Statistics;
        _stop = true;
        Array.ForEach(readers, static reader => reader.Join());

        Unlink();
        Domain.Dispose();
        if (!SpinWait.SpinUntil(() => Domain.Statistics.Pending == 0, s_longestDrain))
        {
            throw new TimeoutException($"{Domain.Statistics.Pending} are still pending, and no reader is left.");
        }

        RetirementStatistics drained = Domain.Statistics;
        Blocks.Dispose();
        return new StressResult
        {
            Writes = _writes,
            Reads = Enumerable.Range(0, ways.Length).ToDictionary(way => ways[way], way => (_reads[way], _violations[way])),
            RetiredWhileReading = whileReading.Retired,
            ReclaimedWhileReading = whileReading.Reclaimed,
            HeavyBarriers = whileReading.HeavyBarriers,
            Retired = drained.Retired,
            Reclaimed = drained.Reclaimed,
            Taken = Blocks.Taken,
            Freed = Blocks.Freed,
            FreedAgain = Blocks.FreedAgain,
        };
    }

    private void ReadUntilStopped(int seed)
    {
        using ReaderHandle handle = Domain.Register();
        var pressure = new StoreBufferPressure(seed);
        long[] reads = new long[ways.Length];
        long[] violations = new long[ways.Length];
        while (!_stop)
        {
            for (int i = 0; i < ReadsAtOnce && !_stop; i++)
            {
                (int way, bool intact) = Read(handle, pressure.Press());
                reads[way]++;
                violations[way] += intact ? 0 : 1;
            }

            for (int way = 0; way < ways.Length; way++)
            {
                Interlocked.Add(ref _reads[way], reads[way]);
                Interlocked.Add(ref _violations[way], violations[way]);
            }

            Array.Clear(reads);
            Array.Clear(violations);
        }
    }

    protected static bool StaysIntact(NativeBlock value, uint random)
    {
        bool intact = value.IsIntact;
        Thread.SpinWait((int)(random & 63));
        return value.IsIntact && intact;
    }

    protected void Stall(uint random)
    {
        if ((random & 1) == 0)
        {
            Thread.Sleep((random & 30) == 0 ? 30 : 1); // The longer one outlasts the flush delay: the timer's passes count too.
        }
        else
        {
            WaitForWrites(200);
        }
    }

    /// <summary>A few writes; seldom, and at the price of a time slice, even when the writer waits for this very core.</summary>
    protected void LetTheWriterGoOn(uint random)
    {
        WaitForWrites(4);
        if ((random & 15) == 0)
        {
            Thread.Yield();
        }
    }

    /// <summary>Until the writer has made some more writes, or seems to be away. Spinning only: on a busy machine a yield gives up milliseconds.</summary>
    protected void WaitForWrites(int count)
    {
        long enough = Volatile.Read(ref _writes) + count;
        for (int spins = 0; Volatile.Read(ref _writes) < enough && spins < count * LongestSpinPerWrite && !_stop; spins++)
        {
            Thread.SpinWait(8);
        }
    }
}
