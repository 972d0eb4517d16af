using Spectre.Console;
using SwmrKit;

namespace Torture;

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

            return Run(arguments);
        }
        catch (FormatException exception)
        {
            Console.Error.WriteLine($"{exception.Message}\n\n{Arguments.Usage}");
            return Unusable;
        }
        catch (TimeoutException exception)
        {
            Console.Error.WriteLine(exception.Message); // A broken variant that cannot be got rid of, for instance.
            return Violated;
        }
    }

    private static int Run(Arguments arguments)
    {
        Console.WriteLine($"{arguments.Readers} reader(s) for {arguments.Seconds} s, {arguments.Variants.Count} broken variant(s) before; {AsymmetricBarrier.Describe()}");
        VariantResult[] variants = new Variants(Console.WriteLine).Run(arguments.Variants);
        bool live = AnsiConsole.Profile.Capabilities.Interactive && !Console.IsOutputRedirected && !arguments.Json;
        Standing standing = live ? RunLive(arguments) : RunPlain(arguments);
        foreach (string line in Report.Account(standing))
        {
            Console.WriteLine(line);
        }

        string[] complaints = [.. variants.Select(static variant => variant.Complaint(Variants.MachineHasPower)).OfType<string>(), .. standing.Complaints()];
        if (arguments.Json)
        {
            Console.WriteLine(Report.Json(standing, variants, complaints));
        }

        foreach (string complaint in complaints)
        {
            Console.Error.WriteLine(complaint);
        }

        return complaints.Length > 0 ? Violated : Good;
    }

    private static Standing RunLive(Arguments arguments) =>
        AnsiConsole.Live(Report.Table(null)).Start(context =>
        {
            Standing last = MainRun.Run(arguments, standing => context.UpdateTarget(Report.Table(standing)));
            context.UpdateTarget(Report.Table(last));
            return last;
        });

    private static Standing RunPlain(Arguments arguments)
    {
        Console.WriteLine(Report.Headings);
        Standing last = MainRun.Run(arguments, static standing => Console.WriteLine(Report.Line(standing)));
        Console.WriteLine(Report.Line(last));
        return last;
    }
}
