using System.Globalization;
using System.Text.Json;
using Spectre.Console;
using SwmrKit;

namespace SuffixLookup;

/// <summary>How standings look: a table that redraws itself in a terminal, plain lines elsewhere, one JSON object for programs.</summary>
internal static class Report
{
    private static readonly string[] s_headings = ["", "reads/s", "of SwmrCell", "publishes", "retired", "reclaimed", "pending", "heavy", "violations"];

    public static Table Table(Standing[] standings)
    {
        var table = new Table { Border = TableBorder.Simple };
        for (int i = 0; i < s_headings.Length; i++)
        {
            var column = new TableColumn(s_headings[i]);
            table.AddColumn(i == 0 ? column : column.RightAligned());
        }

        foreach (Standing standing in standings)
        {
            table.AddRow([.. Cells(standing, standings[0])]);
        }

        return table;
    }

    public static IEnumerable<string> Lines(Standing[] standings)
    {
        yield return Line(s_headings);
        foreach (Standing standing in standings)
        {
            yield return Line(Cells(standing, standings[0]));
        }
    }

    public static string Json(Standing[] standings, int rejectedReloads)
    {
        Standing ours = standings[0];
        return JsonSerializer.Serialize(new Dictionary<string, object>
        {
            ["readsPerSecond"] = standings.ToDictionary(static s => s.Contestant.Name, static s => Math.Round(s.ReadsPerSecond)),
            ["publishes"] = ours.Publishes,
            ["retired"] = ours.Retirement.Retired,
            ["reclaimed"] = ours.Retirement.Reclaimed,
            ["pending"] = ours.Retirement.Pending,
            ["heavyBarriers"] = ours.Retirement.HeavyBarriers,
            ["violations"] = standings.Sum(static s => s.Violations),
            ["rejectedReloads"] = rejectedReloads,
            ["tier"] = AsymmetricBarrier.Tier.ToString(),
        });
    }

    private static string Line(IEnumerable<string> cells) =>
        string.Concat(cells.Select(static (cell, i) => i == 0 ? cell.PadRight(21) : cell.PadLeft(13)));

    private static IEnumerable<string> Cells(Standing standing, Standing ours)
    {
        bool retires = standing == ours;
        RetirementStatistics retirement = standing.Retirement;
        double relative = ours.ReadsPerSecond > 0 ? standing.ReadsPerSecond / ours.ReadsPerSecond : 0;
        yield return standing.Contestant.Name;
        yield return standing.ReadsPerSecond.ToString("N0", CultureInfo.InvariantCulture);
        yield return relative.ToString("P0", CultureInfo.InvariantCulture);
        yield return retires ? Count(standing.Publishes) : "";
        yield return retires ? Count(retirement.Retired) : "";
        yield return retires ? Count(retirement.Reclaimed) : "";
        yield return retires ? Count(retirement.Pending) : "";
        yield return retires ? Count(retirement.HeavyBarriers) : "";
        yield return retires ? Count(standing.Violations) : "";
    }

    private static string Count(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
