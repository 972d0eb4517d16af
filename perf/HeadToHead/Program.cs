using System.Globalization;
using System.Text.Json;

namespace HeadToHead;

/// <summary>Where SwmrKit stands against what one could use instead, as paired ratios measured in one process.</summary>
internal static class Program
{
    private const string Usage = """
        HeadToHead [--quick] [--check] [--filter TEXT] [--json FILE]
        HeadToHead --footprint
        HeadToHead --growth
        HeadToHead --latency
        HeadToHead --hit-rates

          --quick        a short run that only reports (under a minute)
          --check        the full run; exit code 1 when a target is missed or a row with a target is too noisy
          --filter TEXT  only rows whose name contains TEXT
          --json FILE    also write the results as JSON
          --footprint    what an entry of a dictionary takes in memory; exit code 1 when ours takes more than ConcurrentDictionary's
          --growth       how long the slowest addition takes while a dictionary grows to a million; exit code 1 when ours takes more than a quarter of the others'
          --latency      how long a cache keeps its readers waiting, one by one, while another thread sets entries; exit code 1 when ours takes a tenth longer than Microsoft's at 99 %
          --hit-rates    how many look-ups of some traces bounded caches answer; exit code 1 when ours answers fewer than BitFaster's ConcurrentLru on the average
        """;

    private static int Main(string[] args)
    {
        bool quick = false, check = false;
        string filter = "";
        string? json = null;
        for (int i = 0; i < args.Length; i++)
        {
            switch (args[i])
            {
                case "--quick":
                    quick = true;
                    break;
                case "--check":
                    check = true;
                    break;
                case "--filter" when i + 1 < args.Length:
                    filter = args[++i];
                    break;
                case "--json" when i + 1 < args.Length:
                    json = args[++i];
                    break;
                case "--footprint" when args.Length == 1:
                    return Footprint.Print() ? 0 : 1;
                case "--growth" when args.Length == 1:
                    return Growth.Print() ? 0 : 1;
                case "--latency" when args.Length == 1:
                    return Latency.Print() ? 0 : 1;
                case "--hit-rates" when args.Length == 1:
                    return HitRates.Print() ? 0 : 1;
                case "--help" or "-h":
                    Console.WriteLine(Usage);
                    return 0;
                default:
                    Console.Error.WriteLine($"'{args[i]}' is not understood\n\n{Usage}");
                    return 2;
            }
        }

        Row[] rows = [.. Rows.All.Where(row => row.Id.Contains(filter, StringComparison.OrdinalIgnoreCase))];
        if (rows.Length == 0)
        {
            Console.Error.WriteLine($"no row is called '{filter}'; there are: {string.Join(", ", Rows.All.Select(static row => row.Id))}");
            return 2;
        }

        List<Result> results = MeasureAll(rows, quick && !check);
        if (json is not null)
        {
            File.WriteAllText(json, JsonSerializer.Serialize(results.Select(Report.AsData), Report.Json));
        }

        string[] failed = [.. results.Where(static r => r.Target is not null && r.Verdict != "pass").Select(static r => $"{r.Verdict}: {r.Target}")];
        foreach (string line in failed)
        {
            Console.WriteLine(line);
        }

        return check && failed.Length > 0 ? 1 : 0;
    }

    private static List<Result> MeasureAll(Row[] rows, bool quick)
    {
        Target[] targets = Target.Load(Path.Combine(AppContext.BaseDirectory, "targets.json"));
        var results = new List<Result>();
        foreach (Row row in rows)
        {
            using var measurement = new Measurement(row, quick ? TimeSpan.FromMilliseconds(2) : TimeSpan.FromMilliseconds(10));
            Series[] series = measurement.Run(quick ? Measurement.LeastRounds : Measurement.LeastRounds * 3);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{row.Id}: {measurement.Contenders[0].Name} {Sample.Of(series[0].Nanoseconds).Median:N2} ns, {row.Threads} thread(s)"));
            Result[] ofRow =
            [
                .. targets.Where(target => target.Row == row.Id && target.IsOfFigure).Select(target => new Figure(row, series[0], target)),
                .. measurement.Contenders.Zip(series).Skip(1).Select(peer => new Comparison(row, peer.First.Name, series[0].Nanoseconds, peer.Second.Nanoseconds, targets)),
                .. from peer in measurement.Contenders.Zip(series).Skip(1)
                   from target in targets
                   where target.Row == row.Id && target.Peer == peer.First.Name && target.Kind == TargetKind.BytesRatio
                   select new Allocation(row, series[0].Bytes, peer.Second.Bytes, target),
            ];
            foreach (Result result in ofRow)
            {
                Console.WriteLine(Report.Line(result));
            }

            results.AddRange(ofRow);
            foreach (Target target in targets.Where(target => target.Row == row.Id && !target.IsOfFigure && !measurement.Contenders.Any(contender => contender.Name == target.Peer)))
            {
                Console.WriteLine($"not measured: {row.Id} against {target.Peer}, which is not to be had here");
            }
        }

        return results;
    }
}
