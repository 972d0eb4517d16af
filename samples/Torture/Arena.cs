using SwmrKit;
using SwmrKit.Tests;

namespace Torture;

/// <summary>
/// One domain with what is read and replaced in it: a cell of native memory, a cell of what is disposed asynchronously, and a bare
/// root, which is protected by guards and retired with its birth.
/// </summary>
internal sealed class Arena
{
    private const long Bytes = BlockQuarantine.Words * sizeof(long);

    private static readonly TimeSpan s_longestDrain = TimeSpan.FromSeconds(60);

    private readonly BlockQuarantine _blocks;
    private SharedReference<NativeBlock> _root;
    private volatile bool _isEnding;

    public Arena(RetirementOptions options, BlockQuarantine blocks, Tally tally)
    {
        _blocks = blocks;
        Tally = tally;
        Domain = new RetirementDomain(options);
        Domain.CallbackFailed += (_, failure) =>
        {
            if (failure.Exception is DeliberateException)
            {
                tally.Count(Deed.ThrowingCallback);
            }
            else
            {
                tally.CountFailure(failure.Exception);
            }
        };
        Domain.ReclaimFailed += (_, failure) =>
        {
            if (failure.Exception is not TimeoutException) // That is Dispose, on a machine too busy to let the readers leave: Settle waits on.
            {
                tally.CountFailure(failure.Exception);
            }
        };
        Cell = new SwmrCell<NativeBlock>(Make(), Domain);
        SlowCell = new SwmrCell<SlowBlock>(MakeSlow(0), Domain);
        _root.Write(Make());
    }

    public RetirementDomain Domain { get; }

    public SwmrCell<NativeBlock> Cell { get; }

    public SwmrCell<SlowBlock> SlowCell { get; }

    public ref SharedReference<NativeBlock> Root => ref _root;

    public Tally Tally { get; }

    /// <summary>Whether readers may find the domain or a cell disposed from now on.</summary>
    public bool IsEnding => _isEnding;

    /// <summary>Writes once. Any thread may, but only one <paramref name="withRoot"/>.</summary>
    public void Write(uint random, bool withRoot)
    {
        switch (random % 512)
        {
            case < 4:
                Replace(SlowCell, MakeSlow(random >> 9), static refused => refused.Discard());
                break;
            case < 64:
                Exchange(random >> 9);
                break;
            case < 96:
                Update();
                break;
            case < 256:
                Replace(Cell, Make(), static refused => refused.Dispose());
                break;
            case var way when withRoot:
                ReplaceRoot(way);
                break;
        }
    }

    /// <summary>Does a worker's work, and takes what ends it: an arena that is being disposed, or a failure.</summary>
    public void Run(Action work)
    {
        try
        {
            work();
        }
        catch (ObjectDisposedException) when (_isEnding)
        {
            Tally.Count(Deed.Dismissal);
        }
#pragma warning disable CA1031 // Counted, and then the run has failed.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Tally.CountFailure(exception);
        }
    }

    /// <inheritdoc cref="Run"/>
    public async Task RunAsync(Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (ObjectDisposedException) when (_isEnding)
        {
            Tally.Count(Deed.Dismissal);
        }
#pragma warning disable CA1031 // As above.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Tally.CountFailure(exception);
        }
    }

    /// <summary>Retires everything and disposes the domain, whoever is still inside; call it on the thread that writes the root.</summary>
    public void End(bool domainFirst)
    {
        _isEnding = true;
        if (domainFirst)
        {
            Domain.Dispose();
        }

        Cell.Dispose();
        SlowCell.Dispose();
        Retire(Swap(null)!);
        Domain.Dispose();
        Tally.Count(Deed.DomainDisposal);
    }

    /// <summary>Waits, after the end and when all workers have left, until nothing is pending. Dropped leases must be collected for that.</summary>
    public RetirementStatistics Settle()
    {
        long end = Environment.TickCount64 + (long)s_longestDrain.TotalMilliseconds;
        while (!Domain.Synchronize(TimeSpan.FromMilliseconds(50)) || Domain.Statistics.Pending > 0 || Domain.LeasesHeld > 0)
        {
            if (Environment.TickCount64 > end)
            {
                Tally.CountFailure(new TimeoutException($"{Domain.Name}: {Domain.Statistics.Pending} are still pending and {Domain.LeasesHeld} leases held, and no worker is left."));
                break;
            }

            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        return Domain.Statistics;
    }

    private void Replace<T>(SwmrCell<T> cell, T next, Action<T> refused)
        where T : class
    {
        try
        {
            cell.Publish(next);
            Tally.Count(Deed.Publication);
        }
        catch (RetirementOverflowException)
        {
            Tally.Count(Deed.Refusal);
            refused(next);
        }
    }

    private void Update()
    {
        NativeBlock next = Make();
        try
        {
            Cell.Update(_ => next);
            Tally.Count(Deed.Publication);
        }
        catch (RetirementOverflowException)
        {
            Tally.Count(Deed.Refusal);
            next.Dispose();
        }
    }

    /// <summary>Exchanges a value out, and publishes it again or retires it: readers may have held it all the time.</summary>
    private void Exchange(uint random)
    {
        Detached<NativeBlock> detached = Cell.Exchange(Make())!;
        Tally.Count(Deed.Publication);
        Thread.SpinWait((int)(random & 63));
        if ((random & 64) == 0)
        {
            detached.Retire();
            return;
        }

        try
        {
            Cell.Publish(detached.Value);
            Tally.Count(Deed.Republication);
        }
        catch (RetirementOverflowException)
        {
            detached.Retire();
        }
    }

    private void ReplaceRoot(uint way)
    {
        NativeBlock next = Make();
        Tally.Count(Deed.Publication);
        switch (way % 64)
        {
            case 0:
                NativeBlock old = Swap(next)!;
                Domain.Retire(old, static old =>
                {
                    old.Dispose();
                    throw new DeliberateException();
                }, Bytes, old.Birth);
                break;
            case < 8:
                ReplaceRootInReservedRoom(next);
                break;
            default:
                Retire(Swap(next)!);
                break;
        }
    }

    private void ReplaceRootInReservedRoom(NativeBlock next)
    {
        try
        {
            using RetirementReservation room = Domain.Reserve();
            NativeBlock old = Swap(next)!;
            room.Retire(old, Bytes, old.Birth);
        }
        catch (RetirementOverflowException)
        {
            Tally.Count(Deed.Refusal);
            next.Dispose(); // It was not published.
        }
    }

    private NativeBlock? Swap(NativeBlock? next)
    {
        NativeBlock? old = _root.Read();
        _root.Write(next);
        return old;
    }

    private void Retire(NativeBlock old) => Domain.Retire(old, Bytes, old.Birth);

    /// <summary>With the era as its birth, which is read before its publication (O9).</summary>
    private NativeBlock Make()
    {
        Tally.CountMade();
        return new NativeBlock(_blocks, Domain.Readers.Era);
    }

    private SlowBlock MakeSlow(uint random) => new(Make(), random, Tally);
}
