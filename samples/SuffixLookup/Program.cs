using Spectre.Console;
using SwmrKit;

namespace SuffixLookup;

internal static class Program
{
    private const int Good = 0;
    private const int Violated = 1;
    private const int Unusable = 2;

    private static int Main(string[] args)
    {
        try
        {
            Arguments arguments = Arguments.Parse(args);
            if (arguments.Help)
            {
                Console.WriteLine(Arguments.Usage);
                return Good;
            }

            Dictionary<string, RuleKinds> rules = SuffixList.Read(arguments.List);
            return arguments.Hosts is { } hosts ? LookUp(rules, hosts) : RunContest(arguments, rules);
        }
        catch (FormatException exception)
        {
            Console.Error.WriteLine($"{exception.Message}\n\n{Arguments.Usage}");
            return Unusable;
        }
        catch (SuffixListException exception)
        {
            Console.Error.WriteLine(exception.Message);
            return Unusable;
        }
    }

    private static int LookUp(Dictionary<string, RuleKinds> rules, IReadOnlyList<string> hosts)
    {
        using var cell = new SwmrCell<SuffixSnapshot>(SuffixSnapshot.From(rules));
        foreach (string host in hosts)
        {
            using CellRead<SuffixSnapshot> read = cell.Read();
            Console.WriteLine($"{host}\t{read.Value.FindRegistrable(host) ?? "-"}");
        }

        return Good;
    }

    private static int RunContest(Arguments arguments, Dictionary<string, RuleKinds> rules)
    {
        Console.WriteLine($"{rules.Count:N0} names with rules, {arguments.Readers} reader(s), one writer; {AsymmetricBarrier.Describe()}");
        bool live = AnsiConsole.Profile.Capabilities.Interactive && !Console.IsOutputRedirected && !arguments.Json;
        (Standing[] standings, int rejected) = live ? RunLive(arguments, rules) : RunPlain(arguments, rules);
        if (arguments.Json)
        {
            Console.WriteLine(Report.Json(standings, rejected));
        }

        long violations = standings.Sum(static standing => standing.Violations);
        if (violations > 0)
        {
            Console.Error.WriteLine($"{violations} violations: a reader used something that had been disposed, or was answered wrongly.");
        }

        return violations > 0 ? Violated : Good;
    }

    private static (Standing[] Standings, int Rejected) RunLive(Arguments arguments, Dictionary<string, RuleKinds> rules) =>
        AnsiConsole.Live(new Table()).Start(context =>
        {
            using var contest = new Contest(arguments, rules, standings => context.UpdateTarget(Report.Table(standings)), Console.Error.WriteLine);
            return (contest.Run(), contest.RejectedReloads);
        });

    private static (Standing[] Standings, int Rejected) RunPlain(Arguments arguments, Dictionary<string, RuleKinds> rules)
    {
        using var contest = new Contest(arguments, rules, static _ => { }, Console.Error.WriteLine);
        Standing[] standings = contest.Run();
        foreach (string line in Report.Lines(standings))
        {
            Console.WriteLine(line);
        }

        return (standings, contest.RejectedReloads);
    }
}
