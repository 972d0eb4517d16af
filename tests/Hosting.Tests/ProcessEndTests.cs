using System.Diagnostics;

namespace SwmrKit.Tests;

/// <summary>Nothing of a domain keeps a process alive: neither what is pending, nor its timer, nor a reader on a background thread.</summary>
public sealed class ProcessEndTests : IClassFixture<SharedMachine>
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task A_process_ends_with_something_pending_and_a_reader_inside()
    {
        using Process process = Start("domain", "background");
        (int code, string output) = await End(process);
        Assert.Equal(0, code);
        Assert.Equal(Program.Returning, output.Trim());
    }

    [Fact]
    public async Task A_host_ends_with_something_pending_and_a_reader_inside_and_has_said_so()
    {
        using Process process = Start("host", "background");
        (int code, string output) = await End(process);
        Assert.Equal(0, code);
        Assert.EndsWith(Program.Returning, output.Trim(), StringComparison.Ordinal);
        string warning = Assert.Single(output.Split('\n'), static line => line.StartsWith("warn", StringComparison.Ordinal));
        Assert.Contains("'left' is not drained: 1 pending (100 bytes), leases held: 0, readers inside: reader-that-stays (", warning, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Control_the_same_reader_on_a_foreground_thread_keeps_the_process()
    {
        using Process process = Start("domain", "foreground");
        Assert.Equal(Program.Returning, await process.StandardOutput.ReadLineAsync().WaitAsync(s_deadline));
        Assert.False(process.WaitForExit(TimeSpan.FromSeconds(1)));
        await process.StandardInput.WriteLineAsync("still here");
        Assert.Equal(Program.Answer + " still here", await process.StandardOutput.ReadLineAsync().WaitAsync(s_deadline));
        process.StandardInput.Close();
        (int code, _) = await End(process);
        Assert.Equal(0, code);
    }

    /// <summary>The input stays open: the reader stays inside.</summary>
    private static Process Start(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", ["exec", typeof(Program).Assembly.Location, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        return Process.Start(start)!;
    }

    private static async Task<(int Code, string Output)> End(Process process)
    {
        using var deadline = new CancellationTokenSource(s_deadline);
        try
        {
            string output = await process.StandardOutput.ReadToEndAsync(deadline.Token);
            await process.WaitForExitAsync(deadline.Token);
            return (process.ExitCode, output);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException("the process did not end");
        }
    }
}
