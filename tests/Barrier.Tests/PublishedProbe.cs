using System.Diagnostics;
using System.Runtime.InteropServices;

namespace SwmrKit.Tests;

/// <summary>
/// A probe published to a temporary folder, in a compilation mode of the caller's choice. Everything the publication writes,
/// intermediate files too, is in that folder, so that it disturbs no build.
/// </summary>
internal sealed class PublishedProbe : IDisposable
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromMinutes(10);

    /// <summary>What NuGet and the SDK say when a package is not to be had: no fault of this repository's.</summary>
    private static readonly string[] s_unavailable = ["NU1100", "NU1101", "NU1102", "NU1103", "NU1301", "NETSDK1083", "NETSDK1094"];

    private readonly string _folder;
    private readonly string _project;

    private PublishedProbe(string folder, string project, string? unavailable)
    {
        _folder = folder;
        _project = project;
        Unavailable = unavailable;
    }

    /// <summary>Why it could not be published here; null when it was. Any other failure fails the test.</summary>
    public string? Unavailable { get; }

    /// <summary>The published program.</summary>
    public string Program => Path.Combine(_folder, "program", "SwmrKit." + _project);

    /// <summary>A file that the program may write and the test read.</summary>
    public string File(string name) => Path.Combine(_folder, name);

    public static PublishedProbe Publish(params string[] properties) => PublishProject("Probe", properties);

    /// <summary>Publishes another of the test folder's programs.</summary>
    public static PublishedProbe PublishProject(string project, params string[] properties)
    {
        string folder = Directory.CreateTempSubdirectory("swmrkit-probe-").FullName;
        string[] arguments =
        [
            "publish", Path.Combine(Repository(), "tests", project, $"SwmrKit.{project}.csproj"), "-c", "Release", "-r", RuntimeInformation.RuntimeIdentifier, "--nologo",
            "--disable-build-servers", "--artifacts-path", Path.Combine(folder, "artifacts"), "-o", Path.Combine(folder, "program"), .. properties,
        ];
        (int code, string output) = Run("dotnet", arguments);
        if (code == 0)
        {
            return new PublishedProbe(folder, project, null);
        }

        Directory.Delete(folder, recursive: true);
        string? missing = output.Split('\n').FirstOrDefault(static line => s_unavailable.Any(error => line.Contains(error, StringComparison.Ordinal)));
        Assert.True(missing is not null, "publishing failed:\n" + output);
        return new PublishedProbe(folder, project, "a package could not be restored: " + missing.Trim());
    }

    public static PublishedProbe NotHere(string reason) => new("", "", reason);

    /// <summary>Whether a program is to be had.</summary>
    public static bool IsInstalled(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => System.IO.File.Exists(Path.Combine(folder, program)));

    public static (int Code, string Output) Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(s_deadline))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail(program + " did not end");
        }

        return (process.ExitCode, output.GetAwaiter().GetResult() + error.GetAwaiter().GetResult());
    }

    public void Dispose()
    {
        if (Unavailable is null)
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    private static string Repository()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !System.IO.File.Exists(Path.Combine(folder, "SwmrKit.sln")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        Assert.True(folder is not null, "the tests do not run inside their repository");
        return folder;
    }
}
