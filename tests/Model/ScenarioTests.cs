using System.Diagnostics;
using System.Reflection;
using SwmrKit.Testing;
using Xunit.Abstractions;

namespace SwmrKit.Tests;

/// <summary>The production source under the model checker: no schedule and no reordering within the bound makes a scenario fail.</summary>
/// <typeparam name="TGroup">Which scenarios; each group is a class, so that two are explored at once.</typeparam>
public abstract class ScenarioTests<TGroup>(ITestOutputHelper output) : IClassFixture<SharedMachine>
    where TGroup : ScenarioTests<TGroup>, IScenarioGroup
{
    private static readonly SortedDictionary<string, Scenario> s_all = new(
        TGroup.Scenarios.GetProperties(BindingFlags.Static | BindingFlags.Public)
            .Where(static property => property.PropertyType == typeof(Scenario))
            .ToDictionary(static property => property.Name, static property => (Scenario)property.GetValue(null)!));

#pragma warning disable CA1000 // For the test runner, which knows the type.
    public static TheoryData<string> Names => [.. s_all.Keys];
#pragma warning restore CA1000

    [Theory]
    [MemberData(nameof(Names))]
    public void No_execution_fails(string name) => Prove(name, ModelMemory.Views);

    [Theory]
    [MemberData(nameof(Names))]
    public void No_execution_fails_on_x86(string name) => Prove(name, ModelMemory.StoreBuffers);

    private void Prove(string name, ModelMemory memory)
    {
        ModelOptions options = s_all[name].Options(memory);
        long start = Stopwatch.GetTimestamp();
        ModelResult result = ModelChecker.Check(s_all[name].Body, options);
        TimeSpan elapsed = Stopwatch.GetElapsedTime(start);
        output.WriteLine($"{name} under {memory}, {(options.PreemptionBound is { } bound ? $"at most {bound} preemptions" : "any number of preemptions")}: {result}, {elapsed.TotalSeconds:N1} s");
        result.ThrowIfNotProved();
    }
}

/// <summary>Names a class of scenarios.</summary>
public interface IScenarioGroup
{
    static abstract Type Scenarios { get; }
}

public sealed class BarrierScenarioTests(ITestOutputHelper output) : ScenarioTests<BarrierScenarioTests>(output), IScenarioGroup
{
    public static Type Scenarios => typeof(BarrierScenarios);
}

[Collection(Collection)]
public sealed class CacheScenarioTests(ITestOutputHelper output) : ScenarioTests<CacheScenarioTests>(output), IScenarioGroup
{
    /// <summary>Every cache's table begins with the empty page that all tables share, a static variable: so none is explored beside a mutant of it.</summary>
    public const string Collection = "caches";

    public static Type Scenarios => typeof(CacheScenarios);
}

public sealed class CellScenarioTests(ITestOutputHelper output) : ScenarioTests<CellScenarioTests>(output), IScenarioGroup
{
    public static Type Scenarios => typeof(CellScenarios);
}

public sealed class ConfigurationScenarioTests(ITestOutputHelper output) : ScenarioTests<ConfigurationScenarioTests>(output), IScenarioGroup
{
    public static Type Scenarios => typeof(ConfigurationScenarios);
}

public sealed class DictionaryScenarioTests(ITestOutputHelper output) : ScenarioTests<DictionaryScenarioTests>(output), IScenarioGroup
{
    public static Type Scenarios => typeof(DictionaryScenarios);
}

public sealed class GuardScenarioTests(ITestOutputHelper output) : ScenarioTests<GuardScenarioTests>(output), IScenarioGroup
{
    public static Type Scenarios => typeof(GuardScenarios);
}

public sealed class LeaseScenarioTests(ITestOutputHelper output) : ScenarioTests<LeaseScenarioTests>(output), IScenarioGroup
{
    public static Type Scenarios => typeof(LeaseScenarios);
}

public sealed class GuideScenarioTests(ITestOutputHelper output) : ScenarioTests<GuideScenarioTests>(output), IScenarioGroup
{
    public static Type Scenarios => typeof(GuideScenarios);
}

public sealed class LeftRightScenarioTests(ITestOutputHelper output) : ScenarioTests<LeftRightScenarioTests>(output), IScenarioGroup
{
    public static Type Scenarios => typeof(LeftRightScenarios);
}

public sealed class LockScenarioTests(ITestOutputHelper output) : ScenarioTests<LockScenarioTests>(output), IScenarioGroup
{
    public static Type Scenarios => typeof(LockScenarios);
}

public sealed class OwningDictionaryScenarioTests(ITestOutputHelper output) : ScenarioTests<OwningDictionaryScenarioTests>(output), IScenarioGroup
{
    public static Type Scenarios => typeof(OwningDictionaryScenarios);
}

public sealed class ReaderScenarioTests(ITestOutputHelper output) : ScenarioTests<ReaderScenarioTests>(output), IScenarioGroup
{
    public static Type Scenarios => typeof(ReaderScenarios);
}

public sealed class SeqLockScenarioTests(ITestOutputHelper output) : ScenarioTests<SeqLockScenarioTests>(output), IScenarioGroup
{
    public static Type Scenarios => typeof(SeqLockScenarios);
}

/// <summary>No scenario is left out.</summary>
public sealed class ScenarioGroupTests : IClassFixture<SharedMachine>
{
    [Fact]
    public void Every_class_of_scenarios_has_its_tests() => Assert.Equal(
        Types().Where(static type => type.Namespace == nameof(SwmrKit) && type.Name.EndsWith("Scenarios", StringComparison.Ordinal)).Select(static type => type.Name).Order(),
        Types().Where(static type => type.IsAssignableTo(typeof(IScenarioGroup)) && type.IsClass)
            .Select(static type => ((Type)type.GetProperty(nameof(IScenarioGroup.Scenarios))!.GetValue(null)!).Name).Order());

    private static Type[] Types() => Assembly.GetExecutingAssembly().GetTypes();
}
