using System.Collections.Frozen;

namespace SuffixLookup;

/// <summary>
/// One whole version of the rules: a frozen dictionary, and an index in native memory built from it, which dies with it.
/// </summary>
internal sealed class SuffixSnapshot(FrozenDictionary<string, RuleKinds> rules) : IDisposable
{
    public FrozenDictionary<string, RuleKinds> Rules { get; } = rules;

    public NativeRuleIndex Index { get; } = new(rules);

    public static SuffixSnapshot From(Dictionary<string, RuleKinds> rules) => new(rules.ToFrozenDictionary(StringComparer.Ordinal));

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
}
