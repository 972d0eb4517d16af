using SwmrKit.Testing;
using SwmrKit.Tests;

namespace SwmrKit;

/// <summary>Leases: taken, made from reads, released, dropped, while what they hold is replaced.</summary>
internal static class LeaseScenarios
{
    /// <summary>A lease is taken while a writer replaces the value.</summary>
    public static Scenario LeaseAgainstRetire => new(
        static () =>
        {
            (World world, SwmrCell<Resource> cell) = Create(readers: 0);
            World.Run(("L", () => UseAndDispose(cell.Lease())), ("W", () => cell.Publish(new Resource())));
            world.Drain();
        },
        Plain: 3,
        Full: null);

    /// <summary>The same, twice by turns, while the writer replaces twice: what the first look finds may be gone at the second, and a slot is used again.</summary>
    public static Scenario LeaseTakenAgain => new(
        static () =>
        {
            (World world, SwmrCell<Resource> cell) = Create(readers: 0);
            World.Run(
                ("L", () =>
                {
                    UseAndDispose(cell.Lease());
                    UseAndDispose(cell.Lease());
                }
            ),
                ("W", () =>
                {
                    cell.Publish(new Resource());
                    cell.Publish(new Resource());
                }
            ));
            world.Drain();
            Model.Assert(world.Domain.LeasesHeld == 0, "a slot was lost");
        },
        Plain: 2,
        Full: 3);

    /// <summary>A read is made into a lease, which outlives it, while the value is replaced.</summary>
    public static Scenario PromotionAgainstRetire => new(
        static () =>
        {
            (World world, SwmrCell<Resource> cell) = Create(readers: 1);
            World.Run(("L", () => UseAndDispose(Promote(cell, world))), ("W", () => cell.Publish(new Resource())));
            world.Drain();
        },
        Plain: 2,
        Full: null);

    /// <summary>A lease is taken under a guard that was open before, and is younger than its value.</summary>
    public static Scenario PromotionUnderOpenGuard => new(
        static () =>
        {
            (World world, SwmrCell<Resource> cell) = Create(readers: 1);
            World.Run(
                ("L", () =>
                {
                    var guard = new ReadGuard(world.Slot(0));
                    Lease<Resource> lease = guard.Lease(cell);
                    guard.Dispose();
                    UseAndDispose(lease);
                }
            ),
                ("W", () =>
                {
                    cell.Publish(new Resource());
                    cell.Publish(new Resource());
                }
            ));
            world.Drain();
        },
        Plain: 1,
        Full: null);

    /// <summary>The domain's first lease, made from a read: the table of hazards grows while a retirement scans.</summary>
    public static Scenario RegistryGrowthDuringScan => new(
        static () =>
        {
            (World world, SwmrCell<Resource> cell) = Create(readers: 1, hazards: false);
            World.Run(("L", () => UseAndDispose(Promote(cell, world))), ("W", () => cell.Publish(new Resource())));
            world.Drain();
        },
        Plain: 2,
        Full: null);

    /// <summary>Two threads dispose one lease; each then takes another, of different objects, one of which is replaced.</summary>
    public static Scenario DoubleDisposeAndReuse => new(
        static () =>
        {
            (World world, SwmrCell<Resource> cell) = Create(readers: 0);
            var other = new SwmrCell<Resource>(new Resource(), world.Domain);
            Lease<Resource> shared = cell.Lease();
            World.Run(
                ("L1", () =>
                {
                    shared.Dispose();
                    UseAndDispose(cell.Lease());
                }
            ),
                ("L2", () =>
                {
                    shared.Dispose();
                    Lease<Resource> lease = other.Lease();
                    cell.Publish(new Resource());
                    UseAndDispose(lease);
                }
            ));
            world.Drain();
        },
        Plain: 2,
        Full: null);

    /// <summary>A lease passed to another thread and released there.</summary>
    public static Scenario ReleasedElsewhere => new(
        static () =>
        {
            (World world, SwmrCell<Resource> cell) = Create(readers: 0);
            SharedReference<Lease<Resource>> passed = default;
            World.Run(
                ("L1", () => passed.Write(cell.Lease())),
                ("L2", () =>
                {
                    var spinner = default(Spinner);
                    Lease<Resource>? lease;
                    while ((lease = passed.Read()) is null)
                    {
                        spinner.Spin();
                    }

                    UseAndDispose(lease);
                }
            ),
                ("W", () => cell.Publish(new Resource())));
            world.Drain();
        },
        Plain: 1,
        Full: 2);

