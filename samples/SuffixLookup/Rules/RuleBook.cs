using SwmrKit;

namespace SuffixLookup;

/// <summary>The rules in a copy-on-write dictionary, looked up by spans of the host: no look-up takes a lock, waits or allocates.</summary>
/// <remarks>A host is looked up name by name, and a change may come in between two of them, as in any dictionary that is edited in place. Where a whole
/// walk must belong to one moment, it goes over a snapshot: that is how <see cref="SuffixSnapshot"/> uses it.</remarks>
internal sealed class RuleBook : IRuleBook
{
    /// <summary>Rules of one kind are the same, whatever their edition.</summary>
    private static readonly EqualityComparer<Rule> s_byKinds = EqualityComparer<Rule>.Create(static (one, other) => one?.Kinds == other?.Kinds, static rule => (int)rule.Kinds);

    private readonly CopyOnWriteDictionary<string, Rule> _rules = new(StringComparer.Ordinal);
    private readonly CopyOnWriteDictionary<string, Rule>.AlternateLookup<ReadOnlySpan<char>> _bySpan;
    private long _edition;

    public RuleBook() => _bySpan = _rules.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>The number of changes there have been.</summary>
    public long Version => _rules.Version;

    /// <summary>Where the registrable domain of a canonical host name begins, or -1 where there is none.</summary>
    public int FindRegistrable(ReadOnlySpan<char> host) => SuffixMatcher.FindRegistrable(new BySpan(_bySpan), host);

    public Rule? Find(ReadOnlySpan<char> name) => _bySpan.TryGetValue(name, out Rule? rule) ? rule : null;

    public long Edit(string name, RuleKinds kinds)
    {
        long edition = ++_edition;
        if (kinds == RuleKinds.None)
        {
            _rules.TryRemove(name);
        }
        else
        {
            _rules.Set(name, new Rule(kinds, edition));
        }

        return edition;
    }

    public void EditTogether(IEnumerable<KeyValuePair<string, RuleKinds>> edits)
    {
        long edition = ++_edition;
        _rules.Update(batch =>
        {
            foreach ((string name, RuleKinds kinds) in edits)
            {
                if (kinds == RuleKinds.None)
                {
                    batch.TryRemove(name);
                }
                else
                {
                    batch.Set(name, new Rule(kinds, edition));
                }
            }
        });
    }

    public void Reload(IReadOnlyDictionary<string, RuleKinds> rules)
    {
        long edition = ++_edition;
        Dictionary<RuleKinds, Rule> ofKinds = rules.Values.Distinct().ToDictionary(static kinds => kinds, kinds => new Rule(kinds, edition)); // Thousands of names share a few.
        _rules.Update(batch =>
        {
            batch.Clear();
            foreach ((string name, RuleKinds kinds) in rules)
            {
                batch.Add(name, ofKinds[kinds]);
            }
        });
    }

    /// <summary>Begins to tell what changes: rules that come, go, or become others. A reload tells only of those in which it differs.</summary>
    public DictionaryChangeLog<string, Rule> Follow() => new(_rules, new() { ValueComparer = s_byKinds });

    public DictionarySnapshot<string, Rule> Snapshot() => _rules.Snapshot();

    IReadOnlyDictionary<string, Rule> IRuleBook.Snapshot() => Snapshot();

    private readonly struct BySpan(CopyOnWriteDictionary<string, Rule>.AlternateLookup<ReadOnlySpan<char>> rules) : IRuleSource
    {
        public RuleKinds Find(ReadOnlySpan<char> host, int start) => rules.TryGetValue(host[start..], out Rule? rule) ? rule.Kinds : RuleKinds.None;
    }
}
