using System.Globalization;
using System.Text.Json;

namespace HeadToHead;

/// <summary>How a comparison is written: one line for people, one object for programs.</summary>
internal static class Report
{
    public static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public static string Line(Comparison comparison)
    {
        string target = comparison.Target switch
        {
            { Kind: TargetKind.Ratio } ratio => $"at most {ratio.Most:0.###}",
            { Kind: TargetKind.ExtraNanoseconds } extra => $"at most + {extra.Most:0.##} ns",
            _ => "",
        };
        return string.Create(
            CultureInfo.InvariantCulture,
            $"ratio {comparison.Row.Id} {comparison.Peer.Replace(' ', '-')} {comparison.Ratio.Median:0.000}"
            + $"   [{comparison.Ratio.Low:0.000} {comparison.Ratio.High:0.000}]  peer {comparison.Theirs.Median,8:0.00} ns  {Signed(comparison.Extra.Median)} ns"
            + $"   {target} {comparison.Verdict}").TrimEnd();
    }

    public static object AsData(Comparison comparison) => new
    {
        row = comparison.Row.Id,
        peer = comparison.Peer,
        threads = comparison.Row.Threads,
        ratio = comparison.Ratio,
        extraNanoseconds = comparison.Extra,
        ours = comparison.Ours,
        theirs = comparison.Theirs,
        target = comparison.Target,
        verdict = comparison.Verdict,
    };

    private static string Signed(double value) => value.ToString("+ 0.00;- 0.00", CultureInfo.InvariantCulture);
}