    /// <summary>A value is exchanged out and published again while a lease from its first time is held.</summary>
    public static Scenario LeaseOfWhatIsPublishedAgain => new(
        static () =>
        {
            (World world, SwmrCell<Resource> cell) = Create(readers: 0);
            World.Run(
                ("L", () => UseAndDispose(cell.Lease())),
                ("W", () =>
                {
                    Detached<Resource> old = cell.Exchange(new Resource())!;
                    cell.Publish(old.Value);
                    cell.Publish(new Resource());
                }
            ));
            world.Drain();
        },
        Plain: 2,
        Full: null);

    /// <summary>A value is exchanged out and handed to its domain, as anything else is, while a lease of it is taken.</summary>
    public static Scenario LeaseOfWhatIsHandedOver => new(
        static () =>
        {
            (World world, SwmrCell<Resource> cell) = Create(readers: 0);
            World.Run(
                ("L", () => UseAndDispose(cell.Lease())),
                ("W", () => world.Domain.Retire(cell.Exchange(new Resource())!.Value)));
            world.Drain();
        },
        Plain: 2,
        Full: null);

    /// <summary>What is exchanged out is retired by two threads at once, one of which hands it to the domain: it is disposed once.</summary>
    public static Scenario RetiredTwiceAtOnce => new(
        static () =>
        {
            (World world, SwmrCell<Resource> cell) = Create(readers: 0, hazards: false);
            Detached<Resource> detached = cell.Exchange(new Resource())!;
            Resource value = detached.Value;
            bool byItself = false;
            bool byDomain = false;
            World.Run(
                ("R1", () => byItself = Succeeds(detached.Retire)),
                ("R2", () => byDomain = Succeeds(() => world.Domain.Retire(value))));
            world.Drain();
            Model.Assert(byItself != byDomain, "one retires it, the other is refused");
            Model.Assert(value.IsDisposed, "what was retired has not been disposed");
        },
        Plain: 2,
        Full: null);

    /// <summary>A lease is dropped while its value is in use, and replaced: it is never disposed.</summary>
    public static Scenario DroppedLease => new(
        static () =>
        {
            (World world, SwmrCell<Resource> cell) = Create(readers: 0);
            Resource? value = null;
            World.Run(
                ("L", () =>
                {
                    Lease<Resource> lease = cell.Lease();
                    value = lease.Value;
                    Model.Abandon(lease);
                    value.Use();
                }
            ),
                ("W", () => cell.Publish(new Resource())));
            cell.Publish(new Resource());
            world.Domain.TryReclaim();
            value!.Use();
        },
        Plain: 1,
        Full: 2);

    /// <summary>Synchronize returns when what was retired before has been disposed, leases or not: progress.</summary>
    public static Scenario SynchronizeWaitsForLeases => new(
        static () =>
        {
            (World world, SwmrCell<Resource> cell) = Create(readers: 0);
            Lease<Resource> lease = cell.Lease();
            Resource first = lease.Value;
            World.Run(
                ("L", () => UseAndDispose(lease)),
                ("W", () =>
                {
                    cell.Publish(new Resource());
                    Model.Assert(world.Domain.Synchronize(Timeout.InfiniteTimeSpan), "the lease is released");
                    Model.Assert(first.IsDisposed, "what was retired before has not been disposed");
                }
            ));
        },
        Plain: 2,
        Full: null);

    /// <param name="readers">How many slots for readers.</param>
    /// <param name="hazards">Whether the table of hazards is there already.</param>
    private static (World World, SwmrCell<Resource> Cell) Create(int readers, bool hazards = true)
    {
        var world = new World(readers);
        var cell = new SwmrCell<Resource>(new Resource(), world.Domain);
        if (hazards)
        {
            cell.Lease().Dispose();
        }

        return (world, cell);
    }

    private static Lease<Resource> Promote(SwmrCell<Resource> cell, World world)
    {
        CellRead<Resource> read = cell.ReadThrough(world.Slot(0), world.Slot(0).Clock);
        Lease<Resource> lease = read.Lease();
        read.Dispose();
        return lease;
    }

    private static bool Succeeds(Action retire)
    {
        try
        {
            retire();
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    private static void UseAndDispose(Lease<Resource> lease)
    {
        lease.Value.Use();
        lease.Dispose();
    }
}
