using SwmrKit.Testing;
using SwmrKit.Tests;

namespace SwmrKit;

/// <summary>The table under CopyOnWriteDictionary: single writes, snapshots, batches and growth, on pages of two entries.</summary>
internal static class DictionaryScenarios
{
    // Two that belong together until the directory has four links, and one that parts from them at once.
    private static readonly int s_first = Keys(upperBits: 0b00).First();
    private static readonly int s_second = Keys(upperBits: 0b01).First();
    private static readonly int s_third = Keys(upperBits: 0b10).First();

    /// <summary>A reader looks a key up three times while it is removed and added again: each look-up is right at some instant within it.</summary>
    public static Scenario DictionaryRemoveAndAddAgain => new(
        static () =>
        {
            Table<int, object?> table = Create((s_first, "1"));
            var history = new DictionaryHistory<object?>((s_first, "1"));
            World.Run(
                ("R", () => history.Read(0, table, s_first, times: 2)),
                ("W", () =>
                {
                    history.Remove(1, table, s_first);
                    history.Put(1, table, s_first, "2");
                }
            ));
            history.Check();
        },
        Plain: 2,
        Full: 3);

    /// <summary>The same of a primitive, which has no value that would say that it is gone.</summary>
    public static Scenario DictionaryRemoveAndAddPrimitive => new(
        static () =>
        {
            var table = new Table<int, int>(null, Hashing.Comparer, 0, Small(fill: 4));
            table.Put(s_first, 1, Condition.None, 0, out _);
            var history = new DictionaryHistory<int>((s_first, 1));
            World.Run(
                ("R", () => history.Read(0, table, s_first, times: 2)),
                ("W", () =>
                {
                    history.Remove(1, table, s_first);
                    history.Put(1, table, s_first, 2);
                }
            ));
            history.Check();
        },
        Plain: 2,
        Full: 3);

    /// <summary>A key is removed and added again under a reader, where the new slot's tag lies in the other half of the sixteen that a load brings.</summary>
    public static Scenario DictionaryRemoveAndAddAcrossHalves => new(
        static () =>
        {
            int group = GroupOf(s_first);
            var table = new Table<int, object?>(null, Hashing.Comparer, 0, Small(fill: 16));
            foreach (int key in Enumerable.Range(1, 1_000).Where(key => key != s_first && GroupOf(key) == group).Take(7))
            {
                table.Put(key, "", Condition.None, null, out _);
            }

            table.Put(s_first, "1", Condition.None, null, out _);
            var history = new DictionaryHistory<object?>((s_first, "1"));
            World.Run(
                ("R", () => history.Read(0, table, s_first, times: 2)),
                ("W", () =>
                {
                    history.Remove(1, table, s_first);
                    history.Put(1, table, s_first, "2");
                    history.Put(1, table, s_first, "3");
                }
            ));
            history.Check();

            static int GroupOf(int key) => (int)(TextHash.Mix(key) % 4);
        },
        Plain: 2,
        Full: 3);

    /// <summary>A reader looks two keys up while one is removed and the other added, in one page.</summary>
    public static Scenario DictionaryRemoveAndAddAnother => new(
        static () =>
        {
            Table<int, object?> table = Create((s_first, "1"));
            var history = new DictionaryHistory<object?>((s_first, "1"));
            World.Run(
                ("R", () =>
                {
                    history.Read(0, table, s_first, times: 1);
                    history.Read(0, table, s_second, times: 1);
                }
            ),
                ("W", () =>
                {
                    history.Remove(1, table, s_first);
                    history.Put(1, table, s_second, "2");
                }
            ));
            history.Check();
        },
        Plain: 2,
        Full: 3);

    /// <summary>Two writers and a reader of one key.</summary>
    public static Scenario DictionaryTwoWriters => new(
        static () =>
        {
            Table<int, object?> table = Create((s_first, "1"));
            var history = new DictionaryHistory<object?>((s_first, "1"));
            World.Run(
                ("R", () => history.Read(0, table, s_first, times: 2)),
                ("W1", () => history.Put(1, table, s_first, "2")),
                ("W2", () => history.Remove(2, table, s_first)));
            history.Check();
            Model.Assert(table.Count == (table.TryFind(s_first, out _) ? 1 : 0), "the count is not that of the entries");
        },
        Plain: 1,
        Full: 3);

    /// <summary>A snapshot beside two writes in place: it is the state of its version, then and ever after.</summary>
    public static Scenario DictionarySnapshotBesideWrites => new(
        static () =>
        {
            Table<int, object?> table = Create((s_first, "a0"), (s_second, "b0"));
            string[] states = ["", "", "a0 b0 2", "a1 b0 2", "a1 b1 2", "a1 - 1"];
            Table<int, object?>.Captured captured = default;
            World.Run(
                ("S", () =>
                {
                    captured = table.Capture();
                    AssertState(table, captured, states);
                }
            ),
                ("W", () =>
                {
                    table.Put(s_first, "a1", Condition.None, null, out _);
                    table.Put(s_second, "b1", Condition.None, null, out _);
                    table.Remove(s_second, Condition.None, null, out _);
                }
            ));
            AssertState(table, captured, states);
        },
        Plain: 1,
        Full: 3);

