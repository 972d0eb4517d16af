using System.Collections.Immutable;
using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Text;

namespace SwmrKit.Mutator;

/// <summary>
/// Compiles every mutant beside the real code: for each <c>NAME.mutant</c> among a project's additional files, a copy of the
/// mutant sources it concerns in <c>namespace SwmrKit.Mutants.NAME</c>, with the mutant's patch applied; and a catalogue of them.
/// </summary>
/// <remarks>
/// <para><b>Why copies.</b> A namespace inside <c>SwmrKit</c> finds the copied types first and everything else where the original finds
/// it. So the mutant differs from the real code by its patch and nothing else, and both run in one process, through the same scenarios,
/// which are copied with the rest.</para>
/// <para><b>Sources</b> are the additional files with <c>SwmrKitMutantSource="GROUP"</c>, each in <c>namespace SwmrKit;</c> and of a
/// name of its own. A mutant is made of the groups in which it patches something, and its scenario must be in one of them; all else it shares
/// with the real code. They need not be compiled in the project itself. How to consume this: <c>SwmrKit.Mutator.props</c>. How a mutant is
/// written: <see cref="MutantFile"/>.</para>
/// <para><b>The catalogue</b>, <c>SwmrKit.Mutants.MutantCatalog.All</c>, has the name, the prose and the scenario of each mutant, the
/// latter as the mutant has it and as the original has it: what is caught in one must be clean in the other.</para>
/// </remarks>
[Generator]
public sealed class MutantGenerator : IIncrementalGenerator
{
    private const string Root = "SwmrKit";
    private const string RootDeclaration = "namespace " + Root + ";";

    private static readonly DiagnosticDescriptor s_mutantError = Error("MUT001", "A mutant is malformed or does not apply");
    private static readonly DiagnosticDescriptor s_sourceError = Error("MUT002", "A mutant source cannot be copied");
    private static readonly DiagnosticDescriptor s_setupError = Error("MUT003", "The scenarios have no type");

    /// <inheritdoc/>
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        IncrementalValueProvider<ImmutableArray<(AdditionalText File, string Group)>> sources = context.AdditionalTextsProvider
            .Combine(context.AnalyzerConfigOptionsProvider)
            .Select(static (pair, _) => (
                File: pair.Left,
                Group: pair.Right.GetOptions(pair.Left).TryGetValue("build_metadata.AdditionalFiles.SwmrKitMutantSource", out string? group) ? group : ""))
            .Where(static source => source.Group.Length > 0)
            .Collect();
        IncrementalValuesProvider<AdditionalText> mutants = context.AdditionalTextsProvider
            .Where(static file => file.Path.EndsWith(".mutant", StringComparison.Ordinal));
        IncrementalValueProvider<string> scenarioType = context.AnalyzerConfigOptionsProvider
            .Select(static (options, _) => options.GlobalOptions.TryGetValue("build_property.SwmrKitMutantScenarioType", out string? type) ? type : "");

