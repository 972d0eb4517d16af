using System.Collections.Frozen;

namespace SuffixLookup;

/// <summary>A frozen dictionary behind a volatile reference, rebuilt for every change.</summary>
internal sealed class FrozenContestant() : Alternative("FrozenDictionary")
{
    private volatile FrozenDictionary<string, RuleKinds> _rules = FrozenDictionary<string, RuleKinds>.Empty;

    public override void Reload(Dictionary<string, RuleKinds> rules) => _rules = rules.ToFrozenDictionary(StringComparer.Ordinal);

    public override void Edit(string name, RuleKinds kinds)
    {
        var rules = new Dictionary<string, RuleKinds>(_rules, StringComparer.Ordinal);
        DictionaryRules.Apply(rules, name, kinds);
        Reload(rules);
    }

    protected override int Find(string host) => SuffixMatcher.FindRegistrable(new Rules(_rules), host);

    private readonly struct Rules(FrozenDictionary<string, RuleKinds> rules) : IRuleSource
    {
        private readonly FrozenDictionary<string, RuleKinds>.AlternateLookup<ReadOnlySpan<char>> _rules = rules.GetAlternateLookup<ReadOnlySpan<char>>();

        public RuleKinds Find(ReadOnlySpan<char> host, int start) => _rules.TryGetValue(host[start..], out RuleKinds kinds) ? kinds : RuleKinds.None;
    }
}
