using SwmrKit;
using SwmrKit.Tests;

namespace Torture;

/// <summary>
/// A thread that reads without a pause, in every way there is, with its store buffer kept full. What it protects it looks at when it has
/// it and again a random while later.
/// </summary>
internal sealed class Reader(Arena arena, int seed)
{
    private const int ReadsAtOnce = 1_000;
    private const int LongestSpinPerWrite = 64;

    private readonly Tally _tally = arena.Tally;
    private readonly long[] _counts = new long[Enum.GetValues<Deed>().Length];
    private StoreBufferPressure _pressure = new(seed);

    /// <summary>Reads until it shall stop, or the arena ends.</summary>
    public void Run(CancellationToken stop) => arena.Run(() =>
    {
        try
        {
            while (!stop.IsCancellationRequested)
            {
                using ReaderHandle handle = arena.Domain.Register(); // Another one now and then.
                for (int i = 0; i < ReadsAtOnce && !stop.IsCancellationRequested; i++)
                {
                    Read(handle, _pressure.Press());
                    Count(Deed.Read);
                }

                _tally.Add(_counts);
            }
        }
        finally
        {
            _tally.Add(_counts);
        }
    });

    private void Read(ReaderHandle handle, uint random)
    {
        uint more = random >> 13;
        switch (random % 8_192)
        {
            case 0:
                ReadOnThreadThatEnds(more);
                break;
            case 1 or 2:
                ReadStalled(handle, more);
                break;
            case < 128:
                ReadNested(handle, more);
                break;
            case < 256:
                ReadRefreshing(handle, more);
                break;
            case < 512:
                ReadSlowCell(handle, more);
                break;
            case < 1_024:
                ReadUnderLease(more);
                break;
            case < 2_048:
                ReadUnderPromotion(handle, more);
                break;
            case < 4_096:
                ReadImplicitly(more);
                break;
            case < 6_144:
                ReadCell(handle, more);
                break;
            default:
                ReadUnderGuard(handle, more);
                break;
        }
    }

    private void ReadCell(ReaderHandle handle, uint random)
    {
        using CellRead<NativeBlock> read = arena.Cell.Read(handle);
        Examine(read.Value, random);
    }

    private void ReadUnderGuard(ReaderHandle handle, uint random)
    {
        using ReadGuard guard = handle.Enter();
        Examine(guard.Protect(ref arena.Root), random);
    }

    private void ReadImplicitly(uint random)
    {
        if ((random & 1) == 0)
        {
            using CellRead<NativeBlock> read = arena.Cell.Read();
            Examine(read.Value, random >> 1);
        }
        else
        {
            using ReadGuard guard = arena.Domain.Enter();
            Examine(guard.Protect(ref arena.Root), random >> 1);
        }

        Count(Deed.ImplicitRead);
    }

    private void ReadSlowCell(ReaderHandle handle, uint random)
    {
        using CellRead<SlowBlock> read = arena.SlowCell.Read(handle);
        bool intact = read.Value.IsIntact;
        Thread.SpinWait((int)(random & 63));
        _tally.Expect(read.Value.IsIntact && intact);
    }

    /// <summary>The inner guard protects something published after the outer one was entered, the outer one goes on protecting what it has.</summary>
    private void ReadNested(ReaderHandle handle, uint random)
    {
        using ReadGuard outer = handle.Enter();
        NativeBlock? first = outer.Protect(ref arena.Root);
        LetWritersGoOn(random);
        using (ReadGuard inner = handle.Enter())
        {
            Examine(inner.Protect(ref arena.Root), random);
            NativeBlock? second = inner.Read(arena.Cell);
            LetWritersGoOn(random);
            Examine(second, random);
            using CellRead<NativeBlock> innermost = arena.Cell.Read(handle);
            Examine(innermost.Value, random);
        }

        LetWritersGoOn(random);
        Examine(first, random);
        Count(Deed.NestedRead);
    }

