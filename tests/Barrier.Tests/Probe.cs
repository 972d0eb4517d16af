using System.Diagnostics;

namespace SwmrKit.Tests;

/// <summary>Asks the barrier something in a process of its own.</summary>
internal static class Probe
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromMinutes(3);

    /// <summary>Runs the probe.</summary>
    /// <param name="tier">The tier to force; null for none.</param>
    /// <param name="questions">What to ask, in this order.</param>
    /// <returns>The answers by question.</returns>
    public static Dictionary<string, string> Ask(string? tier, params string[] questions)
    {
        var start = new ProcessStartInfo("dotnet", ["exec", Path.Combine(AppContext.BaseDirectory, "SwmrKit.BarrierProbe.dll"), .. questions])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Remove(ProcessBarrier.EnvironmentVariable);
        if (tier is not null)
        {
            start.Environment[ProcessBarrier.EnvironmentVariable] = tier;
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
