using System.Runtime;
using Xunit.Abstractions;

namespace SwmrKit.Tests;

/// <summary>What removing and adding leaves behind: little for each, and in the long run nothing.</summary>
public sealed class DictionaryMemoryTests(ITestOutputHelper output) : IClassFixture<SharedMachine>
{
    private const int Size = 10_000;
    private const int MostBytes = 100;

    private static readonly int s_churns = TestMode.Choose(200_000, 10_000_000);

    [Fact]
    public void A_fresh_integer_for_an_old_one_costs_little_and_the_memory_stays()
    {
        var table = new Table<int, int>(null, Hashing.Comparer, 0, Geometry.Default);
        AssertFlat(Churn(table, static number => (int)TextHash.Mix(number), 1, s_churns));
    }

    [Fact]
    public void A_fresh_integer_beside_the_last_one_for_the_oldest_one_costs_little_and_the_memory_stays()
    {
        var table = new Table<int, int>(null, Hashing.Comparer, 0, Geometry.Default);
        AssertFlat(Churn(table, static number => number, 1, s_churns));
    }

    [Fact]
    public void A_fresh_text_for_an_old_one_costs_little_and_the_memory_stays()
    {
        // Four times as many as there are at once: a key that comes again has been forgotten long since.
        string[] keys = [.. Enumerable.Range(0, 4 * Size).Select(static number => $"host-{number}.example.org")];
        var table = new Table<string, object?>(null, Hashing.FastText, 0, Geometry.Default);
        AssertFlat(Churn(table, number => keys[number % keys.Length], "", s_churns));
    }

    [Fact]
    public void Control_a_snapshot_before_each_costs_more_and_kept_ones_are_found_in_the_memory()
    {
        var table = new Table<int, int>(null, Hashing.Comparer, 0, Geometry.Default);
        var kept = new List<Table<int, int>.Captured>();
        ChurnResult result = Churn(table, static number => number, 1, 20 * Size, () =>
        {
            Table<int, int>.Captured captured = table.Capture();
            if (captured.Version % 100 == 0)
            {
                kept.Add(captured);
            }
        });
        Assert.True(result.BytesEach > MostBytes, $"{result}");
        Assert.True(result.HeldAtEnd > 1.25 * result.HeldAtFirst, $"{result}");
        Assert.NotEmpty(kept);
    }

    [Theory]
    [InlineData(100_000, true)]
    [InlineData(100_000, false)]
    [InlineData(70_000, true)]
    [InlineData(5_000, true)]
    public void After_removals_one_by_one_there_are_at_most_twice_the_pages_of_a_fresh_table(int many, bool isScattered)
    {
        var table = new Table<int, int>(null, Hashing.Comparer, 0, Geometry.Default);
        Fill(table, 0, many, isScattered);
        int most = Pages(table);
        double worst = 0;
        for (int left = many; left > 0; left--)
        {
            if (left < 50 || left % (many / 50) == 0)
            {
                var fresh = new Table<int, int>(null, Hashing.Comparer, 0, Geometry.Default);
                Fill(fresh, many - left, many, isScattered);
                Assert.InRange(Pages(table), 1, (2 * Pages(fresh)) + 2);
                worst = Math.Max(worst, Pages(table) / (double)Pages(fresh));
                Assert.InRange(table.CurrentRoot.Links, 1, Math.Max(8, left / 2));
            }

            Assert.True(table.Remove(Key(many - left, isScattered), Condition.None, 0, out _));
        }

        output.WriteLine($"{most} pages to {Pages(table)}, at most {worst:F2} times those of a fresh table");
        Assert.Equal(1, Pages(table));
    }

    [Theory]
    [InlineData(1, 100_000, 20_000, int.MaxValue)]
    [InlineData(64, 4_000, 100, int.MaxValue)]
    [InlineData(64, 4_000, 100, 7)] // Hashes, chains of whose pages empty.
    public void After_removals_one_by_one_dictionaries_hold_at_most_twice_as_much_as_fresh_ones(int dictionaries, int many, int left, int hashes)
    {
        IEqualityComparer<int>? comparer = hashes == int.MaxValue ? null : new PoorComparer<int>(key => key % hashes);
        AssertHeld(dictionaries, many, left, () => new CopyOnWriteDictionary<int, int>(comparer), isMuch: false);
    }

