using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using SwmrKit.Analyzers;

namespace SwmrKit.Tests;

public sealed class FixTests : IClassFixture<SharedMachine>
{
    [Fact]
    public void A_guard_in_a_variable_gets_a_using() => Check(
        """
            void M()
            {
                // Why it reads.
                ReadGuard guard = Domain.Enter(); // Here.
                guard.Read(Cell).Do();
            }
        """,
        """
            void M()
            {
                // Why it reads.
                using ReadGuard guard = Domain.Enter(); // Here.
                guard.Read(Cell).Do();
            }
        """);

    [Fact]
    public void A_discarded_guard_gets_a_variable_that_no_other_has() => Check(
        """
            void M(int guard)
            {
                Domain.Enter();
            }
        """,
        """
            void M(int guard)
            {
                using ReadGuard guard2 = Domain.Enter();
            }
        """);

    [Fact]
    public void A_read_that_is_used_in_passing_gets_a_variable() => Check(
        """
            bool M()
            {
                return Cell.Read().Value.Do();
            }
        """,
        """
            bool M()
            {
                using CellRead<Thing> read = Cell.Read();
                return read.Value.Do();
            }
        """);

    [Fact]
    public void Top_level_statements_get_a_using_as_those_of_a_method_do()
    {
        const string Given = "var domain = new RetirementDomain();\nvar cell = new SwmrCell<Thing>(new Thing());\n";
        CheckFile(Given + "ReadGuard guard = domain.Enter();\nguard.Read(cell).Do();\n", Given + "using ReadGuard guard = domain.Enter();\nguard.Read(cell).Do();\n");
        CheckFile(Given + "domain.Enter();\n", Given + "using ReadGuard guard = domain.Enter();\n");
        CheckFile(Given + "// Why.\nConsole.WriteLine(cell.Read().Value.Do());\n", Given + "// Why.\nusing CellRead<Thing> read = cell.Read();\nConsole.WriteLine(read.Value.Do());\n");
        Assert.Empty(FileFixes(Given + "ReadGuard guard = domain.Enter();\nif (args.Length == 0)\n{\n    guard.Dispose();\n}\n", OutputKind.ConsoleApplication).Actions);
    }

    [Fact]
    public void A_parameter_that_copies_becomes_an_in_parameter() => Check(
        """
            void M()
            {
                using ReadGuard guard = Domain.Enter();
                Helper(1, guard);
            }

            void Helper(int number, ReadGuard guard) => Look(guard.IsOpen && number > 0);
        """,
        """
            void M()
            {
                using ReadGuard guard = Domain.Enter();
                Helper(1, guard);
            }

            void Helper(int number, in ReadGuard guard) => Look(guard.IsOpen && number > 0);
        """);

    [Fact]
    public void A_static_handle_becomes_one_for_each_thread() => Check(
        """
            static ReaderHandle? s_handle;
        """,
        """
            [System.ThreadStatic]
            static ReaderHandle? s_handle;
        """);

    [Fact]
    public void What_has_no_obvious_remedy_is_left_alone()
    {
        Assert.Empty(Fixes("void M() { ReadGuard guard = Domain.Enter(); if (Maybe()) { return; } guard.Dispose(); }").Actions);
        Assert.Empty(Fixes("void M() { using ReadGuard guard = Domain.Enter(); ReadGuard copy = guard; copy.Dispose(); }").Actions);
        Assert.Empty(Fixes("static readonly ReaderHandle s_handle = RetirementDomain.Shared.Register();").Actions);
        Assert.Empty(Fixes("bool M() => Cell.Read().Value.Do();").Actions);
    }

    private static void Check(string before, string after) => CheckFix(Fixes(before), Snippet.Class(after));

    private static void CheckFile(string before, string after) => CheckFix(FileFixes(before, OutputKind.ConsoleApplication), after);

    private static void CheckFix((Document Document, ImmutableArray<CodeAction> Actions) fixes, string after)
    {
        (Document document, ImmutableArray<CodeAction> actions) = fixes;
        CodeAction fix = Assert.Single(actions);
        var applied = (ApplyChangesOperation)Assert.Single(fix.GetOperationsAsync(default).GetAwaiter().GetResult());
        Document changed = applied.ChangedSolution.GetDocument(document.Id)!;
        Assert.Equal(after, changed.GetTextAsync().GetAwaiter().GetResult().ToString().ReplaceLineEndings("\n"));
        Compilation compilation = changed.Project.GetCompilationAsync().GetAwaiter().GetResult()!;
        Assert.Empty(compilation.GetDiagnostics().Where(static one => one.Severity == DiagnosticSeverity.Error));
        Assert.Empty(Snippet.Diagnostics(compilation));
    }

    private static (Document Document, ImmutableArray<CodeAction> Actions) Fixes(string members) => FileFixes(Snippet.Class(members), Snippet.Options.OutputKind);

    private static (Document Document, ImmutableArray<CodeAction> Actions) FileFixes(string text, OutputKind kind)
    {
        using var workspace = new AdhocWorkspace();
        Project project = workspace.AddProject("Snippet", LanguageNames.CSharp)
            .WithCompilationOptions(Snippet.Options.WithOutputKind(kind))
            .WithParseOptions(new CSharpParseOptions(LanguageVersion.CSharp14))
            .WithMetadataReferences(Snippet.References);
        project = project.AddDocument("Surroundings.cs", Snippet.Surroundings).Project;
        Document document = project.AddDocument("Snippet.cs", text);
        Compilation compilation = document.Project.GetCompilationAsync().GetAwaiter().GetResult()!;
        Diagnostic diagnostic = Assert.Single(Snippet.Diagnostics(compilation));
        ImmutableArray<CodeAction>.Builder actions = ImmutableArray.CreateBuilder<CodeAction>();
        var context = new CodeFixContext(document, diagnostic, (action, _) => actions.Add(action), CancellationToken.None);
        new ReadSectionFixes().RegisterCodeFixesAsync(context).GetAwaiter().GetResult();
        return (document, actions.ToImmutable());
    }
}
