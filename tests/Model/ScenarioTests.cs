using System.Diagnostics;
using System.Reflection;
using SwmrKit.Testing;
using Xunit.Abstractions;

namespace SwmrKit.Tests;

/// <summary>The production source under the model checker: no schedule and no reordering within the bound makes a scenario fail.</summary>
public sealed class ScenarioTests(ITestOutputHelper output) : IClassFixture<SharedMachine>
{
    public static TheoryData<string> Names => [.. All.Keys];

    private static readonly SortedDictionary<string, Scenario> All = new(
        Assembly.GetExecutingAssembly().GetTypes()
            .Where(static type => type.Namespace == nameof(SwmrKit) && type.Name.EndsWith("Scenarios", StringComparison.Ordinal))
            .SelectMany(static type => type.GetProperties(BindingFlags.Static | BindingFlags.Public))
            .Where(static property => property.PropertyType == typeof(Scenario))
            .ToDictionary(static property => property.Name, static property => (Scenario)property.GetValue(null)!));

    [Theory]
    [MemberData(nameof(Names))]
    public void No_execution_fails(string name) => Prove(name, ModelMemory.Views);

    [Theory]
    [MemberData(nameof(Names))]
    public void No_execution_fails_on_x86(string name) => Prove(name, ModelMemory.StoreBuffers);

    private void Prove(string name, ModelMemory memory)
    {
        ModelOptions options = All[name].Options(memory);
        long start = Stopwatch.GetTimestamp();
        ModelResult result = ModelChecker.Check(All[name].Body, options);
        TimeSpan elapsed = Stopwatch.GetElapsedTime(start);
        output.WriteLine($"{name} under {memory}, {(options.PreemptionBound is { } bound ? $"at most {bound} preemptions" : "any number of preemptions")}: {result}, {elapsed.TotalSeconds:N1} s");
        result.ThrowIfNotProved();
    }
}