        context.RegisterSourceOutput(sources, static (output, sources) => CheckSources(output, sources));
        context.RegisterSourceOutput(mutants.Combine(sources), static (output, pair) => Copy(output, pair.Left, pair.Right));
        context.RegisterSourceOutput(mutants.Collect().Combine(scenarioType), static (output, pair) => List(output, pair.Left, pair.Right));
    }

    private static void CheckSources(SourceProductionContext output, ImmutableArray<(AdditionalText File, string Group)> sources)
    {
        var names = new HashSet<string>();
        foreach ((AdditionalText source, _) in sources)
        {
            if (LinesOf(source).Count(static line => line == RootDeclaration) != 1)
            {
                output.ReportDiagnostic(Diagnostic.Create(s_sourceError, At(source, 0), $"it has no line '{RootDeclaration}' to be given another namespace by"));
            }

            if (!names.Add(Path.GetFileName(source.Path)))
            {
                output.ReportDiagnostic(Diagnostic.Create(s_sourceError, At(source, 0), "another one has the same file name, by which mutants name it"));
            }
        }
    }

    private static void Copy(SourceProductionContext output, AdditionalText file, ImmutableArray<(AdditionalText File, string Group)> sources)
    {
        var copies = new Dictionary<string, List<string>>();
        foreach ((AdditionalText source, _) in sources)
        {
            copies[Path.GetFileName(source.Path)] = LinesOf(source);
        }

        MutantFile? mutant = null;
        try
        {
            mutant = Parse(file);
            mutant.Apply(copies);
        }
        catch (MutantException error)
        {
            output.ReportDiagnostic(Diagnostic.Create(s_mutantError, At(file, error.Line), error.Message));
            if (mutant is null)
            {
                return; // Else the copies follow all the same, so that this is the only error.
            }
        }

        var groups = new HashSet<string>(sources.Where(source => mutant.Files.Contains(Path.GetFileName(source.File.Path))).Select(static source => source.Group));
        foreach ((AdditionalText source, _) in sources.Where(source => groups.Count == 0 || groups.Contains(source.Group)))
        {
            string name = Path.GetFileName(source.Path);
            IEnumerable<string> lines = copies[name].Select(line => line == RootDeclaration ? $"namespace {Root}.Mutants.{mutant.Name};" : line);
            Add(output, $"{mutant.Name}.{name}", lines);
        }
    }

    private static void List(SourceProductionContext output, ImmutableArray<AdditionalText> files, string scenarioType)
    {
        if (scenarioType.Length == 0 && files.Length > 0)
        {
            output.ReportDiagnostic(Diagnostic.Create(s_setupError, At(files[0], 0), "set the project's property SwmrKitMutantScenarioType to the type of what 'scenario:' names"));
            return;
        }

        List<string> lines =
        [
            $"namespace {Root}.Mutants;",
            "/// <summary>A deliberate fault, compiled beside the real code.</summary>",
            $"internal sealed class Mutant(string name, string prose, string scenarioName, {scenarioType} scenario, {scenarioType} original)",
            "{",
            "    public string Name { get; } = name;",
            "    /// <summary>What is broken, and why that must be caught.</summary>",
            "    public string Prose { get; } = prose;",
            "    public string ScenarioName { get; } = scenarioName;",
            "    /// <summary>Where it must be caught.</summary>",
            $"    public {scenarioType} Scenario {{ get; }} = scenario;",
            "    /// <summary>The same scenario over the real code: where it must be clean.</summary>",
            $"    public {scenarioType} Original {{ get; }} = original;",
            "    public override string ToString() => Name;",
            "}",
            "internal static class MutantCatalog",
            "{",
            "    /// <summary>All mutants of this project, by name.</summary>",
            "    public static global::System.Collections.Generic.IReadOnlyList<Mutant> All { get; } = new Mutant[]",
            "    {",
        ];
        foreach (AdditionalText file in files.OrderBy(static file => file.Path, StringComparer.Ordinal))
        {
            try
            {
                MutantFile mutant = Parse(file);
                lines.Add($"        new({Literal(mutant.Name)}, {Literal(mutant.Prose)}, {Literal(mutant.Scenario)},");
                lines.Add($"#line {mutant.ScenarioLine + 1} \"{file.Path}\""); // A scenario that does not exist is an error there.
                lines.Add($"            global::{Root}.Mutants.{mutant.Name}.{mutant.Scenario}, global::{Root}.{mutant.Scenario}),");
                lines.Add("#line default");
            }
            catch (MutantException)
            {
                // Reported with its copies.
            }
        }

        Add(output, "MutantCatalog.cs", [.. lines, "    };", "}"]);
    }

    /// <summary>Warnings are the originals' business; what a mutant leaves unused is its point.</summary>
    private static void Add(SourceProductionContext output, string name, IEnumerable<string> lines) =>
        output.AddSource(name, SourceText.From(string.Join("\n", ["// <auto-generated/>", "#nullable enable", "#pragma warning disable", .. lines, ""]), Encoding.UTF8));

    private static MutantFile Parse(AdditionalText file) => MutantFile.Parse(Path.GetFileNameWithoutExtension(file.Path), LinesOf(file));

    private static List<string> LinesOf(AdditionalText file) => [.. file.GetText()?.Lines.Select(static line => line.ToString()) ?? []];

    private static string Literal(string text) => SymbolDisplay.FormatLiteral(text, quote: true);

    private static Location At(AdditionalText file, int line)
    {
        TextLineCollection? lines = file.GetText()?.Lines;
        return lines is null || line >= lines.Count
            ? Location.None
            : Location.Create(file.Path, lines[line].Span, lines.GetLinePositionSpan(lines[line].Span));
    }

    private static DiagnosticDescriptor Error(string id, string title) =>
        new(id, title, title + ": {0}", "Mutants", DiagnosticSeverity.Error, isEnabledByDefault: true);
}
