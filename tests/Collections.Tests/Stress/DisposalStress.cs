using System.Diagnostics;

namespace SwmrKit.Tests;

/// <summary>
/// One writer that replaces a value as fast as it can, and readers that use it: whoever meets a value already disposed counts a
/// violation. The heavy barrier is given, so that a broken one runs through the same code.
/// </summary>
internal sealed class DisposalStress(Action heavy, int batchSize)
{
    private const int PressureBytes = 64 * 1024 * 1024;
    private const int PressedLines = 4;

    private readonly byte[] _pressure = GC.AllocateUninitializedArray<byte>(PressureBytes);
    private long _reads;
    private long _violations;
    private volatile bool _stop;

    public long Reads => Interlocked.Read(ref _reads);

    public long Violations => Interlocked.Read(ref _violations);

    public long Writes { get; private set; }

    /// <summary>The counts when the last write had been made and the readers were still reading.</summary>
    public RetirementStatistics WhileReading { get; private set; }

    /// <summary>The counts after the readers had left and the cell was disposed.</summary>
    public RetirementStatistics Drained { get; private set; }

    /// <summary>Runs until both counts are reached, or for a control until enough violations were seen, or the time is over.</summary>
    public void Run(int readers, long writes, long reads, long enoughViolations, TimeSpan limit)
    {
        var domain = new RetirementDomain(new RetirementOptions { BatchSize = batchSize }, heavy);
        var cell = new SwmrCell<Canary>(new Canary(), domain);
        Thread[] threads = [.. Enumerable.Range(1, readers).Select(seed => new Thread(() => Read(cell, (uint)seed * 2_654_435_761)) { IsBackground = true })];
        foreach (Thread thread in threads)
        {
            thread.Start();
        }

        long start = Stopwatch.GetTimestamp();
        while ((Writes < writes || Reads < reads) && Violations < enoughViolations && Stopwatch.GetElapsedTime(start) < limit)
        {
            for (int i = 0; i < 256; i++)
            {
                cell.Publish(new Canary());
            }

            Writes += 256;
        }

        WhileReading = domain.Statistics;
        _stop = true;
        foreach (Thread thread in threads)
        {
            thread.Join();
        }

        cell.Dispose();
        domain.Dispose();
        Wait.Until(() => domain.Statistics.Pending == 0, "the drain");
        Drained = domain.Statistics;
    }

    private void Read(SwmrCell<Canary> cell, uint random)
    {
        using ReaderHandle handle = cell.Domain.Register();
        long violations = 0;
        while (!_stop)
        {
            for (int i = 0; i < 1_000; i++)
            {
                random = Press(random);
                using CellRead<Canary> read = cell.Read(handle);
                Canary value = read.Value;

                // Looked at over a random while: a value disposed at any moment of it is a violation.
                bool alive = value.IsAlive;
                for (uint spin = random & 63; spin > 0 && alive; spin--)
                {
                    alive = value.IsAlive;
                }

                violations += alive ? 0 : 1;
            }

            Interlocked.Add(ref _reads, 1_000);
            Interlocked.Add(ref _violations, violations);
            violations = 0;
        }
    }

    /// <summary>Stores that miss the cache, right before the announcement, which then waits behind them in the store buffer.</summary>
    private uint Press(uint random)
    {
        for (int i = 0; i < PressedLines; i++)
        {
            random ^= random << 13;
            random ^= random >> 17;
            random ^= random << 5;
            _pressure[random % PressureBytes] = (byte)i;
        }

        return random;
    }
}
