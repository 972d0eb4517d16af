using System.Text.Json;
using Spectre.Console;

namespace CacheNode;

/// <summary>What is shown.</summary>
internal static class Report
{
    public const string Headings = "   s      requests     hits  hit rate     misses       made    expired  no room    entries";

    private static readonly JsonSerializerOptions s_camelCase = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    public static string Line(Standing s) =>
        $"{s.Seconds,4:N0} {s.Requests,13:N0} {s.Hits,8:N0} {s.HitRate,9:P1} {s.Misses,10:N0} {s.Made,10:N0} {s.Expired,10:N0} {s.Capacity,8:N0} {s.Entries,10:N0}";

    public static Table Table(Standing? s)
    {
        Table table = new Table().AddColumn("").AddColumn(new TableColumn("").RightAligned()).HideHeaders();
        Add("seconds", $"{s?.Seconds:N1}");
        Add("requests", $"{s?.Requests:N0}");
        Add("hits", $"{s?.Hits:N0} ({s?.HitRate:P1})");
        Add("misses", $"{s?.Misses:N0}");
        Add("pages made", $"{s?.Made:N0}");
        Add("evicted: expired", $"{s?.Expired:N0}");
        Add("evicted: no room", $"{s?.Capacity:N0}");
        Add("entries / room", $"{s?.Entries:N0} / {s?.Room:N0}");
        return table;

        void Add(string name, string value) => table.AddRow(name, value);
    }

    public static string Summary(Standing s) =>
        $"{s.Cache}: {s.Requests:N0} requests, {s.HitRate:P1} hits, {s.Made:N0} pages made; {s.Expired:N0} expired, {s.Capacity:N0} left for want of room; "
        + $"{s.TooOld:N0} too old, {s.MadeTwice:N0} made twice, {s.OverRoom:N0} times over its room";

    public static string Json(Standing s) => JsonSerializer.Serialize(s, s_camelCase);
}