    [Fact]
    public void Control_dictionaries_that_keep_their_room_are_found_to_hold_more() =>
        AssertHeld(64, 4_000, 100, static () => new CopyOnWriteDictionary<int, int>(4_000, null), isMuch: true);

    [Fact]
    public void A_dictionary_of_a_collection_is_filled_once()
    {
        KeyValuePair<int, int>[] entries = [.. Enumerable.Range(0, 100_000).Select(static key => KeyValuePair.Create((int)TextHash.Mix(key), key))];
        Assert.Equal(2, new CopyOnWriteDictionary<int, int>(entries.Take(2)).Count); // What runs for the first time.
        long before = GC.GetTotalMemory(forceFullCollection: true);
        long allocatedBefore = GC.GetAllocatedBytesForCurrentThread();
        var dictionary = new CopyOnWriteDictionary<int, int>(entries);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - allocatedBefore;
        long held = GC.GetTotalMemory(forceFullCollection: true) - before;
        Assert.InRange(allocated, held, 1.2 * held);
        Assert.Equal(entries.Length, dictionary.Count);
    }

    [Fact]
    public void A_chain_of_equal_hashes_is_not_made_anew_for_each_addition()
    {
        const int Chain = 1_023;
        var table = new Table<int, int>(new PoorComparer<int>(static _ => 1), Hashing.Comparer, 0, Geometry.Default);
        for (int key = 0; key < Chain; key++)
        {
            table.Put(key, key, Condition.None, 0, out _);
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int key = 0; key < 10_000; key++)
        {
            Assert.True(table.Remove(key, Condition.None, 0, out _));
            Assert.True(table.Put(key + Chain, key, Condition.Absent, 0, out _));
        }

        long each = (GC.GetAllocatedBytesForCurrentThread() - before) / 10_000;
        output.WriteLine($"{each} bytes each");
        Assert.InRange(each, 0, 400); // All of it would be 17 KB.
        Assert.InRange(Pages(table), Chain / Table<int, int>.Page.Slots, (Chain / Table<int, int>.Page.Slots * 5 / 4) + table.CurrentRoot.Depth);
    }

    [Fact]
    public void A_comparer_that_throws_does_not_make_every_removal_shrink_in_vain()
    {
        bool isThrowing = false;
        int calls = 0;
        var table = new Table<int, int>(new PoorComparer<int>(key => ++calls > 0 && isThrowing && key == 19_999 ? throw new DeliberateException() : key), Hashing.Comparer, 0, Geometry.Default);
        Fill(table, 0, 20_000, isScattered: false);
        int most = Pages(table);
        isThrowing = true;
        int before = calls;
        for (int key = 0; key < 19_900; key++)
        {
            Assert.True(table.Remove(key, Condition.None, 0, out _));
        }

        output.WriteLine($"{calls - before} hashes");
        Assert.InRange(calls - before, 19_900, 5 * 19_900);
        isThrowing = false;
        for (int key = 19_900; key < 19_999; key++)
        {
            Assert.True(table.Remove(key, Condition.None, 0, out _));
        }

        Assert.InRange(Pages(table), 1, most / 100);
        Assert.True(table.TryFind(19_999, out int value) && value == 19_999);
    }

    internal static int Pages<TKey, TStored>(Table<TKey, TStored> table)
        where TKey : notnull
    {
        int pages = 0;
        Table<TKey, TStored>.Page? last = null;
        for (int link = 0; link < table.CurrentRoot.Links; link++)
        {
            Table<TKey, TStored>.Page head = table.CurrentRoot.PageAt(link);
            for (Table<TKey, TStored>.Page? page = ReferenceEquals(head, last) ? null : head; page is not null; page = page.Overflow)
            {
                pages++;
            }

            last = head;
        }

        return pages;
    }

    private static int Key(int number, bool isScattered) => isScattered ? (int)TextHash.Mix(number ^ 0x5A5A5A) : number;

    private static void Fill(Table<int, int> table, int from, int to, bool isScattered)
    {
        for (int number = from; number < to; number++)
        {
            int key = Key(number, isScattered);
            table.Put(key, key, Condition.None, 0, out _);
        }
    }

