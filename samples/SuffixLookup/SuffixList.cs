using System.Text;

namespace SuffixLookup;

/// <summary>A suffix list that cannot be used, with the line and the reason.</summary>
internal sealed class SuffixListException(string source, int line, string reason)
    : Exception(line > 0 ? $"{source}:{line}: {reason}" : $"{source}: {reason}");

/// <summary>Reads a file in the format of the Public Suffix List (publicsuffix.org/list).</summary>
internal static class SuffixList
{
    private static readonly UTF8Encoding s_strictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads all rules, or none.</summary>
    /// <exception cref="SuffixListException">The file cannot be read, or a line is not a rule.</exception>
    public static Dictionary<string, RuleKinds> Read(string path)
    {
        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new SuffixListException(path, 0, exception.Message);
        }

        return Parse(bytes, path);
    }

    /// <summary>Parses all rules, or none.</summary>
    /// <exception cref="SuffixListException">A line is not a rule, or there is no rule at all.</exception>
    public static Dictionary<string, RuleKinds> Parse(ReadOnlySpan<byte> utf8, string source)
    {
        var rules = new Dictionary<string, RuleKinds>(StringComparer.Ordinal);
        ReadOnlySpan<byte> rest = utf8.StartsWith("\uFEFF"u8) ? utf8[3..] : utf8;
        for (int line = 1; !rest.IsEmpty; line++)
        {
            int end = rest.IndexOf((byte)'\n');
            string text = Decode(end < 0 ? rest : rest[..end], source, line);
            rest = end < 0 ? [] : rest[(end + 1)..];

            // A rule ends at the first white space; the remainder of a line is free text.
            string rule = text.Split((char[]?)null, 2, StringSplitOptions.RemoveEmptyEntries) is [var first, ..] ? first : "";
            if (rule.Length == 0 || rule.StartsWith("//", StringComparison.Ordinal))
            {
                continue;
            }

            if (!SuffixRule.TryParse(rule, out SuffixRule parsed, out string? reason))
            {
                throw new SuffixListException(source, line, reason!);
            }

            rules[parsed.Name] = rules.GetValueOrDefault(parsed.Name) | parsed.Kind;
        }

        return rules.Count > 0 ? rules : throw new SuffixListException(source, 0, "the list holds no rule");
    }

    private static string Decode(ReadOnlySpan<byte> line, string source, int number)
    {
        try
        {
            return s_strictUtf8.GetString(line);
        }
        catch (DecoderFallbackException)
        {
            throw new SuffixListException(source, number, "not valid UTF-8");
        }
    }
}
