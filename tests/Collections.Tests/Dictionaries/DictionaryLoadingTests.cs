namespace SwmrKit.Tests;

/// <summary>Many entries added to an empty dictionary at once, for which its pages are made aside: it is then what additions one by one would have made of it.</summary>
public sealed class DictionaryLoadingTests : IClassFixture<SharedMachine>
{
    [Theory]
    [InlineData(1_023)]
    [InlineData(1_024)]
    [InlineData(1_025)]
    [InlineData(20_000)]
    [InlineData(300_000)]
    public void Everything_is_found_and_goes_on_as_if_it_had_been_added_one_by_one(int count)
    {
        LoadAndGoOn(count, static i => i * 7, null);
        LoadAndGoOn(count, static i => i.ToString(System.Globalization.CultureInfo.InvariantCulture), null);
        LoadAndGoOn(count, static i => $"Key {i}", StringComparer.OrdinalIgnoreCase);
    }

    [Fact]
    public void Keys_of_few_hashes_are_found() => LoadAndGoOn(3_000, static i => i, new PoorComparer<int>(static key => key % 5));

    [Fact]
    public void Text_that_collides_is_hashed_by_another_function()
    {
        string[] texts = FloodingTests.CollidingText(3_000);
        LoadAndGoOn(texts.Length, i => texts[i], null);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(0, 4_999)]
    [InlineData(2_500, 2_501)]
    public void A_key_that_comes_twice_is_refused_and_nothing_is_added(int first, int second)
    {
        int[] keys = [.. Enumerable.Range(0, 5_000)];
        keys[second] = keys[first];
        var dictionary = new CopyOnWriteDictionary<int, int>();
        ArgumentException failure = Assert.Throws<ArgumentException>(() => dictionary.AddRange(keys.Select(static key => KeyValuePair.Create(key, key))));
        Assert.Contains($"{keys[first]}", failure.Message, StringComparison.Ordinal);
        Assert.Empty(dictionary);
        Assert.Equal(0, dictionary.Version);
        dictionary.Update(batch =>
        {
            Assert.Throws<ArgumentException>(() => batch.AddRange(keys.Select(static key => KeyValuePair.Create(key, key))));
            batch.Set(-1, 1);
        });
        Assert.Equal(1, dictionary[-1]);
    }

    [Fact]
    public void One_text_a_thousand_times_is_a_duplicate_and_no_attack()
    {
        var dictionary = new CopyOnWriteDictionary<string, int>();
        Assert.Throws<ArgumentException>(() => dictionary.AddRange(Enumerable.Range(0, 2_000).Select(static i => KeyValuePair.Create("same", i))));
        Assert.Empty(dictionary);
    }

    [Fact]
    public void A_null_among_the_keys_is_refused_and_nothing_is_added()
    {
        var dictionary = new CopyOnWriteDictionary<string, int>();
        Assert.Throws<ArgumentNullException>(() => dictionary.AddRange(Enumerable.Range(0, 2_000).Select(static i => KeyValuePair.Create(i == 1_500 ? null! : $"{i}", i))));
        Assert.Empty(dictionary);
    }

    [Fact]
    public void What_a_batch_has_cleared_is_loaded_anew_and_seen_when_the_batch_is_whole()
    {
        var dictionary = new CopyOnWriteDictionary<int, int>();
        dictionary.AddRange(Enumerable.Range(0, 10_000).Select(static key => KeyValuePair.Create(key, 1)));
        DictionarySnapshot<int, int> before = dictionary.Snapshot();
        dictionary.Update(batch =>
        {
            batch.Clear();
            batch.AddRange(Enumerable.Range(5_000, 10_000).Select(static key => KeyValuePair.Create(key, 2)));
            Assert.Equal(1, dictionary[0]);
            batch.TryRemove(5_000);
            batch.Set(20_000, 2);
        });
        Assert.Equal(10_000, before.Count);
        Assert.All(before, static entry => Assert.Equal(1, entry.Value));
        Assert.Equal(Enumerable.Range(5_001, 9_999).Append(20_000), dictionary.Keys.Order());
        Assert.All(dictionary.Values, static value => Assert.Equal(2, value));
    }

    [Fact]
    public void Room_that_was_asked_for_stays()
    {
        var dictionary = new CopyOnWriteDictionary<int, int>(100_000, null);
        dictionary.AddRange(Enumerable.Range(0, 2_000).Select(static key => KeyValuePair.Create(key, key)));
        Assert.Equal(Enumerable.Range(0, 2_000), dictionary.Keys.Order());
    }

    private static void LoadAndGoOn<TKey>(int count, Func<int, TKey> key, IEqualityComparer<TKey>? comparer)
        where TKey : notnull
    {
        var expected = new Dictionary<TKey, long>(comparer);
        for (int i = 0; i < count; i++)
        {
            expected.Add(key(i), i);
        }

        var dictionary = new CopyOnWriteDictionary<TKey, long>(comparer);
        dictionary.AddRange(expected);
        AssertSame(expected, dictionary.Snapshot());
        for (int i = 0; i < count; i += 3)
        {
            Assert.True(dictionary.TryRemove(key(i), out long value));
            Assert.Equal(i, value);
            expected.Remove(key(i));
        }

        DictionarySnapshot<TKey, long> kept = dictionary.Snapshot();
        Dictionary<TKey, long> then = new(expected, comparer);
        for (int i = 0; i < count; i += 2)
        {
            dictionary.Set(key(i), -i);
            expected[key(i)] = -i;
        }

        AssertSame(expected, dictionary.Snapshot());
        AssertSame(then, kept);
    }

    private static void AssertSame<TKey>(Dictionary<TKey, long> expected, DictionarySnapshot<TKey, long> snapshot)
        where TKey : notnull
    {
        Assert.Equal(expected.Count, snapshot.Count);
        int seen = 0;
        foreach ((TKey key, long value) in snapshot)
        {
            Assert.True(expected.TryGetValue(key, out long other) && other == value);
            seen++;
        }

        Assert.Equal(expected.Count, seen);
        foreach ((TKey key, long value) in expected)
        {
            Assert.True(snapshot.TryGetValue(key, out long found) && found == value);
        }
    }
}