    private void AssertHeld(int dictionaries, int many, int left, Func<CopyOnWriteDictionary<int, int>> make, bool isMuch)
    {
        make().Set(1, 1); // What runs for the first time.
        long none = GC.GetTotalMemory(forceFullCollection: true);
        CopyOnWriteDictionary<int, int>[] used = [.. Enumerable.Range(0, dictionaries).Select(_ => make())];
        foreach (CopyOnWriteDictionary<int, int> dictionary in used)
        {
            for (int key = 0; key < many; key++)
            {
                dictionary.Set(key, key);
            }

            for (int key = 0; key < many - left; key++)
            {
                Assert.True(dictionary.TryRemove(key));
            }
        }

        long usedHeld = GC.GetTotalMemory(forceFullCollection: true) - none;
        CopyOnWriteDictionary<int, int>[] fresh = [.. Enumerable.Range(0, dictionaries).Select(number => new CopyOnWriteDictionary<int, int>(used[number].Comparer))];
        foreach (CopyOnWriteDictionary<int, int> dictionary in fresh)
        {
            for (int key = many - left; key < many; key++)
            {
                dictionary.Set(key, key);
            }
        }

        long freshHeld = GC.GetTotalMemory(forceFullCollection: true) - none - usedHeld;
        output.WriteLine($"{usedHeld:N0} bytes, fresh ones {freshHeld:N0}");
        Assert.True(freshHeld > 10 * left, "too little for a verdict");
        Assert.Equal(isMuch, usedHeld > 2.2 * freshHeld);
        Assert.All(used.Concat(fresh), dictionary => Assert.Equal(left, dictionary.Count));
    }

    private void AssertFlat(ChurnResult result)
    {
        output.WriteLine($"{result}");
        Assert.True(result.BytesEach <= MostBytes, $"{result}");
        Assert.True(result.MostPages <= 1.25 * result.PagesAtFirst, $"{result}");
        Assert.True(result.HeldAtEnd <= 1.25 * result.HeldAtFirst, $"{result}");
    }

    /// <summary>Removes the oldest key and adds a fresh one, again and again.</summary>
    private static ChurnResult Churn<TKey, TStored>(Table<TKey, TStored> table, Func<int, TKey> key, TStored value, int churns, Action? beside = null)
        where TKey : notnull
    {
        const int Window = Size / 2;
        long empty = GC.GetTotalMemory(forceFullCollection: true);
        for (int number = 0; number < Size; number++)
        {
            Assert.True(table.Put(key(number), value, Condition.Absent, default, out _));
        }

        int next = Size;
        while (next < 6 * Size)
        {
            Turn(); // To the mixture of young and old pages that stays.
        }

        int pagesAtFirst = Pages(table);
        long heldAtFirst = GC.GetTotalMemory(forceFullCollection: true) - empty;
        int mostPages = 0;
        long bytes = 0;
        long counted = 0;
        for (int done = 0; done < churns; done += Window)
        {
            // A background collection charges a thread with what is left of its piece of the heap; after a collection that blocks it has none.
            // The compiler's allocations are the thread's too: such a window is not counted.
            GC.Collect(0);
            long compiled = JitInfo.GetCompiledMethodCount(currentThread: true);
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < Window; i++)
            {
                beside?.Invoke();
                Turn();
            }

            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            if (JitInfo.GetCompiledMethodCount(currentThread: true) == compiled)
            {
                bytes += allocated;
                counted += Window;
            }

            mostPages = Math.Max(mostPages, Pages(table));
        }

        Assert.Equal(Size, table.Count);
        Assert.True(counted > 0, "something is compiled in every window");
        long heldAtEnd = GC.GetTotalMemory(forceFullCollection: true) - empty;
        GC.KeepAlive(table);
        return new ChurnResult(bytes / (double)counted, pagesAtFirst, mostPages, heldAtFirst, heldAtEnd);

        void Turn()
        {
            if (!table.Remove(key(next - Size), Condition.None, default, out _) || !table.Put(key(next), value, Condition.Absent, default, out _))
            {
                Assert.Fail("the key was not there, or there already");
            }

            next++;
        }
    }

    private sealed record ChurnResult(double BytesEach, int PagesAtFirst, int MostPages, long HeldAtFirst, long HeldAtEnd);
}