    /// <summary>Two snapshots with writes before, between and after: generation upon generation.</summary>
    public static Scenario DictionaryTwoSnapshots => new(
        static () =>
        {
            Table<int, object?> table = Create((s_first, "a0"), (s_second, "b0"));
            string[] states = ["", "", "a0 b0 2", "a1 b0 2", "a1 b1 2"];
            Table<int, object?>.Captured first = default;
            Table<int, object?>.Captured second = default;
            World.Run(
                ("S", () =>
                {
                    first = table.Capture();
                    second = table.Capture();
                }
            ),
                ("W", () =>
                {
                    table.Put(s_first, "a1", Condition.None, null, out _);
                    table.Put(s_second, "b1", Condition.None, null, out _);
                }
            ));
            Model.Assert(first.Version <= second.Version, "time went back");
            AssertState(table, first, states);
            AssertState(table, second, states);
        },
        Plain: 1,
        Full: 3);

    /// <summary>A batch of two changes, read beside it and captured beside it: both or none.</summary>
    public static Scenario DictionaryBatch => new(
        static () =>
        {
            Table<int, object?> table = Create((s_first, "a0"), (s_second, "b0"));
            string[] states = ["", "", "a0 b0 2", "a1 b1 2"];
            Table<int, object?>.Captured captured = default;
            World.Run(
                ("R", () =>
                {
                    bool first = table.TryFind(s_first, out object? a) && a is "a1";
                    bool second = table.TryFind(s_second, out object? b) && b is "b1";
                    Model.Assert(second || !first, "one change of a batch was visible without the other");
                    captured = table.Capture();
                    AssertState(table, captured, states);
                }
            ),
                ("W", () => table.Update(null, draft =>
                {
                    draft.Put(s_first, "a1", Condition.None, out _);
                    draft.Put(s_second, "b1", Condition.None, out _);
                }
            )));
            AssertState(table, captured, states);
            AssertState(table, table.Capture(), states);
        },
        Plain: 2,
        Full: 3);

    /// <summary>Two batches, the second of which fails half way, beside a reader: nothing of it is ever seen.</summary>
    public static Scenario DictionaryBatchThenFailingBatch => new(
        static () =>
        {
            Table<int, object?> table = Create((s_first, "a0"));
            World.Run(
                ("R", () => Model.Assert(table.TryFind(s_first, out object? value) && value is "a0" or "a1", "a change of a batch was visible before its end")),
                ("W", () =>
                {
                    table.Update(null, static draft => draft.Put(s_first, "a1", Condition.None, out _));
                    Fail(table, s_first, "a2");
                }
            ));
            Model.Assert(table.TryFind(s_first, out object? last) && last is "a1" && table.Count == 1, "what a failed batch did has stayed");
        },
        Plain: 2,
        Full: 3);

    /// <summary>A batch after everything was removed, which fails half way beside a reader: nothing of it is ever seen.</summary>
    public static Scenario DictionaryClearThenFailingBatch => new(
        static () =>
        {
            Table<int, object?> table = Create((s_first, "a0"));
            World.Run(
                ("R", () =>
                {
                    if (table.TryFind(s_first, out object? value))
                    {
                        Model.Assert(value is "a0", "a change of a batch was visible before its end");
                    }
                }
            ),
                ("W", () =>
                {
                    table.Clear();
                    Fail(table, s_first, "a1");
                }
            ));
            Model.Assert(!table.TryFind(s_first, out _) && table.Count == 0, "what a failed batch did has stayed");
        },
        Plain: 2,
        Full: 3);

    /// <summary>A page is split and the directory doubled by a third key, while the first is read: it is never away.</summary>
    public static Scenario DictionaryGrowthUnderReader => new(
        static () =>
        {
            Table<int, object?> table = Create((s_first, "a0"), (s_third, "c0"));
            var history = new DictionaryHistory<object?>((s_first, "a0"), (s_third, "c0"));
            World.Run(
                ("R", () =>
                {
                    history.Read(0, table, s_first, times: 1);
                    history.Read(0, table, s_second, times: 1);
                    history.Read(0, table, s_third, times: 1);
                }
            ),
                ("W", () =>
                {
                    history.Put(1, table, s_second, "b0");
                    history.Put(1, table, s_first, "a1");
                }
            ));
            history.Check();
        },
        Plain: 2,
        Full: 3);

    /// <summary>A page is split, and the directory doubled, beside a snapshot.</summary>
    public static Scenario DictionaryDoublingUnderSnapshot => new(
        static () =>
        {
            Table<int, object?> table = Create((s_first, "a0"), (s_second, "b0"));
            string[] states = ["", "", "a0 b0 2", "a0 b0 3", "a1 b0 3"];
            Table<int, object?>.Captured captured = default;
            World.Run(
                ("S", () => captured = table.Capture()),
                ("W", () =>
                {
                    table.Put(s_third, "c0", Condition.None, null, out _);
                    table.Put(s_first, "a1", Condition.None, null, out _);
                }
            ));
            AssertState(table, captured, states);
        },
        Plain: 2,
        Full: 3);

