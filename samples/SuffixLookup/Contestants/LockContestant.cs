namespace SuffixLookup;

/// <summary>A dictionary under a lock.</summary>
internal sealed class LockContestant() : Alternative("lock")
{
    private readonly Lock _lock = new();
    private Dictionary<string, RuleKinds> _rules = new(StringComparer.Ordinal);

    public override void Reload(Dictionary<string, RuleKinds> rules)
    {
        lock (_lock)
        {
            _rules = new Dictionary<string, RuleKinds>(rules, StringComparer.Ordinal);
        }
    }

    public override void Edit(string name, RuleKinds kinds)
    {
        lock (_lock)
        {
            DictionaryRules.Apply(_rules, name, kinds);
        }
    }

    protected override int Find(string host)
    {
        lock (_lock)
        {
            return SuffixMatcher.FindRegistrable(new DictionaryRules(_rules), host);
        }
    }
}
