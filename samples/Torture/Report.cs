using System.Globalization;
using System.Text.Json;
using Spectre.Console;
using SwmrKit;

namespace Torture;

/// <summary>How a standing looks: a table that redraws itself in a terminal, a line a second elsewhere, one JSON object for programs.</summary>
internal static class Report
{
    private static readonly string[] s_headings =
        ["seconds", "reads", "published", "leases", "retired", "reclaimed", "abandoned", "pending", "domains", "MiB", "violations"];

    public static string Headings => Line(s_headings);

    public static Table Table(Standing? standing)
    {
        var table = new Table { Border = TableBorder.Simple, ShowHeaders = false };
        table.AddColumns(new TableColumn(""), new TableColumn("").RightAligned());
        string[] cells = standing is null ? [] : Cells(standing);
        for (int i = 0; i < cells.Length; i++)
        {
            table.AddRow(s_headings[i], cells[i]);
        }

        return table;
    }

    public static string Line(Standing standing) => Line(Cells(standing));

    /// <summary>The whole run.</summary>
    public static IEnumerable<string> Account(Standing standing)
    {
        RetirementStatistics retirement = standing.Retirement;
        yield return string.Join(", ", standing.Counts.Select(static count => $"{Name(count.Key)} {Count(count.Value)}"));
        yield return string.Create(
            CultureInfo.InvariantCulture,
            $"made {standing.Made:N0}; retired {retirement.Retired:N0} = reclaimed {retirement.Reclaimed:N0} + abandoned {retirement.Abandoned:N0} + pending {retirement.Pending:N0}; {retirement.HeavyBarriers:N0} heavy barriers");
        yield return string.Create(
            CultureInfo.InvariantCulture,
            $"while readers ran {100 * standing.SettledWhileReading:N3} % was reclaimed; memory {Mebibytes(standing.MemoryEarly)} MiB early, {Mebibytes(standing.MemoryLate)} MiB late; {standing.Violations:N0} violations");
    }

    public static string Json(Standing standing, IEnumerable<VariantResult> variants, IReadOnlyList<string> complaints) => JsonSerializer.Serialize(new Dictionary<string, object>
    {
        ["seconds"] = Math.Round(standing.Elapsed.TotalSeconds, 1),
        ["reads"] = standing.Counts[Deed.Read],
        ["publications"] = standing.Publications,
        ["leases"] = standing.Leases,
        ["counts"] = standing.Counts.ToDictionary(static count => JsonNamingPolicy.CamelCase.ConvertName(count.Key.ToString()), static count => count.Value),
        ["made"] = standing.Made,
        ["retired"] = standing.Retirement.Retired,
        ["reclaimed"] = standing.Retirement.Reclaimed,
        ["abandoned"] = standing.Retirement.Abandoned,
        ["pending"] = standing.Retirement.Pending,
        ["heavyBarriers"] = standing.Retirement.HeavyBarriers,
        ["settledWhileReading"] = Math.Round(standing.SettledWhileReading, 6),
        ["memoryEarlyMiB"] = standing.MemoryEarly >> 20,
        ["memoryLateMiB"] = standing.MemoryLate >> 20,
        ["violations"] = standing.Violations,
        ["variants"] = variants.ToDictionary(static variant => variant.Name, static variant => variant.Violations),
        ["power"] = Variants.MachineHasPower,
        ["complaints"] = complaints,
        ["tier"] = AsymmetricBarrier.Tier.ToString(),
    });

    private static string Line(IEnumerable<string> cells) => string.Concat(cells.Select(static (cell, i) => cell.PadLeft(i == 0 ? 7 : 13)));

    private static string[] Cells(Standing standing) =>
    [
        standing.Elapsed.TotalSeconds.ToString("N0", CultureInfo.InvariantCulture),
        Count(standing.Counts[Deed.Read]), Count(standing.Publications), Count(standing.Leases), Count(standing.Retirement.Retired),
        Count(standing.Retirement.Reclaimed), Count(standing.Retirement.Abandoned), Count(standing.Retirement.Pending),
        Count(standing.Counts[Deed.DomainDisposal]), Mebibytes(standing.Memory), Count(standing.Violations),
    ];

    /// <summary>The words of a deed's name.</summary>
    private static string Name(Deed deed) =>
        string.Concat(deed.ToString().Select(static (letter, i) => i > 0 && char.IsUpper(letter) ? " " + char.ToLowerInvariant(letter) : char.ToLowerInvariant(letter).ToString()));

    private static string Mebibytes(long bytes) => Count(bytes >> 20);

    private static string Count(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
