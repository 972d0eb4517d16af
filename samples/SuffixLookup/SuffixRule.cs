namespace SuffixLookup;

/// <summary>What the list says of a name; one name may be the subject of several rules.</summary>
[Flags]
internal enum RuleKinds : byte
{
    None = 0,

    /// <summary>The name is a public suffix: <c>co.uk</c>.</summary>
    Suffix = 1,

    /// <summary>Every name one label longer is a public suffix: <c>*.ck</c>, kept under <c>ck</c>.</summary>
    Wildcard = 2,

    /// <summary>The name is registrable although a wildcard makes it a suffix: <c>!www.ck</c>.</summary>
    Exception = 4,
}

/// <summary>One rule: a canonical name and what it is.</summary>
internal readonly record struct SuffixRule(string Name, RuleKinds Kind)
{
    /// <summary>Parses one rule of the list's own notation.</summary>
    /// <param name="text">The rule, without comments and white space around it.</param>
    /// <param name="rule">The rule.</param>
    /// <param name="reason">What is wrong with it, or null.</param>
    public static bool TryParse(string text, out SuffixRule rule, out string? reason)
    {
        rule = default;
        (string name, RuleKinds kind) = text switch
        {
            ['!', .. string rest] => (rest, RuleKinds.Exception),
            ['*', '.', .. string rest] => (rest, RuleKinds.Wildcard),
            _ => (text, RuleKinds.Suffix),
        };

        reason = Reject(name, kind);
        if (reason is null && !HostName.TryCanonicalize(name.ToLowerInvariant(), out name))
        {
            reason = $"'{text}' is not a domain name: an empty, too long or malformed label";
        }

        rule = new SuffixRule(name, kind);
        return reason is null;
    }

    private static string? Reject(string name, RuleKinds kind)
    {
        if (name.Length == 0)
        {
            return "the rule is empty";
        }

        if (name.Contains('*', StringComparison.Ordinal))
        {
            return $"'{name}': a wildcard must be the whole leftmost label";
        }

        return kind == RuleKinds.Exception && !name.Contains('.', StringComparison.Ordinal)
            ? $"'!{name}': an exception needs at least two labels"
            : null;
    }
}
