using System.Collections.Concurrent;

namespace SuffixLookup;

/// <summary>A concurrent dictionary edited in place: one lookup may see some labels before an edit and others after it. A reload swaps it.</summary>
internal sealed class ConcurrentContestant() : Alternative("ConcurrentDictionary")
{
    private volatile ConcurrentDictionary<string, RuleKinds> _rules = new(StringComparer.Ordinal);

    public override void Reload(Dictionary<string, RuleKinds> rules) => _rules = new ConcurrentDictionary<string, RuleKinds>(rules, StringComparer.Ordinal);

    public override void Edit(string name, RuleKinds kinds)
    {
        if (kinds == RuleKinds.None)
        {
            _rules.TryRemove(name, out _);
        }
        else
        {
            _rules[name] = kinds;
        }
    }

    protected override int Find(string host) => SuffixMatcher.FindRegistrable(new Rules(_rules), host);

    private readonly struct Rules(ConcurrentDictionary<string, RuleKinds> rules) : IRuleSource
    {
        private readonly ConcurrentDictionary<string, RuleKinds>.AlternateLookup<ReadOnlySpan<char>> _rules = rules.GetAlternateLookup<ReadOnlySpan<char>>();

        public RuleKinds Find(ReadOnlySpan<char> host, int start) => _rules.TryGetValue(host[start..], out RuleKinds kinds) ? kinds : RuleKinds.None;
    }
}
