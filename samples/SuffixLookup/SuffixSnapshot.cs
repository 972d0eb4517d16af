using SwmrKit;

namespace SuffixLookup;

/// <summary>One whole version of the rules: a snapshot of them, and an index in native memory built from it, which dies with it.</summary>
internal sealed class SuffixSnapshot : IDisposable
{
    private readonly DictionarySnapshot<string, Rule> _rules;

    public SuffixSnapshot(DictionarySnapshot<string, Rule> rules)
    {
        _rules = rules;
        Index = new NativeRuleIndex([.. rules.Select(static rule => KeyValuePair.Create(rule.Key, rule.Value.Kinds))]);
    }

    /// <summary>The rules in native memory: for readers, while they hold this snapshot.</summary>
    public NativeRuleIndex Index { get; }

    /// <summary>The same rules in managed memory, to check the index against.</summary>
    public ManagedRules Rules => new(_rules);

    public static SuffixSnapshot From(IReadOnlyDictionary<string, RuleKinds> rules)
    {
        var book = new RuleBook();
        book.Reload(rules);
        return new SuffixSnapshot(book.Snapshot());
    }

    /// <summary>The registrable domain of a host, lower case and in the form it came in, or null where there is none.</summary>
    public string? FindRegistrable(string text)
    {
        if (!HostName.TryParse(text, out HostName host))
        {
            return null;
        }

        int start = Index.FindRegistrable(host.Canonical);
        if (start < 0)
        {
            return null;
        }

        // The two forms have the same labels, not the same lengths.
        int labels = host.Canonical.AsSpan(start).Count('.') + 1;
        return host.Display[SuffixMatcher.StartOfLast(host.Display, labels)..];
    }

    public void Dispose() => Index.Dispose();

    /// <summary>The rules as the snapshot has them.</summary>
    internal readonly struct ManagedRules(DictionarySnapshot<string, Rule> rules) : IRuleSource
    {
        public RuleKinds Find(ReadOnlySpan<char> host, int start) => rules.TryGetValue(host[start..].ToString(), out Rule? rule) ? rule.Kinds : RuleKinds.None;
    }
}
