using System.Runtime.InteropServices;

namespace SwmrKit.Tests;

/// <summary>Keys that somebody has chosen so that they collide, and keys that collide because their comparer is poor.</summary>
public sealed class FloodingTests : IClassFixture<SharedMachine>
{
    /// <summary>Text with one hash under the fast function, made with knowledge of this process's random numbers: a factor of zero hides what the other half says.</summary>
    internal static string[] CollidingText(int count)
    {
        Span<char> text = stackalloc char[8];
        MemoryMarshal.Write(MemoryMarshal.AsBytes(text), in TextHash.Blind);
        var keys = new string[count];
        for (int i = 0; i < count; i++)
        {
            MemoryMarshal.Write(MemoryMarshal.AsBytes(text[4..]), in i);
            keys[i] = new string(text);
        }

        return keys;
    }

    [Fact]
    public void Text_that_collides_makes_the_table_hash_it_otherwise()
    {
        string[] keys = CollidingText(100_000);
        Assert.Single(keys.Take(100).Select(static text => TextHash.Fast(text)).Distinct());
        var table = new Table<string, object?>(null, Hashing.FastText, 0, Geometry.Default);
        Assert.Equal(Hashing.FastText, table.Hashing);
        foreach (string key in keys)
        {
            table.Put(key, key, Condition.None, null, out _);
        }

        Assert.Equal(Hashing.RandomText, table.Hashing);
        Assert.Equal(keys.Length, table.Count);
        Assert.All(keys, key => Assert.True(table.TryFind(key, out object? value) && ReferenceEquals(value, key)));
        Assert.True(MostInOneChain(table) <= 64, "colliding text still meets in one place");
    }

    [Fact]
    public void Text_that_collides_in_a_batch_makes_it_too()
    {
        string[] keys = CollidingText(1_000);
        var dictionary = new CopyOnWriteDictionary<string, int> { ["before"] = 1 };
        dictionary.Update(batch =>
        {
            foreach (string key in keys)
            {
                batch.Add(key, 2);
            }

            Assert.Equal(1, batch["before"]);
        });
        Assert.Equal(1_001, dictionary.Count);
        Assert.All(keys, key => Assert.Equal(2, dictionary[key]));
        Assert.Equal(1, dictionary["before"]);
    }

    [Fact]
    public void Text_that_does_not_collide_is_hashed_fast_for_ever()
    {
        var table = new Table<string, object?>(null, Hashing.FastText, 0, Geometry.Default);
        for (int i = 0; i < 200_000; i++)
        {
            table.Put($"host-{i}.example.org", null, Condition.None, null, out _);
        }

        Assert.Equal(Hashing.FastText, table.Hashing);
    }

    [Fact]
    public void A_thousand_equal_hash_codes_work()
    {
        var dictionary = new CopyOnWriteDictionary<int, int>(new PoorComparer<int>(static _ => 42));
        for (int key = 0; key < 1_000; key++)
        {
            dictionary.Add(key, key);
        }

        DictionarySnapshot<int, int> snapshot = dictionary.Snapshot();
        for (int key = 0; key < 1_000; key += 2)
        {
            Assert.True(dictionary.TryRemove(key));
        }

        Assert.Equal(500, dictionary.Count);
        Assert.Equal(Enumerable.Range(0, 1_000), snapshot.Keys.Order());
        Assert.All(Enumerable.Range(0, 1_000), key => Assert.Equal(key % 2 == 1, dictionary.ContainsKey(key)));
    }

    private static int MostInOneChain(Table<string, object?> table)
    {
        int most = 0;
        for (int link = 0; link < table.CurrentRoot.Links; link++)
        {
            int used = 0;
            for (Table<string, object?>.Page? page = table.CurrentRoot.PageAt(link); page is not null; page = page.Overflow)
            {
                used += page.Used;
            }

            most = Math.Max(most, used);
        }

        return most;
    }
}
