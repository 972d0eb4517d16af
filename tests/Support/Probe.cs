using System.Diagnostics;

namespace SwmrKit.Tests;

/// <summary>Asks the library something in a process of its own.</summary>
internal static class Probe
{
    public const string ForcedTier = "SWMRKIT_BARRIER_TIER";

    private static readonly TimeSpan s_deadline = TimeSpan.FromMinutes(3);

    /// <summary>Runs the probe.</summary>
    /// <param name="environment">Environment variables to set; without a forced tier there is none, whatever the parent's is.</param>
    /// <param name="questions">What to ask, in this order.</param>
    /// <returns>The answers by question.</returns>
    public static Dictionary<string, string> Ask(IReadOnlyDictionary<string, string> environment, params string[] questions)
    {
        var start = new ProcessStartInfo("dotnet", ["exec", Path.Combine(AppContext.BaseDirectory, "SwmrKit.Probe.dll"), .. questions])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Remove(ForcedTier);
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(s_deadline))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail("the probe did not end");
        }

        Assert.True(process.ExitCode == 0, $"the probe ended with {process.ExitCode}: {error.GetAwaiter().GetResult()}");
        return output.GetAwaiter().GetResult().Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(static line => line.Split(": ", 2)).ToDictionary(static pair => pair[0], static pair => pair[1]);
    }
}
