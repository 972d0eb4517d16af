using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Text;
using SwmrKit.Mutator;

namespace SwmrKit.Tests;

/// <summary>What the generator makes of some sources and mutants, compiled together with the sources.</summary>
internal sealed class Mutation
{
    private readonly Compilation _compilation;

    private Mutation(Compilation compilation, ImmutableArray<Diagnostic> ofGenerator)
    {
        _compilation = compilation;
        Errors = [.. ofGenerator.AddRange(compilation.GetDiagnostics()).Where(static diagnostic => diagnostic.Severity >= DiagnosticSeverity.Warning)];
    }

    /// <summary>The errors and warnings of the generator and of the compiler.</summary>
    public IReadOnlyList<Diagnostic> Errors { get; }

    public static Mutation Of((string Path, string Text)[] sources, params (string Name, string Text)[] mutants) =>
        Of(sources, "System.Func<int>", mutants);

    public static Mutation Of((string Path, string Text)[] sources, string? scenarioType, params (string Name, string Text)[] mutants)
    {
        string[] references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator);
        var compilation = CSharpCompilation.Create(
            "Mutated",
            sources.Select(static source => CSharpSyntaxTree.ParseText(source.Text, path: source.Path)),
            references.Where(static path => Path.GetFileName(path).StartsWith("System.", StringComparison.Ordinal)).Select(static path => MetadataReference.CreateFromFile(path)),
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary));
        AdditionalText[] files =
        [
            .. sources.Select(static source => new InMemoryText(source.Path, source.Text)),
            .. mutants.Select(static mutant => new InMemoryText(mutant.Name + ".mutant", mutant.Text)),
        ];
        GeneratorDriver driver = CSharpGeneratorDriver.Create(
            [new MutantGenerator().AsSourceGenerator()],
            files,
            optionsProvider: new Options(scenarioType));
        driver.RunGeneratorsAndUpdateCompilation(compilation, out Compilation mutated, out ImmutableArray<Diagnostic> diagnostics);
        return new Mutation(mutated, diagnostics);
    }

    public MemoryStream Emit()
    {
        var assembly = new MemoryStream();
        Assert.True(_compilation.Emit(assembly).Success);
        assembly.Position = 0;
        return assembly;
    }

    private sealed class InMemoryText(string path, string text) : AdditionalText
    {
        public override string Path { get; } = path;

        public override SourceText GetText(CancellationToken cancellationToken = default) => SourceText.From(text);
    }

    /// <summary>The options as MSBuild hands them over: the property, and on every additional file but the mutants its folder as the group.</summary>
    private sealed class Options(string? scenarioType) : AnalyzerConfigOptionsProvider
    {
        public override AnalyzerConfigOptions GlobalOptions { get; } = new One("build_property.SwmrKitMutantScenarioType", scenarioType);

        public override AnalyzerConfigOptions GetOptions(SyntaxTree tree) => new One("", null);

        public override AnalyzerConfigOptions GetOptions(AdditionalText textFile) =>
            new One("build_metadata.AdditionalFiles.SwmrKitMutantSource", textFile.Path.EndsWith(".cs", StringComparison.Ordinal) ? $"in {Path.GetDirectoryName(textFile.Path)}" : "");
    }

    private sealed class One(string name, string? value) : AnalyzerConfigOptions
    {
        public override bool TryGetValue(string key, [NotNullWhen(true)] out string? found)
        {
            found = key == name ? value : null;
            return found is not null;
        }
    }
}
