using SwmrKit.Testing;

namespace SwmrKit.Tests;

/// <summary>What the search costs, in configurations rather than in time, and what it says.</summary>
public sealed class LinearizabilityCheckerTests : IClassFixture<SharedMachine>
{
    private const int Threads = 3;
    private const int Rounds = 7;
    private const int ConfigurationsPerRound = 1 << Threads;

    [Fact]
    public void Without_memory_the_search_of_24_operations_enters_a_thousand_times_as_many_configurations()
    {
        History<Call, int> history = RoundsOfIncrements(Rounds);
        history.Record(0, new("read"), static () => 0);
        history.Record(0, new("read"), static () => 0);
        history.Record(0, new("read"), static () => 0);
        Assert.Equal(24, history.Operations.Count);

        LinearizabilityResult<Call, int> memoised = Check(history, memoise: true);
        LinearizabilityResult<Call, int> plain = Check(history, memoise: false);
        Assert.False(memoised.IsLinearizable);
        Assert.False(plain.IsLinearizable);

        // A round's subsets, its last one being the next round's first.
        Assert.Equal((Rounds * (ConfigurationsPerRound - 1)) + 1, memoised.StatesVisited);
        Assert.True(plain.StatesVisited > 1_000 * memoised.StatesVisited, $"{plain.StatesVisited} against {memoised.StatesVisited}");
    }

    [Fact]
    public void With_memory_24_operations_that_overlap_eight_at_a_time_enter_766_configurations()
    {
        History<Call, int> history = RoundsOfIncrements(rounds: 3, threads: 8);
        history.Record(0, new("read"), static () => 0);
        LinearizabilityResult<Call, int> result = Check(history, memoise: true);
        Assert.False(result.IsLinearizable);
        Assert.Equal(24, result.LongestPrefix.Count);
        Assert.Equal((3 * 255) + 1, result.StatesVisited); // Without memory it would be more than (8!)^3, 65 million million.
    }

    [Fact]
    public void A_long_history_that_hardly_overlaps_costs_little()
    {
        History<Call, int> history = RoundsOfIncrements(1_000);
        LinearizabilityResult<Call, int> result = Check(history, memoise: true);
        Assert.True(result.IsLinearizable);
        Assert.Equal(3_001, result.StatesVisited);
        Assert.Equal(3_000, result.Witness.Count);
    }

    [Fact]
    public void A_cancelled_search_gives_no_verdict()
    {
        using var cancellation = new CancellationTokenSource();
        cancellation.Cancel();
        Assert.Throws<OperationCanceledException>(() =>
            LinearizabilityChecker.Check(RoundsOfIncrements(2), new SilentCounter(), cancellation.Token));
    }

    [Fact]
    public void Comparers_of_the_specification_are_used()
    {
        var history = new History<string, string>();
        history.Record(0, "greet", static () => "HELLO");
        Assert.True(LinearizabilityChecker.Check(history, new Greeter(StringComparer.OrdinalIgnoreCase)).IsLinearizable);
        Assert.False(LinearizabilityChecker.Check(history, new Greeter(StringComparer.Ordinal)).IsLinearizable);
    }

    [Fact]
    public void States_that_are_compared_by_reference_change_no_verdict_but_cost_more()
    {
        History<Call, int> history = RoundsOfIncrements(3);
        history.Record(0, new("read"), static () => 0);
        LinearizabilityResult<Call, int> byValue = LinearizabilityChecker.Check(history, new SilentCounter());
        LinearizabilityResult<Call, int> byReference = LinearizabilityChecker.Check(history, new BoxedCounter());
        Assert.False(byValue.IsLinearizable);
        Assert.False(byReference.IsLinearizable);
        Assert.True(byReference.StatesVisited > byValue.StatesVisited);
    }

    [Fact]
    public void Missing_arguments_are_refused()
    {
        var history = new History<Call, int>();
        Assert.Throws<ArgumentNullException>(() => LinearizabilityChecker.Check(null!, new SilentCounter()));
        Assert.Throws<ArgumentNullException>(() => LinearizabilityChecker.Check<int, Call, int>(history, null!));
        Assert.Throws<ArgumentNullException>(() => LinearizabilityChecker.CheckByKey(null!, new SilentCounter(), static call => call.Argument));
        Assert.Throws<ArgumentNullException>(() => LinearizabilityChecker.CheckByKey<int, Call, int, int>(history, null!, static call => call.Argument));
        Assert.Throws<ArgumentNullException>(() => LinearizabilityChecker.CheckByKey<int, Call, int, int>(history, new SilentCounter(), null!));
    }

    private static LinearizabilityResult<Call, int> Check(History<Call, int> history, bool memoise)
        => LinearizabilityChecker.Check([.. history.Operations], new SilentCounter(), memoise, "", CancellationToken.None);

    /// <summary>In each round all threads increment at once; the next begins when they have returned.</summary>
    private static History<Call, int> RoundsOfIncrements(int rounds, int threads = Threads)
    {
        var history = new History<Call, int>();
        for (int round = 0; round < rounds; round++)
        {
            for (int thread = 0; thread < threads; thread++)
            {
                history.Invoke(thread, new("count"));
            }

            for (int thread = 0; thread < threads; thread++)
            {
                history.Return(thread, 0);
            }
        }

        return history;
    }

    /// <summary>A counter whose increments return nothing, so that any order of them will do.</summary>
    private sealed class SilentCounter : SequentialSpecification<int, Call, int>
    {
        public override int InitialState => 0;

        public override IEnumerable<(int State, int Result)> Outcomes(int state, Call operation)
            => operation.Name == "count" ? [(state + 1, 0)] : [(state, state)];
    }

    /// <summary>The same with a state of a type that compares by reference.</summary>
    private sealed class BoxedCounter : SequentialSpecification<StrongBox, Call, int>
    {
        public override StrongBox InitialState { get; } = new(0);

        public override IEnumerable<(StrongBox State, int Result)> Outcomes(StrongBox state, Call operation)
            => operation.Name == "count" ? [(new(state.Value + 1), 0)] : [(state, state.Value)];
    }

    private sealed class StrongBox(int value)
    {
        public int Value { get; } = value;
    }

    private sealed class Greeter(StringComparer comparer) : SequentialSpecification<int, string, string>
    {
        public override int InitialState => 0;

        public override IEqualityComparer<string> ResultComparer => comparer;

        public override IEnumerable<(int State, string Result)> Outcomes(int state, string operation) => [(state, "hello")];
    }
}
