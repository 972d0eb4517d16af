namespace SuffixLookup;

/// <summary>The names to look up: for every rule of the list a few hosts under it, in a fixed random order.</summary>
internal static class Hosts
{
    private static readonly string[] s_prefixes = ["", "example.", "www.example.", "a.b.example."];

    public static string[] Under(Dictionary<string, RuleKinds> rules)
    {
        string[] names = [.. rules.Keys.Order(StringComparer.Ordinal)];
        string[] hosts = [.. names.SelectMany(static name => s_prefixes.Select(prefix => prefix + name))];
        new Random(12_345).Shuffle(hosts);
        return hosts;
    }
}
