using SwmrKit;

namespace SuffixLookup;

/// <summary>
/// The rules of each top-level domain in an index in native memory, kept up with a rule book by its change log: a reload replaces the indexes only of those domains in which it changes something, and what is replaced is freed when its last
/// reader has left.
/// </summary>
internal sealed class NativeRuleSets : IDisposable
{
    private readonly OwningDictionary<string, NativeRuleIndex> _indexes;
    private readonly Dictionary<string, Dictionary<string, RuleKinds>> _rules = new(StringComparer.Ordinal); // What the changes have come to, by domain. Only Apply uses it.

    public NativeRuleSets() => _indexes = new OwningDictionary<string, NativeRuleIndex>(Domain, StringComparer.Ordinal);

    public RetirementDomain Domain { get; } = new();

    public int Count => _indexes.Count;

    /// <summary>Makes the indexes what a change set leads to: readers see one domain after the other as it was, or all as they are.</summary>
    /// <returns>How many indexes were made, or given up.</returns>
    public int Apply(DictionaryChangeSet<string, Rule> changes)
    {
        HashSet<string> touched = new(StringComparer.Ordinal);
        if (changes.IsReset)
        {
            touched.UnionWith(_rules.Keys);
            _rules.Clear();
        }

        foreach ((DictionaryChangeKind kind, string name, _, Rule? rule) in changes)
        {
            string domain = TopLevelOf(name).ToString();
            touched.Add(domain);
            Dictionary<string, RuleKinds> rules = _rules.TryGetValue(domain, out Dictionary<string, RuleKinds>? known) ? known : _rules[domain] = new(StringComparer.Ordinal);
            if (kind == DictionaryChangeKind.Removed)
            {
                rules.Remove(name);
            }
            else
            {
                rules[name] = rule!.Kinds;
            }
        }

        _indexes.Update(batch =>
        {
            foreach (string domain in touched)
            {
                if (_rules.TryGetValue(domain, out Dictionary<string, RuleKinds>? rules) && rules.Count > 0)
                {
                    batch.Set(domain, new NativeRuleIndex(rules));
                }
                else
                {
                    batch.TryRemove(domain);
                }
            }
        });
        foreach (string domain in touched.Where(domain => _rules.TryGetValue(domain, out Dictionary<string, RuleKinds>? rules) && rules.Count == 0))
        {
            _rules.Remove(domain);
        }

        return touched.Count;
    }

    /// <summary>Where the registrable domain of a canonical host name begins, or -1 where there is none.</summary>
    /// <param name="reader">The calling thread's.</param>
    /// <param name="host">The host.</param>
    /// <param name="isIntact">Whether the index had not been freed when it had been read.</param>
    public int FindRegistrable(ReaderHandle reader, ReadOnlySpan<char> host, out bool isIntact)
    {
        using DictionaryRead<string, NativeRuleIndex> read = _indexes.Read(reader);
        if (!read.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(TopLevelOf(host), out NativeRuleIndex? index))
        {
            isIntact = true;
            return SuffixMatcher.FindRegistrable(default(NoRules), host);
        }

        int found = index.FindRegistrable(host);
        isIntact = index.IsIntact;
        return found;
    }

    public void Dispose()
    {
        _indexes.Dispose();
        Domain.Dispose();
    }

    private static ReadOnlySpan<char> TopLevelOf(ReadOnlySpan<char> name) => name[(name.LastIndexOf('.') + 1)..];

    private readonly struct NoRules : IRuleSource
    {
        public RuleKinds Find(ReadOnlySpan<char> host, int start) => RuleKinds.None;
    }
}
