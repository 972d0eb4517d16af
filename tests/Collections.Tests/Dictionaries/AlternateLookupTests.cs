namespace SwmrKit.Tests;

/// <summary>Strings looked up by spans of characters, in the dictionary, its snapshots and its batches.</summary>
public sealed class AlternateLookupTests : IClassFixture<SharedMachine>
{
    private readonly CopyOnWriteDictionary<string, int> _dictionary = new() { ["a"] = 1, ["b"] = 2 };

    [Fact]
    public void Spans_find_strings_under_either_hash_function()
    {
        CopyOnWriteDictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> lookup = _dictionary.GetAlternateLookup<ReadOnlySpan<char>>();
        Assert.Equal(1, lookup["xa".AsSpan(1)]);
        Assert.True(lookup.TryGetValue("b", out string? key, out int value));
        Assert.Equal(("b", 2), (key, value));
        Assert.False(lookup.ContainsKey("z"));
        Assert.Throws<KeyNotFoundException>(() => _dictionary.GetAlternateLookup<ReadOnlySpan<char>>()["z"]);
        Assert.True(lookup.TryAdd("c", 3));
        Assert.False(lookup.TryAdd("c", 4));
        lookup["c"] = 5;
        Assert.False(lookup.TryRemove("nothing"));
        Assert.True(lookup.TryRemove("c", out value));
        Assert.Equal(5, value);

        var folded = new CopyOnWriteDictionary<string, int>(_dictionary, StringComparer.OrdinalIgnoreCase);
        Assert.Equal(2, folded.GetAlternateLookup<ReadOnlySpan<char>>()["B"]);

        foreach (string colliding in FloodingTests.CollidingText(200))
        {
            _dictionary[colliding] = 7;
        }

        Assert.Equal(1, lookup["xa".AsSpan(1)]);
        Assert.Equal(7, lookup[FloodingTests.CollidingText(200)[150]]);
    }

    [Fact]
    public void Spans_find_strings_in_snapshots_and_batches()
    {
        DictionarySnapshot<string, int> snapshot = _dictionary.Snapshot();
        DictionarySnapshot<string, int>.AlternateLookup<ReadOnlySpan<char>> frozen = snapshot.GetAlternateLookup<ReadOnlySpan<char>>();
        DictionaryBatch<string, int>? ended = null;
        _dictionary.Update(batch =>
        {
            ended = batch;
            DictionaryBatch<string, int>.AlternateLookup<ReadOnlySpan<char>> lookup = batch.GetAlternateLookup<ReadOnlySpan<char>>();
            Assert.Same(batch, lookup.Batch);
            Assert.Equal(1, lookup["xa".AsSpan(1)]);
            lookup["a"] = 5;
            Assert.True(lookup.TryAdd("c", 3));
            Assert.False(lookup.TryAdd("c", 4));
            lookup["d"] = 6;
            Assert.True(lookup.TryRemove("b", out int was));
            Assert.Equal(2, was);
            Assert.False(lookup.TryRemove("b"));
            Assert.True(lookup.TryGetValue("c", out string? key, out int value));
            Assert.Equal(("c", 3), (key, value));
            Assert.False(lookup.ContainsKey("b"));
            Assert.Contains("'b'", Assert.Throws<KeyNotFoundException>(() => batch.GetAlternateLookup<ReadOnlySpan<char>>()["b"]).Message, StringComparison.Ordinal);
        });
        Assert.Equal([new("a", 5), new("c", 3), new("d", 6)], _dictionary.OrderBy(static entry => entry.Key));
        Assert.Throws<InvalidOperationException>(() => ended!.GetAlternateLookup<ReadOnlySpan<char>>().ContainsKey("a"));

        Assert.True(frozen.Snapshot == snapshot);
        Assert.Equal(1, frozen["xa".AsSpan(1)]);
        Assert.True(frozen.TryGetValue("b", out string? found, out int two));
        Assert.Equal(("b", 2), (found, two));
        Assert.False(frozen.ContainsKey("c"));
        Assert.Contains("'c'", Assert.Throws<KeyNotFoundException>(() => snapshot.GetAlternateLookup<ReadOnlySpan<char>>()["c"]).Message, StringComparison.Ordinal);

        // Values in boxes, and a comparer's hash.
        var folded = new CopyOnWriteDictionary<string, (int, int)>(StringComparer.OrdinalIgnoreCase) { ["Key"] = (1, 2) };
        Assert.Equal((1, 2), folded.Snapshot().GetAlternateLookup<ReadOnlySpan<char>>()["kEY"]);
        folded.Update(static batch => batch.GetAlternateLookup<ReadOnlySpan<char>>()["KEY"] = (3, 4));
        Assert.Equal([new("Key", (3, 4))], folded);
    }

    [Fact]
    public void A_comparer_that_cannot_compare_with_an_alternate_is_named()
    {
        Assert.Throws<InvalidOperationException>(() => new CopyOnWriteDictionary<int, int>().Snapshot().GetAlternateLookup<ReadOnlySpan<char>>());
        new CopyOnWriteDictionary<int, int>().Update(static batch =>
        {
            Assert.False(batch.TryGetAlternateLookup<ReadOnlySpan<char>>(out _));
            Assert.Throws<InvalidOperationException>(() => batch.GetAlternateLookup<ReadOnlySpan<char>>());
        });
        Assert.Contains("Int32", Assert.Throws<InvalidOperationException>(() => new CopyOnWriteDictionary<int, int>().GetAlternateLookup<ReadOnlySpan<char>>()).Message, StringComparison.Ordinal);
        Assert.False(new CopyOnWriteDictionary<int, int>().TryGetAlternateLookup<ReadOnlySpan<char>>(out _));
    }
}