    /// <summary>One guard for several reads, each of which gives up the one before.</summary>
    private void ReadRefreshing(ReaderHandle handle, uint random)
    {
        using ReadGuard guard = handle.Enter();
        for (int i = 0; i < 4; i++)
        {
            NativeBlock? found = guard.Protect(ref arena.Root);
            LetWritersGoOn(random >> i);
            Examine(found, random >> i);
            guard.Refresh();
        }

        Examine(guard.Read(arena.Cell), random);
        Count(Deed.Refresh);
    }

    /// <summary>Long inside one guard: what it found first, and what was published long after it was entered.</summary>
    private void ReadStalled(ReaderHandle handle, uint random)
    {
        using ReadGuard guard = handle.Enter();
        NativeBlock? first = guard.Protect(ref arena.Root);
        Stall(random);
        NativeBlock second = guard.Read(arena.Cell);
        Stall(random >> 1);
        NativeBlock? third = guard.Protect(ref arena.Root);
        WaitForWrites(4);
        Examine(first, random);
        Examine(second, random);
        Examine(third, random);
        Count(Deed.Stall);
    }

    private void ReadUnderLease(uint random)
    {
        using Lease<NativeBlock> lease = arena.Cell.Lease();
        Examine(lease.Value, random);
        Count(Deed.Lease);
    }

    /// <summary>The lease outlives the read, or guard, that it was made from.</summary>
    private void ReadUnderPromotion(ReaderHandle handle, uint random)
    {
        using Lease<NativeBlock> lease = Promote(handle, random);
        Examine(lease.Value, random >> 1);
        Count(Deed.Promotion);
    }

    private Lease<NativeBlock> Promote(ReaderHandle handle, uint random)
    {
        if ((random & 1) == 0)
        {
            using CellRead<NativeBlock> read = arena.Cell.Read(handle);
            return read.Lease();
        }

        using ReadGuard guard = handle.Enter();
        return guard.Lease(arena.Cell);
    }

    private void ReadOnThreadThatEnds(uint random)
    {
        bool inside = random % 4 != 0;
        var thread = new Thread(() => arena.Run(() => EndThread(random)));
        thread.Start();
        thread.Join();
        Count(inside ? Deed.ThreadEndInside : Deed.ThreadEnd);
    }

#pragma warning disable SWMR004 // Never left: the threads end inside.
    /// <summary>Leaves in order, or ends inside a guard that nobody will ever leave.</summary>
    private void EndThread(uint random)
    {
        switch (random % 4)
        {
            case 0:
                using (ReaderHandle handle = arena.Domain.Register())
                {
                    ReadCell(handle, random >> 2);
                }

                break;
            case 1:
                ReadGuard implicitly = arena.Domain.Enter();
                Examine(implicitly.Protect(ref arena.Root), random >> 2);
                break;
            case 2:
                ReadGuard withHandle = arena.Domain.Register().Enter();
                Examine(withHandle.Read(arena.Cell), random >> 2);
                break;
            default:
                CellRead<NativeBlock> read = arena.Cell.Read();
                Examine(read.Value, random >> 2);
                break;
        }
    }

#pragma warning restore SWMR004

    /// <summary>Looks at memory that is protected, at once and again a random while later. There is none in a root that has been taken down.</summary>
    private void Examine(NativeBlock? value, uint random)
    {
        if (value is not null)
        {
            bool intact = value.IsIntact;
            Thread.SpinWait((int)(random & 63));
            _tally.Expect(value.IsIntact && intact);
        }
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

    /// <summary>A few writes; seldom, and at the price of a time slice, even when the writers wait for this very core.</summary>
    private void LetWritersGoOn(uint random)
    {
        WaitForWrites(4);
        if ((random & 15) == 0)
        {
            Thread.Yield();
        }
    }

    /// <summary>Until there have been some more writes, or the writers seem to be away. Spinning only: on a busy machine a yield gives up milliseconds.</summary>
    private void WaitForWrites(int count)
    {
        long enough = arena.Cell.Version + count;
        for (int spins = 0; arena.Cell.Version < enough && spins < count * LongestSpinPerWrite && !arena.IsEnding; spins++)
        {
            Thread.SpinWait(8);
        }
    }

    private void Count(Deed deed) => _counts[(int)deed]++;
}
