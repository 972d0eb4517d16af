using SwmrKit.Testing;
using SwmrKit.Tests;

namespace SwmrKit;

/// <summary>Guards against retirement: nothing is disposed under a reader, and everything in the end.</summary>
internal static class GuardScenarios
{
    /// <summary>Two readers, each one section; a writer that replaces once.</summary>
    public static Scenario GuardAgainstRetire => new(
        static () =>
        {
            var world = new World(readers: 2);
            World.Run(("R1", () => world.Read(0)), ("R2", () => world.Read(1)), ("W", () => world.Replace()));
            world.Drain();
        },
        Plain: 1,
        Full: 2);

    /// <summary>One reader that comes twice; a writer that replaces twice.</summary>
    public static Scenario ReaderReturns => new(
        static () =>
        {
            var world = new World(readers: 1);
            World.Run(
                ("R", () =>
                {
                    world.Read(0);
                    world.Read(0);
                }
            ),
                ("W", () =>
                {
                    world.Replace();
                    world.Replace();
                }
            ));
            world.Drain();
        },
        Plain: 1,
        Full: 2);

    /// <summary>A guard inside a guard, with publications before, between and after the two entries.</summary>
    public static Scenario NestedGuards => new(
        static () =>
        {
            var world = new World(readers: 1);
            World.Run(
                ("R", () =>
                {
                    var outer = new ReadGuard(world.Slot(0));
                    Resource first = outer.Protect(ref world.Root)!;
                    var inner = new ReadGuard(world.Slot(0));
                    inner.Protect(ref world.Root)!.Use();
                    inner.Dispose();
                    first.Use();
                    outer.Dispose();
                }
            ),
                ("W", () =>
                {
                    world.Replace();
                    world.Replace(); // Born after the outer guard entered,
                    world.Replace(); // and retired while the inner one may hold it.
                }
            ));
            world.Drain();
        },
        Plain: 1,
        Full: 2);

    /// <summary>A guard that reads again and again protects everything it has read, until its end.</summary>
    public static Scenario GuardReadsAgain => new(
        static () =>
        {
            var world = new World(readers: 1);
            World.Run(
                ("R", () =>
                {
                    var guard = new ReadGuard(world.Slot(0));
                    Resource first = guard.Protect(ref world.Root)!;
                    Resource second = guard.Protect(ref world.Root)!;
                    first.Use();
                    second.Use();
                    guard.Refresh();
                    guard.Protect(ref world.Root)!.Use();
                    guard.Dispose();
                }
            ),
                ("W", () =>
                {
                    world.Replace();
                    world.Replace();
                }
            ));
            world.Drain();
        },
        Plain: 1,
        Full: 2);

    /// <summary>One reader of two words; two threads that replace and retire, each its own: one takes its tag while the other advances the era.</summary>
    public static Scenario TwoRetirers => new(
        static () =>
        {
            var world = new World(readers: 1, batchSize: 2);
            SharedReference<Resource> other = new(new Resource(world.Domain.Readers.Era));
            World.Run(
                ("R", () =>
                {
                    var guard = new ReadGuard(world.Slot(0));
                    guard.Protect(ref other)?.Use();
                    guard.Dispose();
                }
            ),
                ("W1", () => world.Replace()),
                ("W2", () =>
                {
                    Resource old = other.ReadRelaxed()!;
                    other.Write(null);
                    world.Retire(old);
                }
            ));
            world.Drain();
        },
        Plain: 1,
        Full: 2);

    /// <summary>A batch that nobody fills is flushed by the timer, while a reader reads.</summary>
    public static Scenario TimerFlushes => new(
        static () =>
        {
            var world = new World(readers: 1, batchSize: 2, timerTicks: 1);
            World.Run(("R", () => world.Read(0)), ("W", () => world.Replace()));
            world.Drain();
        },
        Plain: 1,
        Full: 2);

    /// <summary>A reader that enters after the retirement has returned does not hold the thing back: progress, where a fault can only leak.</summary>
    public static Scenario LateReaderHoldsNothing => new(
        static () =>
        {
            var world = new World(readers: 2);
            Resource? old = null;
            World.Run(
                ("R", () => world.Read(0)),
                ("W", () =>
                {
                    old = world.Replace();
                }
            ));
            var late = new ReadGuard(world.Slot(1));
            late.Protect(ref world.Root)!.Use();
            world.Domain.TryReclaim();
            Model.Assert(old!.IsDisposed, "a reader that entered after the retirement holds it back");
            late.Dispose();
        },
        Plain: 2,
        Full: null);
}