    /// <summary>A page is split into links that the directory has already, beside a snapshot.</summary>
    public static Scenario DictionarySplitUnderSnapshot => new(
        static () =>
        {
            int[] upper = [.. Keys(upperBits: 0b11).Take(2)];
            Table<int, object?> table = Create((s_first, "a0"), (s_second, "b0"), (s_third, "c0"), (upper[0], "d0"), (upper[1], "e0"));
            int sixth = Keys(upperBits: 0b00).Skip(1).First();
            string[] states = ["", "", "", "", "", "a0 b0 5", "a0 b0 6", "a1 b0 6"];
            Table<int, object?>.Captured captured = default;
            World.Run(
                ("S", () => captured = table.Capture()),
                ("W", () =>
                {
                    table.Put(sixth, "f0", Condition.None, null, out _);
                    table.Put(s_first, "a1", Condition.None, null, out _);
                }
            ));
            AssertState(table, captured, states);
        },
        Plain: 2,
        Full: 3);

    /// <summary>A removal merges two pages while what is left in them is read, and then written in the merged one.</summary>
    public static Scenario DictionaryMergeUnderReader => new(
        static () =>
        {
            Table<int, object?> table = CreateMergeable();
            var history = new DictionaryHistory<object?>((s_first, "a0"), (s_third, "c0"));
            World.Run(
                ("R", () =>
                {
                    history.Read(0, table, s_third, times: 2);
                    history.Read(0, table, s_first, times: 1);
                }
            ),
                ("W", () =>
                {
                    history.Remove(1, table, s_first);
                    history.Put(1, table, s_third, "c1");
                }
            ));
            history.Check();
            Model.Assert(table.CurrentRoot.PageAt(0) == table.CurrentRoot.PageAt(1), "the pages were not merged");
        },
        Plain: 2,
        Full: 3);

    /// <summary>A removal merges two pages beside a snapshot, and what is left is written in the merged one.</summary>
    public static Scenario DictionaryMergeUnderSnapshot => new(
        static () =>
        {
            Table<int, object?> table = CreateMergeable();
            string[] states = ["", "", "", "", "a0 - 2", "- - 1", "- b1 2"];
            Table<int, object?>.Captured captured = default;
            World.Run(
                ("S", () => captured = table.Capture()),
                ("W", () =>
                {
                    table.Remove(s_first, Condition.None, null, out _);
                    table.Put(s_second, "b1", Condition.None, null, out _);
                }
            ));
            AssertState(table, captured, states);
            Model.Assert(table.TryFind(captured.Root, s_third, out object? third) && third is "c0", "what nobody touched is not there");
        },
        Plain: 2,
        Full: 3);

    /// <summary>Two pages with an entry each.</summary>
    private static Table<int, object?> CreateMergeable()
    {
        Table<int, object?> table = Create((s_first, "a0"), (s_second, "b0"), (s_third, "c0"));
        table.Remove(s_second, Condition.None, null, out _);
        Model.Assert(table.CurrentRoot.PageAt(0) != table.CurrentRoot.PageAt(1), "there is one page only");
        return table;
    }

    private static Table<int, object?> Create(params ReadOnlySpan<(int Key, object? Value)> entries)
    {
        var table = new Table<int, object?>(null, Hashing.Comparer, 0, Small(fill: 2));
        foreach ((int key, object? value) in entries)
        {
            table.Put(key, value, Condition.None, null, out _);
        }

        return table;
    }

    private static Geometry Small(int fill) => new(fill, ChunkBits: 1, FlatBits: 1, LeastFill: 1);

    /// <summary>A batch that sets an entry, and then fails.</summary>
    private static void Fail(Table<int, object?> table, int key, object? value)
    {
        try
        {
            table.Update(null, draft =>
            {
                draft.Put(key, value, Condition.None, out _);
                throw new InvalidOperationException();
            });
        }
        catch (InvalidOperationException)
        {
        }
    }

    private static IEnumerable<int> Keys(uint upperBits) => Enumerable.Range(1, 1_000).Where(key => TextHash.Mix(key) >> 30 == upperBits);

    private static void AssertState(Table<int, object?> table, Table<int, object?>.Captured captured, string[] states)
    {
        int enumerated = 0;
        var cursor = new Table<int, object?>.Cursor(captured.Root);
        while (cursor.MoveNext())
        {
            enumerated++;
        }

        string state = $"{Find(s_first)} {Find(s_second)} {captured.Count}";
        Model.Assert(state == states[captured.Version], $"version {captured.Version} was captured as '{state}'");
        Model.Assert(enumerated == captured.Count, "the count captured is not that of the entries");

        string Find(int key) => table.TryFind(captured.Root, key, out object? value) ? value?.ToString() ?? "null" : "-";
    }
}
