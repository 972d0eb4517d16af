using SwmrKit.Testing;

namespace SwmrKit.Tests;

public sealed class CheckByKeyTests : IClassFixture<SharedMachine>
{
    private readonly History<Call, int> _history = new();

    [Fact]
    public void The_witness_of_all_keys_together_keeps_the_order_of_real_time()
    {
        _history.Invoke(0, new("add", 1)); // Must come last of its key, after the answer no.
        _history.Record(1, new("add", 2), static () => 1);
        _history.Record(1, new("contains", 1), static () => 0);
        _history.Record(1, new("remove", 2), static () => 1);
        _history.Return(0, 1);
        LinearizabilityResult<Call, int> result = CheckByArgument();
        Assert.True(result.IsLinearizable);
        BruteForce.AssertWitness(result.Witness, _history, new SetSpecification());
    }

    [Fact]
    public void One_key_that_fails_fails_the_history_and_is_named_alone()
    {
        _history.Record(0, new("add", 3), static () => 1);
        _history.Record(0, new("add", 7), static () => 1);
        _history.Record(1, new("contains", 7), static () => 0);
        LinearizabilityResult<Call, int> result = CheckByArgument();
        Assert.False(result.IsLinearizable);
        Assert.Equal([_history.Operations[1]], result.LongestPrefix);
        Assert.Contains("(key 7)", result.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("add(3)", result.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void It_enters_fewer_configurations_than_the_check_of_the_whole()
    {
        const int Keys = 8;
        for (int key = 0; key < Keys; key++)
        {
            _history.Invoke(key, new("add", key));
        }

        for (int key = 0; key < Keys; key++)
        {
            _history.Return(key, 1);
        }

        _history.Record(0, new("contains", Keys - 1), static () => 0);
        LinearizabilityResult<Call, int> whole = LinearizabilityChecker.Check(_history, new SetSpecification());
        LinearizabilityResult<Call, int> byKey = CheckByArgument();
        Assert.False(whole.IsLinearizable);
        Assert.False(byKey.IsLinearizable);
        Assert.Equal(1 << Keys, whole.StatesVisited);
        Assert.Equal(2 * Keys, byKey.StatesVisited);
    }

    private LinearizabilityResult<Call, int> CheckByArgument()
        => LinearizabilityChecker.CheckByKey(_history, new SetSpecification(), static call => call.Argument);
}
