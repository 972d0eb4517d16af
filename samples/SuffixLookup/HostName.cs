using System.Buffers;
using System.Globalization;
using System.Text;

namespace SuffixLookup;

/// <summary>A host name in two forms with the same labels: as it came, in lower case, and canonical (punycode), as rules are stored.</summary>
/// <remarks>A Unicode name is taken as composed already (normal form C): without the platform's Unicode tables nothing here could compose it.</remarks>
/// <param name="Display">Lower case, Unicode or punycode as it came.</param>
/// <param name="Canonical">Lower case ASCII.</param>
internal readonly record struct HostName(string Display, string Canonical)
{
    private const int LongestName = 253; // RFC 1035, 2.3.4, without the root's dot.
    private const int LongestLabel = 63;

    private static readonly SearchValues<char> s_labelCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-_");
    private static readonly IdnMapping s_idn = new() { AllowUnassigned = true, UseStd3AsciiRules = false };

    /// <summary>Accepts a well-formed host name; not one with an empty label (a leading, trailing or doubled dot) and not an address.</summary>
    public static bool TryParse(string text, out HostName host)
    {
        host = default;
        string display = text.ToLowerInvariant().Replace('\u3002', '.').Replace('\uFF0E', '.').Replace('\uFF61', '.'); // UTS 46: full stops.
        if (!TryCanonicalize(display, out string canonical))
        {
            return false;
        }

        ReadOnlySpan<char> lastLabel = canonical.AsSpan(canonical.LastIndexOf('.') + 1);
        if (!lastLabel.ContainsAnyExceptInRange('0', '9'))
        {
            return false; // An IPv4 address: no top-level domain is a number (RFC 3696, 2).
        }

        host = new HostName(display, canonical);
        return true;
    }

    /// <summary>Brings a lower-case name into punycode, label by label; refuses one with a malformed label or too long as a whole.</summary>
    public static bool TryCanonicalize(string lowerCase, out string canonical)
    {
        canonical = lowerCase;
        bool changed = false;
        string[] labels = lowerCase.Split('.');
        for (int i = 0; i < labels.Length; i++)
        {
            if (!TryCanonicalizeLabel(labels[i], out string label))
            {
                return false;
            }

            changed |= !ReferenceEquals(label, labels[i]);
            labels[i] = label;
        }

        if (changed)
        {
            canonical = string.Join('.', labels);
        }

        return canonical.Length <= LongestName;
    }

    private static bool TryCanonicalizeLabel(string label, out string canonical)
    {
        canonical = label;
        string unicode = label;
        try
        {
            if (!Ascii.IsValid(label))
            {
                canonical = s_idn.GetAscii(label);
            }
            else if (label.StartsWith("xn--", StringComparison.Ordinal))
            {
                unicode = s_idn.GetUnicode(label); // Throws when it decodes to nothing.
            }
        }
        catch (ArgumentException)
        {
            return false;
        }

        // Hyphens at the ends, white space and control characters: punycode would hide them.
        return unicode is not ("" or ['-', ..] or [.., '-'])
            && !unicode.Any(IsUnfit)
            && canonical.Length <= LongestLabel
            && !canonical.AsSpan().ContainsAnyExcept(s_labelCharacters);
    }

    /// <summary>
    /// Characters no label may hold, and those that a browser would first map to others (UTS 46), for which this has no tables:
    /// invisible ones, full-width forms, capitals without a small letter. Refused rather than looked up as they are.
    /// </summary>
    private static bool IsUnfit(char c) =>
        char.IsWhiteSpace(c) || char.IsControl(c) || char.IsUpper(c) || c is >= '\uFF00' and <= '\uFFEF'
        || char.GetUnicodeCategory(c) == UnicodeCategory.Format;
}
