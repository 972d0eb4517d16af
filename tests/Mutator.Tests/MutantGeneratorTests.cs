using System.Reflection;
using System.Runtime.Loader;
using Microsoft.CodeAnalysis;

namespace SwmrKit.Tests;

/// <summary>Mutants of a program of two files, compiled and run.</summary>
public sealed class MutantGeneratorTests : IClassFixture<SharedMachine>
{
    private const string Gate = """
        namespace SwmrKit;

        internal static class Gate
        {
            public static int Open()
            {
                int a = 1;

                int b = 2;
                return a + b;
            }

            public static int Shut()
            {
                int a = 1;
                return -a;
            }
        }
        """;

    private const string Scenarios = """
        namespace SwmrKit;

        internal static class Scenarios
        {
            public static int Run() => Gate.Open();
        }
        """;

    private static readonly (string, string)[] s_sources = [("Gate.cs", Gate), ("Scenarios.cs", Scenarios)];

    [Fact]
    public void A_mutant_is_made_of_the_groups_it_patches_and_no_others()
    {
        Mutation mutation = Mutation.Of([.. s_sources, ("other/Unconcerned.cs", "namespace SwmrKit;\n\ninternal static class Unconcerned;\n")], ("Doubled", """
            # The sum is doubled.
            scenario: Scenarios.Run
            file: Gate.cs
            -        return a + b;
            +        return 2 * (a + b);
            """));

        Assert.Empty(mutation.Errors);
        using MemoryStream assembly = mutation.Emit();
        string[] types = [.. Assembly.Load(assembly.ToArray()).GetTypes().Where(static type => type.Namespace == "SwmrKit.Mutants.Doubled").Select(static type => type.Name)];
        Assert.Equal(["Gate", "Scenarios"], types.Order());
    }

    [Fact]
    public void A_mutant_runs_patched_beside_the_original()
    {
        Mutation mutation = Mutation.Of(s_sources, ("Doubled", """
            # The sum is doubled:
            # nobody may miss that.
            scenario: Scenarios.Run
            file: Gate.cs
            -        return a + b;
            +        return 2 * (a + b);
            """));

        Assert.Empty(mutation.Errors);
        (string name, string prose, string scenario, int mutant, int original) = Assert.Single(Run(mutation));
        Assert.Equal(("Doubled", "The sum is doubled: nobody may miss that.", "Scenarios.Run"), (name, prose, scenario));
        Assert.Equal(6, mutant);
        Assert.Equal(3, original);
    }

    [Fact]
    public void Every_mutant_has_its_own_copies_and_its_own_hunks()
    {
        Mutation mutation = Mutation.Of(
            s_sources,
            ("Both", """
                # Two hunks of one file, one of another.
                scenario: Scenarios.Run
                file: Gate.cs
                 int b = 2;
                -return a + b;
                +return a + b + 10;

                -int b = 2;
                +int b = 3;
                file: Scenarios.cs
                -    public static int Run() => Gate.Open();
                +    public static int Run() => Gate.Open() + 100;
                """),
            ("One", """
                # Another.
                scenario: Scenarios.Run
                file: Gate.cs
                -int b = 2;
                """ + "\n+int b = 7;\n"));

        Assert.Empty(mutation.Errors);
        Assert.Equal([("Both", 114), ("One", 8)], Run(mutation).Select(static entry => (entry.Name, entry.Mutant)));
    }

    [Fact]
    public void Blank_lines_of_the_source_do_not_count_and_lines_around_tell_places_apart()
    {
        Mutation mutation = Mutation.Of(s_sources, ("Context", """
            # The first of two equal lines.
            scenario: Scenarios.Run
            file: Gate.cs
            -        int a = 1;
            +        int a = 5;
                     int b = 2;
            """));

        Assert.Empty(mutation.Errors);
        Assert.Equal(7, Assert.Single(Run(mutation)).Mutant);
    }

    [Theory]
    [InlineData(3, "its text is not in Gate.cs", "file: Gate.cs\n-        return a - b;\n+        return 0;")]
    [InlineData(3, "applies 2 times in Gate.cs", "file: Gate.cs\n-        int a = 1;\n+        int a = 2;")]
    [InlineData(6, "its text is not in Gate.cs", "file: Gate.cs\n-        int b = 2;\n+        int b = 3;\n\n-        int b = 2;\n+        int b = 4;")]
    [InlineData(3, "changes nothing", "file: Gate.cs\n-        int b = 2;\n+    int b = 2; ")]
    [InlineData(3, "to be found by", "file: Gate.cs\n+        int b = 2;")]
    [InlineData(3, "'Gaet.cs' is not among the sources", "file: Gaet.cs\n-        int b = 2;\n+        int b = 3;")]
    [InlineData(2, "belongs under a 'file:'", "-        int b = 2;\n+        int b = 3;")]
    [InlineData(2, "unknown key 'fiel'", "fiel: Gate.cs\n-        int b = 2;")]
    [InlineData(2, "unknown key 'nonsense'", "nonsense")]
    [InlineData(2, "'file:' needs a value", "file:\n-        int b = 2;")]
    [InlineData(2, "one scenario", "scenario: Scenarios.Other")]
    [InlineData(0, "there is no hunk", "file: Gate.cs")]
    public void A_patch_that_does_not_apply_is_an_error_at_its_line(int line, string message, string patch)
    {
        Mutation mutation = Mutation.Of(s_sources, ("Wrong", "# Prose.\nscenario: Scenarios.Run\n" + patch));

        AssertError(mutation, "MUT001", "Wrong.mutant", line, message);
    }

