using System.Globalization;
using System.Text.Json;
using Spectre.Console;
using SwmrKit;

namespace CertificateRotation;

/// <summary>How a standing looks: a table that redraws itself in a terminal, a line a second elsewhere, one JSON object for programs.</summary>
internal static class Report
{
    private static readonly string[] s_headings = ["requests", "handshakes", "uploads", "outlived", "retired", "disposed", "pending", "longest", "failed"];

    public static string Headings => Line(s_headings);

    public static Table Table(Standing? standing)
    {
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumns([.. s_headings.Select(static heading => new TableColumn(heading) { Padding = new Padding(1, 0, 0, 0), NoWrap = true }.RightAligned())]);
        if (standing is not null)
        {
            table.AddRow(Cells(standing));
        }

        return table;
    }

    public static string Line(Standing standing) => Line(Cells(standing));

    /// <summary>The whole run in one line.</summary>
    public static string Summary(Standing standing) => string.Create(
        CultureInfo.InvariantCulture,
        $"{standing.Requests:N0} requests over {standing.Handshakes:N0} handshakes, {standing.Rotations:N0} rotations; {standing.Uploads:N0} uploads, {standing.ReplacedDuringUpload:N0} of them outlived their certificate's time in force: {standing.Retired:N0} certificates retired, {standing.Disposed:N0} disposed, {standing.Pending:N0} pending; longest delay from replacement to disposal {Delay(standing)}; {standing.Failures:N0} failures");

    public static string Json(Standing standing) => JsonSerializer.Serialize(new Dictionary<string, object>
    {
        ["requests"] = standing.Requests,
        ["handshakes"] = standing.Handshakes,
        ["uploads"] = standing.Uploads,
        ["replacedDuringUpload"] = standing.ReplacedDuringUpload,
        ["rotations"] = standing.Rotations,
        ["retired"] = standing.Retired,
        ["disposed"] = standing.Disposed,
        ["pending"] = standing.Pending,
        ["longestDelayMs"] = Math.Round(standing.LongestDelay.TotalMilliseconds, 1),
        ["failures"] = standing.Failures,
        ["usedAfterDisposal"] = standing.UsedAfterDisposal,
        ["disposedAgain"] = standing.DisposedAgain,
        ["tier"] = AsymmetricBarrier.Tier.ToString(),
    });

    private static string Line(IEnumerable<string> cells) => string.Concat(cells.Select(static cell => cell.PadLeft(13)));

    private static string[] Cells(Standing standing) =>
    [
        Count(standing.Requests), Count(standing.Handshakes), Count(standing.Uploads), Count(standing.ReplacedDuringUpload), Count(standing.Retired), Count(standing.Disposed),
        Count(standing.Pending), Delay(standing), Count(standing.Failures),
    ];

    private static string Count(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    private static string Delay(Standing standing) => standing.LongestDelay.TotalMilliseconds.ToString("N1", CultureInfo.InvariantCulture) + " ms";
}
