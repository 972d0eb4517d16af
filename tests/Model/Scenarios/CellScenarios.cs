using SwmrKit.Testing;
using SwmrKit.Tests;

namespace SwmrKit;

/// <summary>The snapshot cell: what it publishes, replaces, hands out and takes back.</summary>
internal static class CellScenarios
{
    /// <summary>A reader reads twice while a writer publishes twice.</summary>
    public static Scenario CellPublishAndRead => new(
        static () =>
        {
            var world = new World(readers: 1);
            var cell = new SwmrCell<Resource>(new Resource(), world.Domain);
            World.Run(
                ("R", () =>
                {
                    Read(cell, world.Slot(0));
                    Read(cell, world.Slot(0));
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
        Full: 3);

    /// <summary>A reader under a guard that was open before: it raises its reservation to what it finds.</summary>
    public static Scenario CellReadUnderOpenGuard => new(
        static () =>
        {
            var world = new World(readers: 1);
            var cell = new SwmrCell<Resource>(new Resource(), world.Domain);
            World.Run(
                ("R", () =>
                {
                    var guard = new ReadGuard(world.Slot(0));
                    Resource first = guard.Read(cell);
                    guard.Read(cell).Use();
                    first.Use();
                    guard.Dispose();
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
        Full: 3);

    /// <summary>What was exchanged out is published again while a reader from its first time may hold it, and then replaced.</summary>
    public static Scenario ExchangedAndPublishedAgain => new(
        static () =>
        {
            var world = new World(readers: 1);
            var cell = new SwmrCell<Resource>(new Resource(), world.Domain);
            World.Run(
                ("R", () => Read(cell, world.Slot(0))),
                ("W", () =>
                {
                    Detached<Resource> old = cell.Exchange(new Resource())!;
                    cell.Publish(old.Value);
                    cell.Publish(new Resource());
                }
            ));
            world.Drain();
        },
        Plain: 1,
        Full: 3);

    /// <summary>Two writers, one reader: each object that was replaced is disposed once.</summary>
    public static Scenario CellTwoWriters => new(
        static () =>
        {
            var world = new World(readers: 1);
            var cell = new SwmrCell<Resource>(new Resource(), world.Domain);
            World.Run(
                ("R", () => Read(cell, world.Slot(0))),
                ("W1", () => cell.Publish(new Resource())),
                ("W2", () => cell.Publish(new Resource())));
            Model.Assert(cell.Version == 3, "a publication was lost");
            world.Drain();
        },
        Plain: 1,
        Full: 1);

    /// <summary>A cell whose value is replaced twice, while another thread's retirement advances the era.</summary>
    public static Scenario CellBesideAnotherRetirer => new(
        static () =>
        {
            var world = new World(readers: 1, batchSize: 2);
            var cell = new SwmrCell<Resource>(new Resource(), world.Domain);
            World.Run(
                ("R", () => Read(cell, world.Slot(0))),
                ("W", () =>
                {
                    cell.Publish(new Resource());
                    cell.Publish(new Resource());
                }
            ),
                ("A", () => world.Domain.Readers.Advance()));
            world.Drain();
        },
        Plain: 1,
        Full: 2);

    /// <summary>A cell is disposed while it is read.</summary>
    public static Scenario CellDisposal => new(
        static () =>
        {
            var world = new World(readers: 1);
            var cell = new SwmrCell<Resource>(new Resource(), world.Domain);
            World.Run(
                ("R", () =>
                {
                    try
                    {
                        Read(cell, world.Slot(0));
                    }
                    catch (ObjectDisposedException)
                    {
                        // It came too late.
                    }
                }
            ),
                ("W", () => cell.Dispose()));
            world.Drain();
        },
        Plain: 2,
        Full: 3);

    private static void Read(SwmrCell<Resource> cell, ReaderSlot slot)
    {
        CellRead<Resource> read = cell.ReadThrough(slot, slot.Clock);
        read.Value.Use();
        read.Dispose();
    }
}
