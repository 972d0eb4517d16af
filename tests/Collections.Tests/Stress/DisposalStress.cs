using SwmrKit.Tests;

namespace SwmrKit;

/// <summary>The cell and the bare guard under stress.</summary>
/// <remarks>
/// Two words are read and written by turns: a cell, which tracks births itself, and a bare root, which is protected by a guard
/// and retired with its birth.
/// </remarks>
internal sealed class DisposalStress : Stress
{
    private readonly SwmrCell<NativeBlock> _cell;
    private SharedReference<NativeBlock> _root;

    private DisposalStress(StressPlan plan)
        : base(plan, Enum.GetNames<WayToRead>())
    {
        _cell = new SwmrCell<NativeBlock>(new NativeBlock(Blocks), Domain);
        _root.Write(new NativeBlock(Blocks, Domain.Readers.Era));
    }

    public static StressResult Run(StressPlan plan) => new DisposalStress(plan).Run();

    protected override int Write()
    {
        _cell.Publish(new NativeBlock(Blocks));
        ReplaceRoot(new NativeBlock(Blocks, Domain.Readers.Era)); // O9: the birth before the publication.
        return 2;
    }

    protected override void Unlink()
    {
        ReplaceRoot(null);
        _cell.Dispose();
    }

    private void ReplaceRoot(NativeBlock? next)
    {
        NativeBlock old = _root.Read()!;
        _root.Write(next);
        Domain.Retire(old, static old => old.Dispose(), bytes: 0, old.Birth);
    }

    protected override (int Way, bool Intact) Read(ReaderHandle handle, uint random)
    {
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
        return ((int)way, intact);
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
        ReadGuard guard = Domain.Enter();
        NativeBlock value = guard.Protect(ref _root)!;
        return StaysIntact(value, random);
    }

    private bool EndInsideGuardOfHandle(uint random)
    {
        ReaderHandle handle = Domain.Register();
        ReadGuard guard = handle.Enter();
        NativeBlock value = guard.Read(_cell);
        return StaysIntact(value, random);
    }
#pragma warning restore SWMR004
}

/// <summary>The ways in which the readers take turns.</summary>
internal enum WayToRead
{
    Cell,
    Guard,
    Nested,
    Stalled,
    Lease,
    Promotion,
    LongLease,
    OnAThreadThatEnds,
}
