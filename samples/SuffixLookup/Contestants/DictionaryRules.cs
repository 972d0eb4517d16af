namespace SuffixLookup;

/// <summary>Rules in an ordinary dictionary, as seen under a lock.</summary>
internal readonly struct DictionaryRules(Dictionary<string, RuleKinds> rules) : IRuleSource
{
    private readonly Dictionary<string, RuleKinds>.AlternateLookup<ReadOnlySpan<char>> _rules = rules.GetAlternateLookup<ReadOnlySpan<char>>();

    public RuleKinds Find(ReadOnlySpan<char> host, int start) => _rules.TryGetValue(host[start..], out RuleKinds kinds) ? kinds : RuleKinds.None;

    public static void Apply(Dictionary<string, RuleKinds> rules, string name, RuleKinds kinds)
    {
        if (kinds == RuleKinds.None)
        {
            rules.Remove(name);
        }
        else
        {
            rules[name] = kinds;
        }
    }
}
