using Spectre.Console;

namespace CertificateRotation;

internal static class Program
{
    private const int Good = 0;
    private const int Violated = 1;
    private const int Unusable = 2;

    private static async Task<int> Main(string[] args)
    {
        Arguments arguments;
        try
        {
            arguments = Arguments.Parse(args);
        }
        catch (FormatException exception)
        {
            await Console.Error.WriteLineAsync($"{exception.Message}\n\n{Arguments.Usage}");
            return Unusable;
        }

        if (arguments.Help)
        {
            Console.WriteLine(Arguments.Usage);
            return Good;
        }

        Console.WriteLine(
            $"HTTPS on loopback, {arguments.Clients} client(s), a new certificate every {arguments.RotateEvery.TotalMilliseconds:N0} ms; the old one is "
            + (arguments.Naive ? "disposed at once" : "retired in a snapshot of the settings"));
        bool live = AnsiConsole.Profile.Capabilities.Interactive && !Console.IsOutputRedirected && !arguments.Json;
        Standing standing = await (live ? RunLive(arguments) : RunPlain(arguments));
        Console.WriteLine(arguments.Json ? Report.Json(standing) : Report.Summary(standing));

        string[] complaints = [.. standing.Complaints()];
        foreach (string complaint in complaints)
        {
            await Console.Error.WriteLineAsync(complaint);
        }

        return complaints.Length > 0 ? Violated : Good;
    }

    private static Task<Standing> RunLive(Arguments arguments) =>
        AnsiConsole.Live(Report.Table(null)).StartAsync(async context =>
        {
            Standing last = await Rotation.Run(arguments, standing => context.UpdateTarget(Report.Table(standing)));
            context.UpdateTarget(Report.Table(last));
            return last;
        });

    private static Task<Standing> RunPlain(Arguments arguments)
    {
        Console.WriteLine(Report.Headings);
        return Rotation.Run(arguments, static standing => Console.WriteLine(Report.Line(standing)));
    }
}
