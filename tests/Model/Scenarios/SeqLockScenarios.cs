using SwmrKit.Testing;
using SwmrKit.Tests;

namespace SwmrKit;

/// <summary>The seqlock cell: values of two words, copied while they are written.</summary>
internal static class SeqLockScenarios
{
    /// <summary>Two slots: the reader is overtaken only by the second write to come.</summary>
    public static Scenario SeqLockRing => new(
        static () =>
        {
            var cell = new SeqLockCell<Pair>(Pair.Of(1), slots: 2, tries: 3);
            World.Run(("R", () => ReadTwice(cell)), ("W", () => WriteUpTo(cell, 4)));
            Model.Assert(cell.Read(out _).IsOf(4), "the last value is not there");
        },
        Plain: 2,
        Full: 4);

    /// <summary>One slot: a reader that meets a write fails, and in the end takes the lock.</summary>
    public static Scenario SeqLockOneSlot => new(
        static () =>
        {
            var cell = new SeqLockCell<Pair>(Pair.Of(1), slots: 1, tries: 2);
            World.Run(("R", () => ReadTwice(cell)), ("W", () => WriteUpTo(cell, 3)));
            Model.Assert(cell.Read(out _).IsOf(3), "the last value is not there");
        },
        Plain: 2,
        Full: 4);

    /// <summary>A reader that does not wait gets a whole value or none.</summary>
    public static Scenario SeqLockTryRead => new(
        static () =>
        {
            var cell = new SeqLockCell<Pair>(Pair.Of(1), slots: 1, tries: 1);
            World.Run(
                ("R", () =>
                {
                    bool found = cell.TryRead(2, out Pair value, out long version);
                    Model.Assert(value.IsOf(found ? version : 0), "a torn value");
                }
            ),
                ("W", () => WriteUpTo(cell, 3)));
        },
        Plain: 2,
        Full: null);

    /// <summary>Two writers that each change what they find, beside a reader.</summary>
    public static Scenario SeqLockTwoWriters => new(
        static () =>
        {
            var cell = new SeqLockCell<Pair>(Pair.Of(1), slots: 2, tries: 2);
            World.Run(
                ("R", () => ReadTwice(cell)),
                ("A", () => cell.Update(static (ref value) => value = Pair.Of(value.First + 1))),
                ("B", () => cell.Update(static (ref value) => value = Pair.Of(value.First + 1))));
            Model.Assert(cell.Read(out long version).IsOf(3) && version == 3, "a change was lost");
        },
        Plain: 1,
        Full: 3);

    private static void ReadTwice(SeqLockCell<Pair> cell)
    {
        Model.Assert(cell.Read(out long first).IsOf(first), "a torn value");
        Model.Assert(cell.Read(out long second).IsOf(second), "a torn value");
        Model.Assert(second >= first, "the value went back");
    }

    private static void WriteUpTo(SeqLockCell<Pair> cell, long version)
    {
        for (long next = 2; next <= version; next++)
        {
            cell.Write(Pair.Of(next));
        }
    }

    private readonly record struct Pair(long First, long Second)
    {
        public static Pair Of(long version) => new(version, version);

        public bool IsOf(long version) => this == Of(version);
    }
}
