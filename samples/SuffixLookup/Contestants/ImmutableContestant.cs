using System.Collections.Immutable;

namespace SuffixLookup;

/// <summary>An immutable dictionary behind a volatile reference. It cannot be asked with a span: each label costs a string.</summary>
internal sealed class ImmutableContestant() : Alternative("ImmutableDictionary")
{
    private volatile ImmutableDictionary<string, RuleKinds> _rules = ImmutableDictionary.Create<string, RuleKinds>(StringComparer.Ordinal);

    public override void Reload(Dictionary<string, RuleKinds> rules) => _rules = rules.ToImmutableDictionary(StringComparer.Ordinal);

    public override void Edit(string name, RuleKinds kinds) => _rules = kinds == RuleKinds.None ? _rules.Remove(name) : _rules.SetItem(name, kinds);

    protected override int Find(string host) => SuffixMatcher.FindRegistrable(new Rules(_rules), host);

    private readonly struct Rules(ImmutableDictionary<string, RuleKinds> rules) : IRuleSource
    {
        public RuleKinds Find(ReadOnlySpan<char> host, int start) => rules.TryGetValue(host[start..].ToString(), out RuleKinds kinds) ? kinds : RuleKinds.None;
    }
}
