using System.Text;
using SuffixLookup;

namespace SwmrKit.Tests;

/// <summary>The sample's look-up beside a naive one that was written from the published algorithm.</summary>
public sealed class SuffixMatcherTests : IClassFixture<SharedMachine>
{
    private const int Seed = 4_711;

    private static readonly int s_hosts = TestMode.Choose(plain: 6_000, full: 200_000);

    [Fact]
    public void It_agrees_with_the_published_algorithm_on_the_shipped_list() => Assert.Empty(Disagreements(ShippedList.Read()));

    [Theory]
    [InlineData(RuleKinds.Suffix)]
    [InlineData(RuleKinds.Wildcard)]
    [InlineData(RuleKinds.Exception)]
    internal void Control_the_comparison_notices_a_kind_of_rule_that_is_ignored(RuleKinds ignored)
    {
        Dictionary<string, RuleKinds> rules = ShippedList.Read().ToDictionary(static rule => rule.Key, rule => rule.Value & ~ignored, StringComparer.Ordinal);
        foreach (string name in rules.Where(static rule => rule.Value == RuleKinds.None).Select(static rule => rule.Key).ToArray())
        {
            rules.Remove(name);
        }

        Assert.NotEmpty(Disagreements(rules));
    }

    [Fact]
    public void It_agrees_on_every_host_of_up_to_four_labels_under_small_random_lists()
    {
        string[] hosts = [.. Names(4)];
        Assert.Equal(3 + 9 + 27 + 81, hosts.Length);
        var random = new Random(Seed);
        for (int i = 0; i < TestMode.Choose(plain: 1_000, full: 50_000); i++)
        {
            string[] list = SmallList(random);
            var naive = new PublishedAlgorithm(list);
            using SuffixSnapshot snapshot = SuffixSnapshot.From(SuffixList.Parse(Encoding.UTF8.GetBytes(string.Join('\n', list)), "generated"));
            foreach (string host in hosts)
            {
                string? expected = naive.FindRegistrable(host);
                string? actual = snapshot.FindRegistrable(host);
                Assert.True(expected == actual, $"{host} under {string.Join(' ', list)}: {actual ?? "none"} instead of {expected ?? "none"}");
            }
        }
    }

    private static List<string> Disagreements(Dictionary<string, RuleKinds> rules)
    {
        string[] list = ShippedList.ReadRules();
        var naive = new PublishedAlgorithm(list);
        var generated = new GeneratedHosts(list, Seed);
        using SuffixSnapshot snapshot = SuffixSnapshot.From(rules);
        var disagreements = new List<string>();
        for (int i = 0; i < s_hosts; i++)
        {
            string host = generated.Next();
            string? expected = naive.FindRegistrable(host);
            string? actual = snapshot.FindRegistrable(host);
            if (expected != actual)
            {
                disagreements.Add($"{host}: {actual ?? "none"} instead of {expected ?? "none"}");
            }
        }

        return disagreements;
    }

    /// <summary>Up to eight rules over three labels; at most one exception, as the algorithm does not say which of two prevails.</summary>
    private static string[] SmallList(Random random)
    {
        string[] names = [.. Names(3)];
        var list = new List<string>();
        for (int i = random.Next(1, 8); i > 0; i--)
        {
            list.Add((random.Next(3) == 0 ? "*." : "") + names[random.Next(names.Length)]);
        }

        if (random.Next(2) == 0)
        {
            list.Add("!" + names[random.Next(3, names.Length)]);
        }

        return [.. list];
    }

    /// <summary>All names of up to so many labels, each a, b or c; the shortest first.</summary>
    private static IEnumerable<string> Names(int labels)
    {
        IEnumerable<string> longest = ["a", "b", "c"];
        for (int i = 0; i < labels; i++)
        {
            foreach (string name in longest)
            {
                yield return name;
            }

            longest = [.. longest.SelectMany(static name => new[] { "a." + name, "b." + name, "c." + name })];
        }
    }
}