    [Theory]
    [InlineData("Silent", "where it is caught", "# Prose.\nfile: Gate.cs\n-int b = 2;\n+int b = 3;")]
    [InlineData("Silent", "what is broken", "scenario: Scenarios.Run\nfile: Gate.cs\n-int b = 2;\n+int b = 3;")]
    [InlineData("No-Name", "no identifier", "# Prose.\nscenario: Scenarios.Run\nfile: Gate.cs\n-int b = 2;\n+int b = 3;")]
    [InlineData("Empty", "what is broken", "")]
    public void A_mutant_says_what_it_breaks_and_where_it_is_caught(string name, string message, string text) =>
        AssertError(Mutation.Of(s_sources, (name, text)), "MUT001", name + ".mutant", 0, message);

    [Fact]
    public void A_scenario_that_does_not_exist_is_an_error_in_the_mutant()
    {
        Mutation mutation = Mutation.Of(s_sources, ("Lost", "# Prose.\nscenario: Scenarios.Walk\nfile: Gate.cs\n-int b = 2;\n+int b = 3;"));

        Assert.All(mutation.Errors, static error => Assert.Equal(("Lost.mutant", 1), (error.Location.GetMappedLineSpan().Path, error.Location.GetMappedLineSpan().StartLinePosition.Line)));
        Assert.Contains(mutation.Errors, static error => error.GetMessage().Contains("'Walk'", StringComparison.Ordinal));
    }

    [Fact]
    public void A_source_elsewhere_than_in_the_root_namespace_is_an_error()
    {
        Mutation mutation = Mutation.Of([.. s_sources, ("Elsewhere.cs", "namespace SwmrKit.Tests;\n")]);

        AssertError(mutation, "MUT002", "Elsewhere.cs", 0, "namespace SwmrKit;");
    }

    [Fact]
    public void Two_sources_of_one_name_are_an_error()
    {
        Mutation mutation = Mutation.Of([.. s_sources, ("other/Gate.cs", "namespace SwmrKit;\n")]);

        AssertError(mutation, "MUT002", "other/Gate.cs", 0, "the same file name");
    }

    [Fact]
    public void Scenarios_without_a_type_are_an_error()
    {
        Mutation mutation = Mutation.Of(s_sources, scenarioType: null, ("Untyped", "# Prose.\nscenario: Scenarios.Run\nfile: Gate.cs\n-int b = 2;\n+int b = 3;"));

        AssertError(mutation, "MUT003", "Untyped.mutant", 0, "SwmrKitMutantScenarioType");
    }

    private static void AssertError(Mutation mutation, string id, string path, int line, string message)
    {
        Diagnostic error = Assert.Single(mutation.Errors);
        FileLinePositionSpan at = error.Location.GetLineSpan();
        Assert.Equal((id, path, line), (error.Id, at.Path, at.StartLinePosition.Line));
        Assert.Contains(message, error.GetMessage(), StringComparison.Ordinal);
    }

    /// <summary>Loads what was compiled, and runs both scenarios of every entry of its catalogue.</summary>
    private static List<(string Name, string Prose, string ScenarioName, int Mutant, int Original)> Run(Mutation mutation)
    {
        var context = new AssemblyLoadContext("mutants", isCollectible: true);
        Assembly assembly = context.LoadFromStream(mutation.Emit());
        var all = (IEnumerable<object>)assembly.GetType("SwmrKit.Mutants.MutantCatalog")!.GetProperty("All")!.GetValue(null)!;
        List<(string, string, string, int, int)> run =
            [.. all.Select(static mutant => (Of<string>(mutant, "Name"), Of<string>(mutant, "Prose"), Of<string>(mutant, "ScenarioName"), Of<Func<int>>(mutant, "Scenario")(), Of<Func<int>>(mutant, "Original")()))];
        context.Unload();
        return run;
    }

    private static T Of<T>(object mutant, string property) => (T)mutant.GetType().GetProperty(property)!.GetValue(mutant)!;
}
