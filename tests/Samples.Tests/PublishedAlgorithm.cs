using System.Globalization;

namespace SwmrKit.Tests;

/// <summary>
/// The algorithm as publicsuffix.org words it, with nothing clever: every rule is tried on every host, label by label, in
/// Unicode. It shares no code with the sample, which walks a host from the right and compares punycode.
/// </summary>
internal sealed class PublishedAlgorithm(IEnumerable<string> rules)
{
    private static readonly IdnMapping s_idn = new() { AllowUnassigned = true };

    private readonly Rule[] _rules = [.. rules.Select(static rule => new Rule(Labels(rule.TrimStart('!')), rule[0] == '!'))];

    /// <summary>The registrable domain of a well-formed host, lower case and in the form it came in, or null.</summary>
    public string? FindRegistrable(string host)
    {
        string[] labels = Labels(host);
        var prevailing = new Rule(["*"], IsException: false);
        foreach (Rule rule in _rules)
        {
            if (rule.Matches(labels) && rule.PrevailsOver(prevailing))
            {
                prevailing = rule;
            }
        }

        // A matching exception names its own registrable domain: the suffix is it without its leftmost label.
        int taken = prevailing.Labels.Length + (prevailing.IsException ? 0 : 1);
        return taken <= labels.Length ? string.Join('.', host.ToLowerInvariant().Split('.')[^taken..]) : null;
    }

    private static string[] Labels(string name) =>
        [.. name.ToLowerInvariant().Split('.').Select(static label => label.StartsWith("xn--", StringComparison.Ordinal) ? s_idn.GetUnicode(label) : label)];

    private sealed record Rule(string[] Labels, bool IsException)
    {
        public bool Matches(string[] host)
        {
            if (host.Length < Labels.Length)
            {
                return false;
            }

            for (int i = 1; i <= Labels.Length; i++)
            {
                if (Labels[^i] != "*" && Labels[^i] != host[^i])
                {
                    return false;
                }
            }

            return true;
        }

        public bool PrevailsOver(Rule other) =>
            IsException != other.IsException ? IsException : Labels.Length > other.Labels.Length;
    }
}
