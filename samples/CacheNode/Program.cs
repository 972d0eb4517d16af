using Spectre.Console;

namespace CacheNode;

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

        Console.WriteLine($"{arguments.Clients} client(s), {arguments.Pages:N0} pages, each good for {arguments.Keep.TotalMilliseconds:N0} ms, room for {arguments.Room:N0}");
        bool live = AnsiConsole.Profile.Capabilities.Interactive && !Console.IsOutputRedirected && !arguments.Json;
        await using var node = new Node(arguments);
        Standing standing = await (live ? RunLive(node) : RunPlain(node));
        Console.WriteLine(arguments.Json ? Report.Json(standing) : Report.Summary(standing));

        string[] complaints = [.. standing.Complaints()];
        foreach (string complaint in complaints)
        {
            await Console.Error.WriteLineAsync(complaint);
        }

        return complaints.Length > 0 ? Violated : Good;
    }

    private static Task<Standing> RunLive(Node node) =>
        AnsiConsole.Live(Report.Table(null)).StartAsync(async context =>
        {
            Standing last = await node.Run(standing => context.UpdateTarget(Report.Table(standing)));
            context.UpdateTarget(Report.Table(last));
            return last;
        });

    private static Task<Standing> RunPlain(Node node)
    {
        Console.WriteLine(Report.Headings);
        return node.Run(static standing => Console.WriteLine(Report.Line(standing)));
    }
}
