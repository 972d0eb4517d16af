using System.Diagnostics;
using SwmrKit.Tests;

namespace SwmrKit;

/// <summary>
/// One writer that replaces values as fast as it can, and readers that use them in every way there is: whoever finds memory freed
/// that it protects counts a violation. Copied with the algorithm, so that its mutants run through the same code.
/// </summary>
/// <remarks>
/// Two words are read and written by turns: a cell, which tracks births itself, and a bare root, which is protected by a guard
/// and retired with its birth.
/// </remarks>
internal sealed class DisposalStress
{
    private const int WritesAtOnce = 128;
    private const int ReadsAtOnce = 1_000;
    private const int LongestSpinPerWrite = 64;

    private static readonly TimeSpan s_longestDrain = TimeSpan.FromSeconds(60);
    private static readonly int s_ways = Enum.GetValues<WayToRead>().Length;

    private readonly StressPlan _plan;
    private readonly BlockQuarantine _blocks = new();
    private readonly RetirementDomain _domain;
    private readonly SwmrCell<NativeBlock> _cell;
    private readonly long[] _reads = new long[s_ways];
    private readonly long[] _violations = new long[s_ways];
    private SharedReference<NativeBlock> _root;
    private long _writes;
    private volatile bool _stop;

    private DisposalStress(StressPlan plan)
    {
        _plan = plan;
        _domain = new RetirementDomain(new RetirementOptions { BatchSize = plan.BatchSize });
        _cell = new SwmrCell<NativeBlock>(new NativeBlock(_blocks), _domain);
        _root.Write(new NativeBlock(_blocks, _domain.Readers.Era));
    }

    public static StressResult Run(StressPlan plan) => new DisposalStress(plan).Run();

    private StressResult Run()
    {
        Thread[] readers = [.. Enumerable.Range(1, _plan.Readers).Select(seed => new Thread(() => ReadUntilStopped(seed)) { IsBackground = true })];
        Array.ForEach(readers, static reader => reader.Start());
        long start = Stopwatch.GetTimestamp();
        while ((_writes < _plan.Writes || _reads.Sum() < _plan.Reads)
            && _violations.Sum() < _plan.EnoughViolations
            && Stopwatch.GetElapsedTime(start) < _plan.Limit)
        {
            for (int i = 0; i < WritesAtOnce; i++)
            {
                _cell.Publish(new NativeBlock(_blocks));
                ReplaceRoot(new NativeBlock(_blocks, _domain.Readers.Era)); // O9: the birth before the publication.
                Volatile.Write(ref _writes, _writes + 2);
            }
        }

        RetirementStatistics whileReading = _domain.Statistics;
        _stop = true;
        Array.ForEach(readers, static reader => reader.Join());

        ReplaceRoot(null);
        _cell.Dispose();
        _domain.Dispose();
        if (!SpinWait.SpinUntil(() => _domain.Statistics.Pending == 0, s_longestDrain))
        {
            throw new TimeoutException($"{_domain.Statistics.Pending} are still pending, and no reader is left.");
        }

        RetirementStatistics drained = _domain.Statistics;
        _blocks.Dispose();
        return new StressResult
        {
            Writes = _writes,
            Reads = Enum.GetValues<WayToRead>().ToDictionary(static way => way, way => (_reads[(int)way], _violations[(int)way])),
            RetiredWhileReading = whileReading.Retired,
            ReclaimedWhileReading = whileReading.Reclaimed,
            HeavyBarriers = whileReading.HeavyBarriers,
            Retired = drained.Retired,
            Reclaimed = drained.Reclaimed,
            Freed = _blocks.Freed,
            FreedAgain = _blocks.FreedAgain,
        };
    }

    private void ReplaceRoot(NativeBlock? next)
    {
        NativeBlock old = _root.Read()!;
        _root.Write(next);
        _domain.Retire(old, static old => old.Dispose(), bytes: 0, old.Birth);
    }

    private void ReadUntilStopped(int seed)
    {
        using ReaderHandle handle = _domain.Register();
        var pressure = new StoreBufferPressure(seed);
        long[] reads = new long[s_ways];
        long[] violations = new long[s_ways];
        while (!_stop)
        {
            for (int i = 0; i < ReadsAtOnce && !_stop; i++)
            {
                uint random = pressure.Press();
                (WayToRead way, bool intact) = (random % 4_096) switch
                {
                    0 => (WayToRead.OnAThreadThatEnds, ReadOnAThreadThatEnds(random >> 12)),
                    1 => (WayToRead.Stalled, ReadStalled(handle, random >> 12)),
                    2 => (WayToRead.LongLease, ReadLongUnderLeases(handle, random >> 12)),
                    < 64 => (WayToRead.Nested, ReadNested(handle, random >> 12)),
                    < 512 => (WayToRead.Lease, ReadUnderLease(random >> 12)),
                    < 1_024 => (WayToRead.Promotion, ReadUnderPromotion(handle, random >> 12)),
                    < 2_560 => (WayToRead.Cell, ReadCell(handle, random >> 12)),
                    _ => (WayToRead.Guard, ReadUnderGuard(handle, random >> 12)),
                };
                reads[(int)way]++;
                violations[(int)way] += intact ? 0 : 1;
            }

            for (int way = 0; way < s_ways; way++)
            {
                Interlocked.Add(ref _reads[way], reads[way]);
                Interlocked.Add(ref _violations[way], violations[way]);
            }

            Array.Clear(reads);
            Array.Clear(violations);
        }
    }

