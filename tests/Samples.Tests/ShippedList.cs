using System.Text;
using SuffixLookup;

namespace SwmrKit.Tests;

/// <summary>The list that comes with the sample: as a file, as the sample reads it, and as bare text.</summary>
internal static class ShippedList
{
    public static string FilePath { get; } = Path.Combine(AppContext.BaseDirectory, "public_suffix_list.dat");

    public static Dictionary<string, RuleKinds> Read() => SuffixList.Read(FilePath);

    /// <summary>The rules as they stand in the file, read without the sample's parser.</summary>
    public static string[] ReadRules() =>
    [
        .. File.ReadLines(FilePath, Encoding.UTF8)
            .Select(static line => line.Trim())
            .Where(static line => line.Length > 0 && !line.StartsWith("//", StringComparison.Ordinal)),
    ];
}
