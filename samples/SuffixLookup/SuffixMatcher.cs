namespace SuffixLookup;

/// <summary>Something that knows the rules of a name.</summary>
internal interface IRuleSource
{
    /// <summary>The rules of exactly the canonical name that begins at <paramref name="start"/> of the host; asked from right to left.</summary>
    RuleKinds Find(ReadOnlySpan<char> host, int start);
}

/// <summary>The list's algorithm: an exception prevails, else the longest match, else the rule "*".</summary>
internal static class SuffixMatcher
{
    /// <summary>Where the registrable domain of a canonical host name begins, or -1 where there is none.</summary>
    /// <remarks>Walks from the right, one label at a time: O(labels) look-ups.</remarks>
    public static int FindRegistrable<TSource>(TSource rules, ReadOnlySpan<char> host)
        where TSource : IRuleSource, allows ref struct
    {
        int suffixLabels = 1; // The rule "*".
        int start = host.Length + 1;
        for (int labels = 1; start > 0; labels++)
        {
            start = StartOfPreviousLabel(host, start);
            RuleKinds kinds = rules.Find(host, start);
            if ((kinds & RuleKinds.Exception) != 0)
            {
                return start;
            }

            if ((kinds & RuleKinds.Wildcard) != 0 && start > 0)
            {
                suffixLabels = labels + 1; // There is a label for it to stand for: "*.ck" says nothing of "ck" itself.
            }
            else if ((kinds & RuleKinds.Suffix) != 0)
            {
                suffixLabels = Math.Max(suffixLabels, labels);
            }
        }

        return StartOfLast(host, suffixLabels + 1);
    }

    /// <summary>Where the last labels of a name begin, or -1 when it has fewer.</summary>
    public static int StartOfLast(ReadOnlySpan<char> host, int labels)
    {
        int start = host.Length + 1;
        while (labels-- > 0)
        {
            if (start == 0)
            {
                return -1;
            }

            start = StartOfPreviousLabel(host, start);
        }

        return start;
    }

    private static int StartOfPreviousLabel(ReadOnlySpan<char> host, int start) => host[..(start - 1)].LastIndexOf('.') + 1;
}
