using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Text;
using SwmrKit.Analyzers;

namespace SwmrKit.Tests;

/// <summary>
/// A piece of code with what the analyzer is to say about it marked in its text: <c>{|SWMR001:read.Value|}</c>. Everything unmarked is to pass.
/// </summary>
internal static class Snippet
{
    private static readonly CSharpParseOptions s_parse = new(LanguageVersion.CSharp14);

    /// <summary>The assemblies that the tests run with, SwmrKit's among them.</summary>
    public static ImmutableArray<MetadataReference> References { get; } =
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(static path => !Path.GetFileName(path).StartsWith("Microsoft.CodeAnalysis", StringComparison.Ordinal) && !Path.GetFileName(path).StartsWith("xunit", StringComparison.Ordinal))
            .Select(static path => MetadataReference.CreateFromFile(path)),
    ];

    public static CSharpCompilationOptions Options { get; } = new(
        OutputKind.DynamicallyLinkedLibrary,
        allowUnsafe: true,
        nullableContextOptions: NullableContextOptions.Enable);

    /// <summary>What every snippet may use: a cell, a dictionary, a domain, a disposable thing to read.</summary>
    public const string Surroundings = """
        global using System;
        global using System.Collections.Generic;
        global using System.Linq;
        global using System.Threading;
        global using System.Threading.Tasks;
        global using SwmrKit;
        global using SwmrKit.Memory;

        public class Thing : IDisposable
        {
            public string Name = "";
            public int Number { get; set; }
            public Thing? Next { get; set; }
            public int[] Bytes = [];
            public bool Do() => true;
            public Task<int> DoAsync() => Task.FromResult(1);
            public Thing Duplicate() => new();
            public void Dispose() { }
        }

        public sealed class Settings { public string Name = ""; }

        public sealed class Box { public Thing? Content { get; set; } public Thing? Field; }

        public abstract class World
        {
            protected readonly RetirementDomain Domain = new();
            protected readonly SwmrCell<Thing> Cell = new(new Thing());
            protected readonly OwningDictionary<string, Thing> Dictionary = new();
            protected readonly ReaderBiasedLock Guarded = new();
            protected readonly LeftRight<List<int>> Twice = new([], static list => [.. list]);
            protected SharedReference<Thing> Root;
            protected static bool Maybe() => true;
            protected static void Look(object? value) { }
            protected static Task LookAsync(object? value) => Task.CompletedTask;
        }
        """;

    /// <summary>For a library that has no lease yet: what the rules need to see of one.</summary>
    private const string LeaseStandIn = """
        namespace SwmrKit
        {
            public sealed class Lease<T> : IDisposable where T : class
            {
                public T Value => default!;
                public void Dispose() { }
            }

            public static class Leasing
            {
                public static Lease<T> Lease<T>(this SwmrCell<T> cell) where T : class => new();
            }
        }
        """;

    /// <summary>Asserts that the members, put into a class of their own, get exactly the diagnostics they are marked with.</summary>
    public static void Check(string members) => CheckFile(Class(members), Options.OutputKind);

    /// <summary>The same for a whole file of top-level statements.</summary>
    public static void CheckProgram(string program) => CheckFile(program.ReplaceLineEndings("\n"), OutputKind.ConsoleApplication);

    public static string Class(string members) => "public class Snippet : World\n{\n" + members.ReplaceLineEndings("\n") + "\n}\n";

    public static CSharpCompilation Compile(params string[] texts) => Compile(Options.OutputKind, texts);

    public static CSharpCompilation Compile(OutputKind kind, params string[] texts)
    {
        CSharpCompilation compilation = Create([Surroundings, .. texts]);
        if (compilation.GetTypeByMetadataName("SwmrKit.Lease`1") is null)
        {
            compilation = Create([Surroundings, LeaseStandIn, .. texts]);
        }

        Assert.Empty(compilation.GetDiagnostics().Where(static one => one.Severity == DiagnosticSeverity.Error));
        return compilation;

        CSharpCompilation Create(string[] texts) => CSharpCompilation.Create(
            "Snippet", texts.Select(static text => CSharpSyntaxTree.ParseText(text, s_parse)), References, Options.WithOutputKind(kind));
    }

    /// <summary>What the analyzer says, in the order of the source. An exception in the analyzer fails the test.</summary>
    public static ImmutableArray<Diagnostic> Diagnostics(Compilation compilation)
    {
        var analysis = new CompilationWithAnalyzersOptions(
            new AnalyzerOptions([]), (exception, _, _) => Assert.Fail(exception.ToString()), concurrentAnalysis: false, logAnalyzerExecutionTime: false);
        return [.. compilation.WithAnalyzers([new ReadSectionAnalyzer()], analysis).GetAnalyzerDiagnosticsAsync().GetAwaiter().GetResult()
            .OrderBy(static one => one.Location.SourceSpan.Start)];
    }

    /// <summary>Takes the marks out of a text.</summary>
    public static (string Text, ImmutableArray<(string Id, TextSpan Span)> Marked) Unmark(string text)
    {
        var plain = new System.Text.StringBuilder();
        var open = new Stack<(string Id, int Start)>();
        ImmutableArray<(string, TextSpan)>.Builder marked = ImmutableArray.CreateBuilder<(string, TextSpan)>();
        for (int i = 0; i < text.Length; i++)
        {
            if (text.AsSpan(i).StartsWith("{|SWMR", StringComparison.Ordinal))
            {
                int colon = text.IndexOf(':', i);
                open.Push((text[(i + 2)..colon], plain.Length));
                i = colon;
            }
            else if (text.AsSpan(i).StartsWith("|}", StringComparison.Ordinal))
            {
                (string id, int start) = open.Pop();
                marked.Add((id, TextSpan.FromBounds(start, plain.Length)));
                i++;
            }
            else
            {
                plain.Append(text[i]);
            }
        }

        return (plain.ToString(), marked.ToImmutable());
    }

    private static void CheckFile(string marked, OutputKind kind)
    {
        (string text, ImmutableArray<(string Id, TextSpan Span)> expected) = Unmark(marked);
        string[] found = [.. Diagnostics(Compile(kind, text)).Select(one => Describe(text, one.Id, one.Location.SourceSpan)).Order(StringComparer.Ordinal)];
        string[] wanted = [.. expected.Select(one => Describe(text, one.Id, one.Span)).Order(StringComparer.Ordinal)];
        Assert.Equal(wanted, found);
    }

    private static string Describe(string text, string id, TextSpan span) =>
        $"line {text.AsSpan(0, span.Start).Count('\n'):d3}, {id}: {text.Substring(span.Start, span.Length)}";
}
