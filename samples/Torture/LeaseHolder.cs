using System.Runtime.CompilerServices;
using SwmrKit;
using SwmrKit.Tests;

namespace Torture;

/// <summary>Holds leases across await, each taken on one thread and, as a rule, released on another; drops one now and then.</summary>
internal sealed class LeaseHolder(Arena arena, int seed)
{
    private const int LongestHold = 40;

    private readonly Random _random = new(seed);

    /// <summary>Takes one lease after another.</summary>
    public Task Run(CancellationToken stop) => arena.RunAsync(async () =>
    {
        while (!stop.IsCancellationRequested)
        {
            await Hold();
            if (_random.Next(512) == 0)
            {
                Drop();
                arena.Tally.Count(Deed.DroppedLease);
            }
        }
    });

    /// <summary>Takes one lease and gives it back a while later.</summary>
    public async Task Hold()
    {
        using Lease<NativeBlock> lease = Take(_random.Next(3));
        await Examine(lease);
        if (_random.Next(4) == 0)
        {
            using Lease<NativeBlock> another = arena.Cell.Lease();
            await Examine(another);
            await Examine(lease);
        }

        arena.Tally.Count(Deed.LeaseAcrossAwait);
    }

    private async Task Examine(Lease<NativeBlock> lease)
    {
        bool intact = lease.Value.IsIntact;
        if (_random.Next(2) == 0)
        {
            await Task.Yield();
        }
        else
        {
            await Task.Delay(_random.Next(LongestHold));
        }

        arena.Tally.Expect(lease.Value.IsIntact && intact);
    }

    private Lease<NativeBlock> Take(int way)
    {
        if (way == 0)
        {
            return arena.Cell.Lease();
        }

        if (way == 1)
        {
            using CellRead<NativeBlock> read = arena.Cell.Read();
            return read.Lease();
        }

        using ReadGuard guard = arena.Domain.Enter();
        return guard.Lease(arena.Cell);
    }

    /// <summary>Nobody knows when the value is no longer used: it must never be disposed. In a method of its own, so that nothing keeps the lease.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
#pragma warning disable SWMR004 // Dropped: that is what it is for.
    private void Drop() => _ = arena.Cell.Lease();
#pragma warning restore SWMR004
}
