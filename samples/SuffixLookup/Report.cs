using System.Globalization;
using System.Text.Json;
using Spectre.Console;
using SwmrKit;

namespace SuffixLookup;

/// <summary>How results look: standings as a table that redraws itself in a terminal, plain lines elsewhere, one JSON object for programs.</summary>
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

    public static IEnumerable<string> Lines(LiveRulesResult rules)
    {
        yield return FormattableString.Invariant($"One CopyOnWriteDictionary of rules, looked up by span while it changes as fast as it can, {rules.Elapsed.TotalSeconds:N1} s:");
        yield return Line(rules.LookUps, "look-ups of hosts", rules.BytesAllocated, "bytes allocated");
        yield return Line(rules.Edits, "single edits", rules.LateEdits, "look-ups after one that did not see it");
        yield return Line(rules.Batches, "batches", rules.HalfBatches, "seen half");
        yield return Line(rules.Reloads, "full reloads", rules.HalfReloads, "seen half");
        yield return Line(rules.Reports, "reports on snapshots", rules.MixedReports, "not of one moment");
        yield return $"The last report: {rules.Report}; five names are this demonstration's own.";
        yield return "";
    }

    public static IEnumerable<string> Lines(FollowedRulesResult followed)
    {
        yield return Line(followed.LookUps, "look-ups of hosts", followed.FreedWhileRead, "in an index that had been freed");
        yield return Line(followed.Retired, "indexes retired", followed.NeverFreed, "not freed after their last reader");
        yield return Line(followed.Domains, "top-level domains", followed.WrongAnswers, "hosts answered otherwise than by the rules");
        yield return "";
    }

    public static IEnumerable<string> Faults(FollowedRulesResult followed)
    {
        if (followed.Violations > 0)
        {
            yield return $"{followed.Violations} violations in the indexes that follow the rules: {followed.FreedWhileRead} freed while they were read, {followed.NeverFreed} never freed, {followed.WrongAnswers} hosts answered otherwise than by the rules.";
        }
    }

    /// <summary>What went against the promises of SwmrKit's types, a line each.</summary>
    public static IEnumerable<string> Faults(LiveRulesResult rules, Standing[] standings)
    {
        if (rules.BytesAllocated > 0)
        {
            yield return $"{rules.BytesAllocated} bytes allocated by {rules.LookUps} look-ups in the dictionary, which should allocate nothing.";
        }

        if (rules.Violations > 0)
        {
            yield return $"{rules.Violations} violations in the dictionary: {rules.LateEdits} edits seen late, {rules.HalfBatches} batches and {rules.HalfReloads} reloads seen half, "
                + $"{rules.MixedReports} reports not of one moment.";
        }

        long violations = standings.Sum(static standing => standing.Violations);
        if (violations > 0)
        {
            yield return $"{violations} violations in the cell: a reader used something that had been disposed, or was answered wrongly.";
        }
    }

    public static string Json(LiveRulesResult rules, FollowedRulesResult followed, Standing[] standings, int rejectedReloads)
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
            ["violations"] = standings.Sum(static s => s.Violations) + rules.Violations + followed.Violations,
            ["rejectedReloads"] = rejectedReloads,
            ["tier"] = AsymmetricBarrier.Tier.ToString(),
            ["rules"] = new Dictionary<string, long>
            {
                ["lookUps"] = rules.LookUps,
                ["bytesAllocated"] = rules.BytesAllocated,
                ["edits"] = rules.Edits,
                ["lateEdits"] = rules.LateEdits,
                ["batches"] = rules.Batches,
                ["halfBatches"] = rules.HalfBatches,
                ["reloads"] = rules.Reloads,
                ["halfReloads"] = rules.HalfReloads,
                ["reports"] = rules.Reports,
                ["mixedReports"] = rules.MixedReports,
            },
            ["followed"] = new Dictionary<string, long>
            {
                ["reloads"] = followed.Reloads,
                ["added"] = followed.Added,
                ["removed"] = followed.Removed,
                ["changed"] = followed.Changed,
                ["lookUps"] = followed.LookUps,
                ["freedWhileRead"] = followed.FreedWhileRead,
                ["wrongAnswers"] = followed.WrongAnswers,
                ["retired"] = followed.Retired,
                ["freed"] = followed.Freed,
            },
        });
    }

    private static string Line(long done, string what, long seen, string fault) =>
        string.Create(CultureInfo.InvariantCulture, $"{done,14:N0} {what,-22}{seen,9:N0} {fault}");

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
