namespace SuffixLookup;

/// <summary>A dictionary under a reader-writer lock.</summary>
internal sealed class ReaderWriterLockContestant() : Alternative("ReaderWriterLockSlim")
{
    private readonly ReaderWriterLockSlim _lock = new();
    private Dictionary<string, RuleKinds> _rules = new(StringComparer.Ordinal);

    public override void Reload(Dictionary<string, RuleKinds> rules)
    {
        var copy = new Dictionary<string, RuleKinds>(rules, StringComparer.Ordinal);
        _lock.EnterWriteLock();
        _rules = copy;
        _lock.ExitWriteLock();
    }

    public override void Edit(string name, RuleKinds kinds)
    {
        _lock.EnterWriteLock();
        DictionaryRules.Apply(_rules, name, kinds);
        _lock.ExitWriteLock();
    }

    protected override int Find(string host)
    {
        _lock.EnterReadLock();
        int found = SuffixMatcher.FindRegistrable(new DictionaryRules(_rules), host);
        _lock.ExitReadLock();
        return found;
    }

    public override void Dispose()
    {
        _lock.Dispose();
        base.Dispose();
    }
}
