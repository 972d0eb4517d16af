using SuffixLookup;

namespace SwmrKit.Tests;

public sealed class NativeRuleIndexTests : IClassFixture<SharedMachine>
{
    [Fact]
    public void It_finds_every_name_of_the_shipped_list_with_its_kinds()
    {
        Dictionary<string, RuleKinds> rules = ShippedList.Read();
        using var index = new NativeRuleIndex(rules);
        Assert.All(rules, rule => Assert.Equal(rule.Value, index.Find(rule.Key)));
    }

    [Fact]
    public void It_agrees_with_a_dictionary_on_names_near_those_it_holds()
    {
        Dictionary<string, RuleKinds> rules = ShippedList.Read();
        using var index = new NativeRuleIndex(rules);
        int hits = 0, misses = 0;
        foreach (string name in rules.Keys.SelectMany(static name => new[] { name[1..], name[..^1], "x" + name, name + "x", name + "\0", name.ToUpperInvariant(), Reverse(name) }))
        {
            RuleKinds expected = rules.GetValueOrDefault(name);
            Assert.Equal(expected, index.Find(name));
            _ = expected == RuleKinds.None ? misses++ : hits++;
        }

        Assert.True(hits > 100 && misses > 10_000, $"{hits} hits, {misses} misses");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(64)]
    [InlineData(1_000)]
    public void It_is_right_at_any_size(int size)
    {
        Dictionary<string, RuleKinds> rules = Enumerable.Range(0, size).ToDictionary(static i => $"n{i}", static i => (RuleKinds)(1 + (i % 7)));
        using var index = new NativeRuleIndex(rules);
        Assert.All(Enumerable.Range(0, size + 100), i => Assert.Equal(rules.GetValueOrDefault($"n{i}"), index.Find($"n{i}")));
        Assert.Equal(RuleKinds.None, index.Find(""));
    }

    [Fact]
    public void It_is_intact_until_it_is_disposed()
    {
        var index = new NativeRuleIndex(ShippedList.Read());
        Assert.True(index.IsIntact);
        index.Dispose();
        Assert.False(index.IsIntact);
    }

    [Fact]
    public void A_reader_that_came_too_late_finds_nothing_and_does_not_crash()
    {
        var index = new NativeRuleIndex(ShippedList.Read());
        Assert.Equal(RuleKinds.Suffix, index.Find("com"));
        index.Dispose();
        Assert.Equal(RuleKinds.None, index.Find("com"));
    }

    [Fact]
    public void Disposing_twice_gives_up_the_block_once()
    {
        // More blocks than are kept back: had the second call given one up again, it would be freed twice, which aborts the process.
        for (int i = 0; i < 40; i++)
        {
            var index = new NativeRuleIndex(new Dictionary<string, RuleKinds> { ["com"] = RuleKinds.Suffix });
            index.Dispose();
            index.Dispose();
            Assert.False(index.IsIntact);
        }
    }

    private static string Reverse(string name)
    {
        char[] characters = name.ToCharArray();
        Array.Reverse(characters);
        return new string(characters);
    }
}
