using System.Globalization;

namespace SwmrKit;

/// <summary>Stalled readers in words.</summary>
internal static class StalledReaderList
{
    private const int MostNamed = 10;

    /// <summary>Their names with their ages, those inside longest first; of very many only the first.</summary>
    public static string Describe(IReadOnlyList<StalledReader> readers)
    {
        string named = string.Join(
            ", ",
            readers.OrderByDescending(static reader => reader.Age).Take(MostNamed)
                .Select(static reader => string.Create(CultureInfo.InvariantCulture, $"{reader.Name} ({reader.Age.TotalSeconds:0.0} s)")));
        return readers.Count <= MostNamed ? named : string.Create(CultureInfo.InvariantCulture, $"{named} and {readers.Count - MostNamed} more");
    }
}
