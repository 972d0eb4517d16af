using System.Collections.Frozen;
using System.Collections.Immutable;

namespace SuffixLookup;

/// <summary>
/// One whole version of the rules: a frozen dictionary of the list, what has been edited since, and an index in native memory built
/// from both, which dies with it.
/// </summary>
internal sealed class SuffixSnapshot : IDisposable
{
    private readonly FrozenDictionary<string, RuleKinds> _list;
    private readonly ImmutableDictionary<string, RuleKinds> _edits;

    private SuffixSnapshot(FrozenDictionary<string, RuleKinds> list, ImmutableDictionary<string, RuleKinds> edits)
    {
        _list = list;
        _edits = edits;
        Index = new NativeRuleIndex([.. list.Where(rule => !edits.ContainsKey(rule.Key)), .. edits.Where(static edit => edit.Value != RuleKinds.None)]);
    }

    /// <summary>The rules in native memory: for readers, while they hold this snapshot.</summary>
    public NativeRuleIndex Index { get; }

    /// <summary>The same rules in managed memory, to check the index against.</summary>
    public ManagedRules Rules => new(_list, _edits);

    public static SuffixSnapshot From(Dictionary<string, RuleKinds> rules) =>
        new(rules.ToFrozenDictionary(StringComparer.Ordinal), ImmutableDictionary.Create<string, RuleKinds>(StringComparer.Ordinal));

    /// <summary>A snapshot with one rule changed, or removed (<see cref="RuleKinds.None"/>). The frozen list, dear to build, is shared.</summary>
    public SuffixSnapshot With(string name, RuleKinds kinds) => new(_list, _edits.SetItem(name, kinds));

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

    /// <summary>The list as edited, in managed memory.</summary>
    internal readonly struct ManagedRules(FrozenDictionary<string, RuleKinds> list, ImmutableDictionary<string, RuleKinds> edits) : IRuleSource
    {
        public RuleKinds Find(ReadOnlySpan<char> host, int start)
        {
            string name = host[start..].ToString();
            return edits.TryGetValue(name, out RuleKinds edited) ? edited : list.GetValueOrDefault(name);
        }
    }
}
