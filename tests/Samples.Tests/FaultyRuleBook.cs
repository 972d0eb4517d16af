using System.Collections;
using System.Diagnostics.CodeAnalysis;
using SuffixLookup;

namespace SwmrKit.Tests;

/// <summary>The sample's rules with one promise broken: for the controls of <see cref="LiveRulesTests"/>.</summary>
internal sealed class FaultyRuleBook(RuleFault fault) : IRuleBook
{
    private readonly RuleBook _book = new();
    private KeyValuePair<string, RuleKinds>? _held;

    public Rule? Find(ReadOnlySpan<char> name) => fault == RuleFault.LookUpMakesAString ? _book.Find(name.ToString()) : _book.Find(name);

    public long Edit(string name, RuleKinds kinds)
    {
        if (fault != RuleFault.EditComesLate)
        {
            return _book.Edit(name, kinds);
        }

        // The edition it will have had, had it been made: it is made with the next change.
        long edition = _book.Edit("placeholder.swmrkit-live", RuleKinds.None);
        _held = new(name, kinds);
        Thread.Sleep(1);
        return edition;
    }

    public void EditTogether(IEnumerable<KeyValuePair<string, RuleKinds>> edits)
    {
        if (_held is { } held)
        {
            Thread.Sleep(1);
            _book.Edit(held.Key, held.Value);
        }

        if (fault is RuleFault.BatchOneByOne or RuleFault.BatchOneByOneBackwards)
        {
            foreach ((string name, RuleKinds kinds) in fault == RuleFault.BatchOneByOne ? edits : edits.Reverse())
            {
                _book.Edit(name, kinds);
                Thread.Sleep(1);
            }
        }
        else
        {
            _book.EditTogether(edits);
        }
    }

    public void Reload(IReadOnlyDictionary<string, RuleKinds> rules)
    {
        switch (fault)
        {
            case RuleFault.ReloadClearsFirst:
                _book.Reload(new Dictionary<string, RuleKinds>());
                Thread.Sleep(1);
                _book.Reload(rules);
                break;
            case RuleFault.ReloadOneByOne:
                int set = 0;
                foreach ((string name, RuleKinds kinds) in rules)
                {
                    _book.Edit(name, kinds);
                    if (++set % 1_000 == 0)
                    {
                        Thread.Sleep(1);
                    }
                }

                break;
            default:
                _book.Reload(rules);
                break;
        }
    }

    public IReadOnlyDictionary<string, Rule> Snapshot() => fault == RuleFault.SnapshotIsLive ? new Live(_book) : _book.Snapshot();

    private sealed class Live(RuleBook book) : IReadOnlyDictionary<string, Rule>
    {
        public int Count => book.Snapshot().Count;

        public IEnumerable<string> Keys => book.Snapshot().Keys;

        public IEnumerable<Rule> Values => book.Snapshot().Values;

        public Rule this[string key] => book.Snapshot()[key];

        public bool ContainsKey(string key) => book.Snapshot().ContainsKey(key);

        public bool TryGetValue(string key, [MaybeNullWhen(false)] out Rule value) => book.Snapshot().TryGetValue(key, out value);

        public IEnumerator<KeyValuePair<string, Rule>> GetEnumerator() => book.Snapshot().GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}

/// <summary>Which promise is broken.</summary>
internal enum RuleFault
{
    EditComesLate,
    BatchOneByOne,
    BatchOneByOneBackwards,
    ReloadClearsFirst,
    ReloadOneByOne,
    SnapshotIsLive,
    LookUpMakesAString,
}
