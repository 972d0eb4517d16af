using System.Globalization;
using System.Text.Json;

namespace HeadToHead;

/// <summary>How a result is written: one line for people, one object for programs.</summary>
internal static class Report
{
    public static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public static string Line(Result result)
    {
        string target = result.Target switch
        {
            { Kind: TargetKind.ExtraNanoseconds } extra => string.Create(CultureInfo.InvariantCulture, $"at most + {extra.Most:0.##} ns"),
            { } other => string.Create(CultureInfo.InvariantCulture, $"at most {other.Most:0.###}"),
            null => "",
        };
        return $"{Value(result)}   {target} {result.Verdict}".TrimEnd();
    }

    public static object AsData(Result result) => result switch
    {
        Comparison comparison => new
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
        },
        Allocation allocation => new
        {
            row = allocation.Row.Id,
            peer = allocation.Target!.Peer,
            threads = allocation.Row.Threads,
            bytesRatio = allocation.Ratio,
            ours = allocation.Ours,
            theirs = allocation.Theirs,
            target = allocation.Target,
            verdict = allocation.Verdict,
        },
        _ => new
        {
            row = result.Row.Id,
            threads = result.Row.Threads,
            value = ((Figure)result).Value,
            target = result.Target,
            verdict = result.Verdict,
        },
    };

    private static string Value(Result result)
    {
        if (result is Comparison comparison)
        {
            return string.Create(
                CultureInfo.InvariantCulture,
                $"ratio {comparison.Row.Id} {comparison.Peer.Replace(' ', '-')} {comparison.Ratio.Median:0.000}"
                + $"   [{comparison.Ratio.Low:0.000} {comparison.Ratio.High:0.000}]  peer {comparison.Theirs.Median,8:0.00} ns  {Signed(comparison.Extra.Median)} ns");
        }

        if (result is Allocation allocation)
        {
            return string.Create(
                CultureInfo.InvariantCulture,
                $"bytesRatio {allocation.Row.Id} {allocation.Target!.Peer!.Replace(' ', '-')} {allocation.Ratio.Median:0.000}"
                + $"   [{allocation.Ratio.Low:0.000} {allocation.Ratio.High:0.000}]  ours {allocation.Ours.Median:0} bytes, peer {allocation.Theirs.Median:0}");
        }

        Sample value = ((Figure)result).Value;
        string unit = result.Target!.Kind == TargetKind.Bytes ? "bytes" : "nanoseconds";
        return string.Create(CultureInfo.InvariantCulture, $"{unit} {result.Row.Id} {value.Median:0.00}   [{value.Low:0.00} {value.High:0.00}]");
    }

    private static string Signed(double value) => value.ToString("+ 0.00;- 0.00", CultureInfo.InvariantCulture);
}
