namespace SwmrKit.Tests;

/// <summary>What a snapshot costs the writes that follow, and what comes back.</summary>
public sealed class PageCopyTests : IClassFixture<SharedMachine>
{
    private const int Entries = 20_000;

    [Fact]
    public void Without_a_snapshot_no_write_copies_a_page()
    {
        Table<int, int> table = Create();
        long copied = table.PagesCopied;
        for (int key = 0; key < Entries; key++)
        {
            table.Put(key, -key, Condition.None, 0, out _);
        }

        Assert.Equal(copied, table.PagesCopied);
    }

    [Fact]
    public void After_a_snapshot_each_page_is_copied_once_and_then_written_in_place()
    {
        Table<int, int> table = Create();
        int pages = DictionaryMemoryTests.Pages(table);
        long copied = table.PagesCopied;
        Table<int, int>.Captured captured = table.Capture();
        for (int turn = 0; turn < 3; turn++)
        {
            for (int key = 0; key < Entries; key++)
            {
                table.Put(key, turn, Condition.None, 0, out _);
            }
        }

        Assert.Equal(pages, table.PagesCopied - copied);
        Assert.True(table.TryFind(captured.Root, 77, out int value));
        Assert.Equal(77, value);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    [InlineData(100)]
    public void Writes_after_a_snapshot_copy_at_most_a_page_each(int writes)
    {
        Table<int, int> table = Create();
        long copied = table.PagesCopied;
        table.Capture();
        for (int i = 0; i < writes; i++)
        {
            table.Put(i * 97 % Entries, i, Condition.None, 0, out _);
        }

        Assert.InRange(table.PagesCopied - copied, 1, writes);
    }

    [Fact]
    public void A_snapshot_of_what_has_not_changed_costs_nothing()
    {
        Table<int, int> table = Create();
        table.Capture();
        table.Put(1, 2, Condition.None, 0, out _);
        long copied = table.PagesCopied;
        table.Capture();
        table.Capture();
        table.Put(1, 3, Condition.None, 0, out _);
        table.Put(1, 4, Condition.None, 0, out _);
        Assert.Equal(1, table.PagesCopied - copied);
    }

    [Fact]
    public void After_a_batch_its_pages_are_written_in_place()
    {
        Table<int, int> table = Create();
        table.Update(null, static draft =>
        {
            for (int key = 0; key < 100; key++)
            {
                draft.Put(key, 1, Condition.None, out _);
            }
        });
        long copied = table.PagesCopied;
        for (int key = 0; key < 100; key++)
        {
            table.Put(key, 2, Condition.None, 0, out _);
        }

        Assert.Equal(copied, table.PagesCopied);
    }

    [Fact]
    public void TrimExcess_packs_the_pages()
    {
        Table<int, int> table = Create();
        for (int key = 0; key < Entries; key += 2)
        {
            table.Remove(key, Condition.None, 0, out _);
        }

        table.Trim();
        Assert.InRange((double)table.Count / DictionaryMemoryTests.Pages(table), 18, 56);
        Assert.All(Enumerable.Range(0, Entries), key => Assert.Equal(key % 2 == 1, table.TryFind(key, out _)));
    }

    [Fact]
    public void Writing_in_place_allocates_nothing()
    {
        var dictionary = new CopyOnWriteDictionary<string, string>();
        string[] keys = [.. Enumerable.Range(0, 1_000).Select(static key => $"{key}")];
        Array.ForEach(keys, key => dictionary[key] = key);
        Write();
        long before = GC.GetAllocatedBytesForCurrentThread();
        Write();
        DictionarySnapshot<string, string> snapshot = dictionary.Snapshot();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(1_000, snapshot.Count);

        void Write()
        {
            for (int i = 0; i < keys.Length; i++)
            {
                dictionary[keys[i]] = keys[^(i + 1)];
            }
        }
    }

    private static Table<int, int> Create()
    {
        var table = new Table<int, int>(null, Hashing.Comparer, 0, Geometry.Default);
        for (int key = 0; key < Entries; key++)
        {
            table.Put(key, key, Condition.None, 0, out _);
        }

        return table;
    }
}
