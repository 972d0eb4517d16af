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

        reason = Reject(text, name, kind);
        if (reason is null && !HostName.TryCanonicalize(name.ToLowerInvariant(), out name))
        {
            reason = $"'{text}': not a domain name: a label is empty, too long or malformed, or all of it is too long";
        }

        rule = new SuffixRule(name, kind);
        return reason is null;
    }

    private static string? Reject(string text, string name, RuleKinds kind)
    {
        string? what = (kind, name) switch
        {
            (_, "") => "there is no name in the rule",
            (RuleKinds.Exception, _) when name.Contains('*', StringComparison.Ordinal) => "an exception cannot hold a wildcard",
            (RuleKinds.Exception, _) when !name.Contains('.', StringComparison.Ordinal) => "an exception needs at least two labels",
            (_, "*") => "a wildcard needs a name after it",
            _ when name.Contains('*', StringComparison.Ordinal) => "only the whole leftmost label may be a wildcard",
            _ => null,
        };

        return what is null ? null : $"'{text}': {what}";
    }
}
