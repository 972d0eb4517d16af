namespace SuffixLookup;

/// <summary>What a list comes to: the count of its names and of each kind of rule.</summary>
internal sealed record RuleReport(int Names, int Suffixes, int Wildcards, int Exceptions)
{
    public static RuleReport Of(IReadOnlyDictionary<string, Rule> rules)
    {
        int names = 0, suffixes = 0, wildcards = 0, exceptions = 0;
        foreach ((_, Rule rule) in rules)
        {
            names++;
            suffixes += rule.Kinds.HasFlag(RuleKinds.Suffix) ? 1 : 0;
            wildcards += rule.Kinds.HasFlag(RuleKinds.Wildcard) ? 1 : 0;
            exceptions += rule.Kinds.HasFlag(RuleKinds.Exception) ? 1 : 0;
        }

        return new RuleReport(names, suffixes, wildcards, exceptions);
    }

    public override string ToString() => FormattableString.Invariant($"{Names:N0} names: {Suffixes:N0} suffixes, {Wildcards:N0} wildcards, {Exceptions:N0} exceptions");
}
