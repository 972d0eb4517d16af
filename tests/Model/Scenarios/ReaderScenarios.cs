using SwmrKit.Testing;
using SwmrKit.Tests;

namespace SwmrKit;

/// <summary>Readers that come and go while others scan: registration, slots handed on, ended threads, collected handles, waits.</summary>
internal static class ReaderScenarios
{
    /// <summary>The first reader registers, and so the table grows, while a retirement scans it.</summary>
    public static Scenario RegistrationDuringScan => new(
        static () =>
        {
            var world = new World(readers: 0);
            World.Run(
                ("R", () =>
                {
                    using ReaderHandle handle = world.Domain.Register();
                    ReadGuard guard = handle.Enter();
                    guard.Protect(ref world.Root)!.Use();
                    guard.Dispose();
                }
            ),
                ("W", () => world.Replace()));
            world.Drain();
        },
        Plain: 2,
        Full: 3);

    /// <summary>A thread ends inside its read section; the next one gets its slot, while a writer retires.</summary>
    public static Scenario EndedThreadsSlot => new(
        static () =>
        {
            var world = new World(readers: 0);
            World.Run(
                ("R1", () => _ = world.Domain.Enter()),
                ("R2", () =>
                {
                    world.Domain.Readers.TakeBackAbandoned();
                    ReadGuard guard = world.Domain.Enter();
                    guard.Protect(ref world.Root)!.Use();
                    guard.Dispose();
                }
            ),
                ("W", () => world.Replace()));
            world.Domain.Readers.TakeBackAbandoned();
            world.Drain();
        },
        Plain: 1,
        Full: 2);

    /// <summary>A handle is given up and collected as soon as its last use allows, which is inside Enter; its slot may then be another's.</summary>
    public static Scenario HandleCollectedInsideEnter => new(
        static () =>
        {
            var world = new World(readers: 0);
            World.Run(
                ("R1", () =>
                {
                    ReaderHandle handle = world.Domain.Register();
                    Model.Abandon(handle);
                    ReadGuard guard = handle.Enter();
                    guard.Protect(ref world.Root)!.Use();
                    guard.Dispose();
                }
            ),
                ("R2", () =>
                {
                    using ReaderHandle handle = world.Domain.Register();
                    ReadGuard guard = handle.Enter();
                    guard.Protect(ref world.Root)!.Use();
                    guard.Dispose();
                }
            ));
            world.Replace();
            world.Domain.Readers.TakeBackAbandoned();
            world.Drain();
        },
        Plain: 1,
        Full: 2);

    /// <summary>A writer that waits for readers disposes what it has unlinked by its own hand.</summary>
    public static Scenario WaitForReaders => new(
        static () =>
        {
            var world = new World(readers: 2);
            World.Run(
                ("R1", () => world.Read(0)),
                ("R2", () => world.Read(1)),
                ("W", () =>
                {
                    Resource old = world.Root.ReadRelaxed()!;
                    world.Root.Write(new Resource());
                    Model.Assert(world.Domain.Readers.WaitForReaders(Timeout.InfiniteTimeSpan), "every reader leaves");
                    old.Dispose();
                }
            ));
        },
        Plain: 1,
        Full: 2);

    /// <summary>A domain is disposed under its readers: what they hold lives on, and no reader that comes later is let in to hold more.</summary>
    public static Scenario DomainDisposal => new(
        static () => UntilDisposed(
            static world => world.Domain.Dispose(),
            ("R", static world => ReadUnlessTooLate(world)),
            ("W", static world => world.Replace())),
        Plain: 0,
        Full: 1);

    /// <summary>A domain is disposed by its writer.</summary>
    public static Scenario DomainDisposalUnderReader => new(
        static () => UntilDisposed(
            static world =>
            {
                world.Replace();
                world.Domain.Dispose();
            },
            ("R", static world => ReadUnlessTooLate(world))),
        Plain: 2,
        Full: 3);

    /// <summary>A domain is disposed while somebody retires.</summary>
    public static Scenario DomainDisposalUnderWriter => new(
        static () => UntilDisposed(
            static world => world.Domain.Dispose(),
            ("W", static world => world.Replace())),
        Plain: 1,
        Full: 2);

    private static void UntilDisposed(Action<World> dispose, params ReadOnlySpan<(string Name, Action<World> Body)> others)
    {
        var world = new World(readers: 1);
        var threads = new List<(string Name, Action Body)>();
        foreach ((string name, Action<World> body) in others)
        {
            threads.Add((name, () => body(world)));
        }

        World.Run([.. threads, ("D", () => dispose(world))]);
        world.Domain.TryReclaim();
        Model.Assert(world.Domain.Statistics.Pending == 0, "something is still pending although the domain is disposed and no reader is left");
    }

    private static void ReadUnlessTooLate(World world)
    {
        try
        {
            world.Read(0);
        }
        catch (ObjectDisposedException)
        {
            // It came too late.
        }
    }
}
