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
    /// <returns>The answers by question; the last one where it was asked more than once.</returns>
    public static Dictionary<string, string> Ask(IReadOnlyDictionary<string, string> environment, params string[] questions) =>
        AskUnder([], environment, questions);

    /// <summary>As <see cref="Ask"/>, with a program before it that starts it: strace, for instance.</summary>
    public static Dictionary<string, string> AskUnder(string[] wrapper, IReadOnlyDictionary<string, string> environment, params string[] questions) =>
        AskProgram([.. wrapper, "dotnet", "exec", Path.Combine(AppContext.BaseDirectory, "SwmrKit.Probe.dll")], environment, questions);

    /// <summary>As <see cref="Ask"/>, of a probe compiled in another way.</summary>
    /// <param name="program">The program and the arguments before the questions.</param>
    /// <param name="environment">Environment variables to set.</param>
    /// <param name="questions">What to ask, in this order.</param>
    /// <returns>The answers by question.</returns>
    public static Dictionary<string, string> AskProgram(string[] program, IReadOnlyDictionary<string, string> environment, params string[] questions)
    {
        string[] command = [.. program, .. questions];
        var start = new ProcessStartInfo(command[0], command[1..])
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
        var answers = new Dictionary<string, string>();
        foreach (string line in output.GetAwaiter().GetResult().Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] pair = line.Split(": ", 2);
            answers[pair[0]] = pair[1];
        }

        return answers;
    }
}
