using System.Diagnostics;
using System.IO.Compression;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace SwmrKit.Tests;

/// <summary>The sample of misuses, and the package that carries the analyzer.</summary>
public sealed class MisuseTests : IClassFixture<SharedMachine>
{
    private const string ImplicitUsings = "global using System; global using System.Collections.Generic; global using System.Linq; global using System.Threading; global using System.Threading.Tasks;";

    private static readonly string s_sample = Path.Combine(Snippets.Repository, "samples", "Misuse", "Certificates.cs");

    [Fact]
    public void Every_misuse_of_the_sample_is_reported_on_its_line_and_nothing_else_is()
    {
        CSharpCompilation compilation = CSharpCompilation.Create(
            "Misuse",
            [.. Directory.GetFiles(Path.GetDirectoryName(s_sample)!, "*.cs").Select(static file => Parse(File.ReadAllText(file), file)), Parse(ImplicitUsings, "Usings.cs")],
            Snippet.References,
            Snippet.Options);
        Assert.Empty(compilation.GetDiagnostics().Where(static one => one.Severity == DiagnosticSeverity.Error));
        Assert.Equal(
            Marked(),
            Snippet.Diagnostics(compilation).Select(static one => (one.Location.GetLineSpan().StartLinePosition.Line + 1, one.Id)).Order());
    }

    [Fact]
    public void The_package_of_the_collections_carries_the_analyzer_and_its_fixes()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("swmrkit-pack");
        try
        {
            // What has been built for these tests, in the configuration they run in: a second build could meet one that goes on beside it.
            string configuration = Directory.GetParent(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar))!.Name;
            Run("pack", Path.Combine(Snippets.Repository, "src", "Collections"), "-c", configuration, "--no-build", "-o", folder.FullName, "-v", "q", "-nodeReuse:false");
            using ZipArchive package = ZipFile.OpenRead(Assert.Single(folder.GetFiles("SwmrKit.Collections.*.nupkg")).FullName);
            string[] files = [.. package.Entries.Select(static entry => entry.FullName)];
            Assert.Contains("analyzers/dotnet/cs/SwmrKit.Analyzers.dll", files);
            Assert.Contains("analyzers/dotnet/cs/SwmrKit.Analyzers.Fixes.dll", files);
            Assert.Contains("docs/analyzers.md", files);
            Assert.DoesNotContain(files, static file => file.StartsWith("lib/", StringComparison.Ordinal) && file.Contains("Analyzers", StringComparison.Ordinal));
            using var specification = new StreamReader(package.GetEntry("SwmrKit.Collections.nuspec")!.Open());
            Assert.DoesNotContain("CodeAnalysis", specification.ReadToEnd(), StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void Every_rule_has_its_section_in_the_documentation()
    {
        string page = File.ReadAllText(Path.Combine(Snippets.Repository, "docs", "analyzers.md"));
        foreach (DiagnosticDescriptor rule in new SwmrKit.Analyzers.ReadSectionAnalyzer().SupportedDiagnostics)
        {
            Assert.Contains($"\n### {rule.Id}\n", page, StringComparison.Ordinal);
            Assert.Equal($"docs/analyzers.md#{rule.Id.ToLowerInvariant()}", rule.HelpLinkUri);
        }
    }

    private static (int, string)[] Marked() =>
    [
        .. File.ReadAllLines(s_sample).SelectMany(static (line, i) => Regex.Matches(line, @"// (SWMR\d{3})$").Select(mark => (i + 1, mark.Groups[1].Value))).Order(),
    ];

    private static SyntaxTree Parse(string text, string path) => CSharpSyntaxTree.ParseText(text, new CSharpParseOptions(LanguageVersion.CSharp14), path);

    private static void Run(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, output);
    }
}
