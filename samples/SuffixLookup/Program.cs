using Spectre.Console;
using SwmrKit;

namespace SuffixLookup;

internal static class Program
{
    private const int Good = 0;
    private const int Violated = 1;
    private const int Unusable = 2;
    private const double ShareOfLiveRules = 1 / 8.0; // Of the time.
    private const double ShareOfFollowedRules = 1 / 16.0;

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

            Dictionary<string, RuleKinds> list = SuffixList.Read(arguments.List);
            return arguments.Hosts is { } hosts ? LookUp(list, hosts) : RunContest(arguments, list);
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

    /// <summary>Prints what went wrong.</summary>
    /// <returns>The exit code.</returns>
    internal static int Judge(params IReadOnlyCollection<string> faults)
    {
        foreach (string fault in faults)
        {
            Console.Error.WriteLine(fault);
        }

        return faults.Count > 0 ? Violated : Good;
    }

    private static int LookUp(Dictionary<string, RuleKinds> list, IReadOnlyList<string> hosts)
    {
        using var cell = new SwmrCell<SuffixSnapshot>(SuffixSnapshot.From(list));
        foreach (string host in hosts)
        {
            using CellRead<SuffixSnapshot> read = cell.Read();
            Console.WriteLine($"{host}\t{read.Value.FindRegistrable(host) ?? "-"}");
        }

        return Good;
    }

    private static int RunContest(Arguments arguments, Dictionary<string, RuleKinds> list)
    {
        Console.WriteLine($"{list.Count:N0} names with rules, {arguments.Readers} reader(s), one writer; {AsymmetricBarrier.Describe()}");
        LiveRulesResult rules = new LiveRules(new RuleBook(), list).Run(arguments.Readers, TimeSpan.FromSeconds(arguments.Seconds * ShareOfLiveRules));
        foreach (string line in Report.Lines(rules))
        {
            Console.WriteLine(line);
        }

        Console.WriteLine("The list reloaded with a few names left out, told by the dictionary's change log, which an index in native memory for each top-level domain follows:");
        FollowedRulesResult followed = new FollowedRules(list, Console.WriteLine).Run(arguments.Readers, TimeSpan.FromSeconds(arguments.Seconds * ShareOfFollowedRules));
        foreach (string line in Report.Lines(followed))
        {
            Console.WriteLine(line);
        }

        arguments = arguments with { Seconds = arguments.Seconds * (1 - ShareOfLiveRules - ShareOfFollowedRules) };
        bool live = AnsiConsole.Profile.Capabilities.Interactive && !Console.IsOutputRedirected && !arguments.Json;
        (Standing[] standings, int rejected) = live ? RunLive(arguments, list) : RunPlain(arguments, list);
        if (arguments.Json)
        {
            Console.WriteLine(Report.Json(rules, followed, standings, rejected));
        }

        return Judge([.. Report.Faults(rules, standings), .. Report.Faults(followed)]);
    }

    private static (Standing[] Standings, int Rejected) RunLive(Arguments arguments, Dictionary<string, RuleKinds> list) =>
        AnsiConsole.Live(new Table()).Start(context =>
        {
            using var contest = new Contest(arguments, list, standings => context.UpdateTarget(Report.Table(standings)), Console.Error.WriteLine);
            return (contest.Run(), contest.RejectedReloads);
        });

    private static (Standing[] Standings, int Rejected) RunPlain(Arguments arguments, Dictionary<string, RuleKinds> list)
    {
        using var contest = new Contest(arguments, list, static _ => { }, Console.Error.WriteLine);
        Standing[] standings = contest.Run();
        foreach (string line in Report.Lines(standings))
        {
            Console.WriteLine(line);
        }

        return (standings, contest.RejectedReloads);
    }
}