    private bool ReadCell(ReaderHandle handle, uint random)
    {
        using CellRead<NativeBlock> read = _cell.Read(handle);
        return StaysIntact(read.Value, random);
    }

    private bool ReadUnderGuard(ReaderHandle handle, uint random)
    {
        using ReadGuard guard = handle.Enter();
        NativeBlock value = guard.Protect(ref _root)!;
        return StaysIntact(value, random);
    }

    /// <summary>The inner guard protects something published after the outer one was entered, the outer one goes on protecting what it has.</summary>
    private bool ReadNested(ReaderHandle handle, uint random)
    {
        using ReadGuard outer = handle.Enter();
        NativeBlock first = outer.Protect(ref _root)!;
        LetTheWriterGoOn(random);
        bool intact;
        using (ReadGuard inner = handle.Enter())
        {
            NativeBlock second = inner.Protect(ref _root)!;
            intact = StaysIntact(second, random);
            LetTheWriterGoOn(random);
            intact &= second.IsIntact;
        }

        LetTheWriterGoOn(random);
        return StaysIntact(first, random) && intact;
    }

    /// <summary>Long inside one guard: what it found first, and what was published long after it was entered.</summary>
    private bool ReadStalled(ReaderHandle handle, uint random)
    {
        ReadGuard guard = handle.Enter();
        NativeBlock first = guard.Protect(ref _root)!;
        Stall(random);
        NativeBlock second = guard.Read(_cell);
        Stall(random >> 1);
        NativeBlock third = guard.Protect(ref _root)!;
        WaitForWrites(4);
        bool intact = StaysIntact(first, random) && second.IsIntact && third.IsIntact;
        guard.Dispose();
        return intact;
    }

    private bool ReadUnderLease(uint random)
    {
        using Lease<NativeBlock> lease = _cell.Lease();
        return StaysIntact(lease.Value, random);
    }

    /// <summary>The lease outlives the read, or guard, that it was made from.</summary>
    private bool ReadUnderPromotion(ReaderHandle handle, uint random)
    {
        Lease<NativeBlock> lease;
        if ((random & 1) == 0)
        {
            using CellRead<NativeBlock> read = _cell.Read(handle);
            lease = read.Lease();
        }
        else
        {
            using ReadGuard guard = handle.Enter();
            lease = guard.Lease(_cell);
        }

        using (lease)
        {
            return StaysIntact(lease.Value, random >> 1);
        }
    }

    /// <summary>Leases held for long, beside guards that come and go; released by another thread, and one of them again at the same time by this.</summary>
    private bool ReadLongUnderLeases(ReaderHandle handle, uint random)
    {
        Lease<NativeBlock> first = _cell.Lease();
        Stall(random);
        Lease<NativeBlock> second;
        using (CellRead<NativeBlock> read = _cell.Read(handle))
        {
            second = read.Lease();
        }

        WaitForWrites(4);
        bool intact = StaysIntact(first.Value, random) && second.Value.IsIntact;
        var releasing = Task.Run(() =>
        {
            bool stillIntact = second.Value.IsIntact;
            second.Dispose();
            first.Dispose();
            return stillIntact;
        });
        first.Dispose();
        return releasing.GetAwaiter().GetResult() && intact;
    }

    private bool ReadOnAThreadThatEnds(uint random)
    {
        bool intact = false;
        var thread = new Thread(() => intact = (random % 3) switch
        {
            0 => ReadCellImplicitly(random >> 2),
            1 => EndInsideImplicitGuard(random >> 2),
            _ => EndInsideGuardOfHandle(random >> 2),
        });
        thread.Start();
        thread.Join();
        return intact;
    }

    private bool ReadCellImplicitly(uint random)
    {
        using CellRead<NativeBlock> read = _cell.Read();
        return StaysIntact(read.Value, random);
    }

#pragma warning disable SWMR004 // Left open: the thread ends inside.
    private bool EndInsideImplicitGuard(uint random)
    {
        ReadGuard guard = _domain.Enter();
        NativeBlock value = guard.Protect(ref _root)!;
        return StaysIntact(value, random);
    }

    private bool EndInsideGuardOfHandle(uint random)
    {
        ReaderHandle handle = _domain.Register();
        ReadGuard guard = handle.Enter();
        NativeBlock value = guard.Read(_cell);
        return StaysIntact(value, random);
    }
#pragma warning restore SWMR004

    private static bool StaysIntact(NativeBlock value, uint random)
    {
        bool intact = value.IsIntact;
        Thread.SpinWait((int)(random & 63));
        return value.IsIntact && intact;
    }

    private void Stall(uint random)
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
    private void LetTheWriterGoOn(uint random)
    {
        WaitForWrites(4);
        if ((random & 15) == 0)
        {
            Thread.Yield();
        }
    }

    /// <summary>Until the writer has made some more writes, or seems to be away. Spinning only: on a busy machine a yield gives up milliseconds.</summary>
    private void WaitForWrites(int count)
    {
        long enough = Volatile.Read(ref _writes) + count;
        for (int spins = 0; Volatile.Read(ref _writes) < enough && spins < count * LongestSpinPerWrite && !_stop; spins++)
        {
            Thread.SpinWait(8);
        }
    }
}
