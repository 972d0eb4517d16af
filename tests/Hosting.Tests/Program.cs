using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace SwmrKit.Tests;

/// <summary>
/// What runs in a process of its own: it leaves behind something pending and a reader that never leaves, and ends, if nothing keeps it. Everything else that
/// it says on its output is the host's log.
/// </summary>
internal static class Program
{
    public const string Returning = "Main returns.";
    public const string Answer = "The reader answers.";

    private static async Task<int> Main(string[] args)
    {
        switch (args)
        {
            case ["domain", var kind]:
                var domain = new RetirementDomain();
                Stall(domain, isBackground: kind == "background");
                domain.Retire(new MemoryStream(), bytes: 100);
                break;

            case ["host", var kind]:
                HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
                builder.Logging.AddSimpleConsole(static options => options.SingleLine = true);
                builder.Services.AddSwmrRetirement(static options => options.Name = "left").Configure<HostOptions>(
                    static options => options.ShutdownTimeout = TimeSpan.FromMilliseconds(200));
                using (IHost host = builder.Build())
                {
                    await host.StartAsync();
                    RetirementDomain hosted = host.Services.GetRequiredService<RetirementDomain>();
                    Stall(hosted, isBackground: kind == "background");
                    hosted.Retire(new MemoryStream(), bytes: 100);
                    await host.StopAsync();
                }

                break;

            default:
                Console.Error.WriteLine("This assembly holds tests: run them by 'dotnet test'.");
                return 2;
        }

        Console.WriteLine(Returning);
        return 0;
    }

    /// <summary>A reader that stays inside; it answers each line of the input, and leaves at its end.</summary>
    private static void Stall(RetirementDomain domain, bool isBackground)
    {
        using var entered = new ManualResetEventSlim();
        var thread = new Thread(() =>
        {
            using ReadGuard guard = domain.Enter();
            entered.Set();
            while (Console.In.ReadLine() is { } line)
            {
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Answer} {line}"));
            }
        })
        { Name = "reader-that-stays", IsBackground = isBackground };
        thread.Start();
        entered.Wait();
    }
}
