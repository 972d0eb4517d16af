namespace SuffixLookup;

/// <summary>SwmrKit's dictionary: edited in place, reloaded by a batch. One look-up may see some labels before an edit and others after it.</summary>
internal sealed class CopyOnWriteContestant() : Alternative("CopyOnWriteDictionary")
{
    private readonly RuleBook _rules = new();

    public override void Reload(Dictionary<string, RuleKinds> rules) => _rules.Reload(rules);

    public override void Edit(string name, RuleKinds kinds) => _rules.Edit(name, kinds);

    protected override int Find(string host) => _rules.FindRegistrable(host);
}
