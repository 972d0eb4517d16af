using System.Globalization;

namespace SwmrKit.Tests;

/// <summary>Well-formed hosts at, above, below and beside the rules of a list, in all the ways one may write them; the same every time.</summary>
internal sealed class GeneratedHosts(string[] rules, int seed)
{
    private static readonly string[] s_labels = ["www", "city", "a", "b-c", "x1", "example", "com", "co", "müller", "公司", "straße", "_srv"];
    private static readonly IdnMapping s_idn = new() { AllowUnassigned = true };

    private readonly Random _random = new(seed);

    public string Next()
    {
        string rule = rules[_random.Next(rules.Length)].TrimStart('!');
        List<string> labels = [.. rule.Split('.').Select(label => label == "*" ? Label() : label)];
        if (labels.Count > 1 && _random.Next(4) == 0)
        {
            labels.RemoveAt(0);
        }

        if (_random.Next(8) == 0)
        {
            labels[_random.Next(labels.Count)] = Label();
        }

        for (int i = _random.Next(4); i > 0; i--)
        {
            labels.Insert(0, Label());
        }

        int form = _random.Next(4);
        return string.Join('.', labels.Select(label => Write(label, form)));
    }

    private string Label() => s_labels[_random.Next(s_labels.Length)];

    private string Write(string label, int form) => form switch
    {
        0 => label,
        1 => s_idn.GetAscii(label),
        2 => s_idn.GetAscii(label).ToUpperInvariant(),
        _ => _random.Next(2) == 0 ? label : s_idn.GetAscii(label),
    };
}
