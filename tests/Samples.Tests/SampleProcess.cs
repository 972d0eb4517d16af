using System.Diagnostics;
using System.Text;

namespace SwmrKit.Tests;

/// <summary>A built sample as a child process: its assembly, settings and list are beside this assembly, being its reference.</summary>
internal sealed class SampleProcess : IDisposable
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromMinutes(2);

    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly Task<string> _error;
    private readonly Stopwatch _elapsed = Stopwatch.StartNew();

    /// <summary>Starts SuffixLookup.</summary>
    public SampleProcess(params string[] arguments)
        : this("SuffixLookup.dll", arguments)
    {
    }

    private SampleProcess(string assembly, string[] arguments)
    {
        var start = new ProcessStartInfo(DotnetHost, ["exec", Path.Combine(AppContext.BaseDirectory, assembly), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
        };
        start.Environment["LC_ALL"] = "C.UTF-8";
        _process = Process.Start(start)!;
        _error = _process.StandardError.ReadToEndAsync();
    }

    private static string DotnetHost =>
        Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } host ? host
        : Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? Environment.ProcessPath!
        : "dotnet";

    public static async Task<SampleResult> Run(params string[] arguments)
    {
        using var process = new SampleProcess(arguments);
        return await process.End();
    }

    public static async Task<SampleResult> RunCertificateRotation(params string[] arguments)
    {
        using var process = new SampleProcess("CertificateRotation.dll", arguments);
        return await process.End();
    }

    public static async Task<SampleResult> RunCacheNode(params string[] arguments)
    {
        using var process = new SampleProcess("CacheNode.dll", arguments);
        return await process.End();
    }

    public static async Task<SampleResult> RunTorture(params string[] arguments)
    {
        using var process = new SampleProcess("Torture.dll", arguments);
        return await process.End();
    }

    /// <summary>Waits for one line of its output.</summary>
    public async Task<string> ReadLine()
    {
        string line = await InTime(_process.StandardOutput.ReadLineAsync()) ?? throw new InvalidOperationException("The sample ended: " + await InTime(_error));
        _output.Append(line).Append('\n');
        return line;
    }

    /// <summary>Waits for its end.</summary>
    public async Task<SampleResult> End()
    {
        _output.Append(await InTime(_process.StandardOutput.ReadToEndAsync()));
        string error = await InTime(_error);
        await _process.WaitForExitAsync().WaitAsync(Remaining);
        return new SampleResult(_process.ExitCode, Lines(_output.ToString()), Lines(error));
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process.Dispose();
    }

    private TimeSpan Remaining => s_deadline > _elapsed.Elapsed ? s_deadline - _elapsed.Elapsed : TimeSpan.Zero;

    private static string[] Lines(string text) => text.ReplaceLineEndings("\n").TrimEnd('\n').Split('\n');

    private Task<T> InTime<T>(Task<T> task) => task.WaitAsync(Remaining);

    private Task<T> InTime<T>(ValueTask<T> task) => InTime(task.AsTask());
}

/// <summary>What a run of the sample came to.</summary>
internal sealed record SampleResult(int ExitCode, string[] Output, string[] Error);
