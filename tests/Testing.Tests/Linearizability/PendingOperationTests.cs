using SwmrKit.Testing;

namespace SwmrKit.Tests;

public sealed class PendingOperationTests : IClassFixture<SharedMachine>
{
    private readonly History<Call, int> _history = new();

    [Theory]
    [InlineData(0, 0, true)]
    [InlineData(0, 1, true)]
    [InlineData(1, 1, true)]
    [InlineData(1, 0, false)]
    [InlineData(2, 2, false)]
    public void A_pending_write_has_taken_effect_at_some_instant_or_never(int first, int second, bool expected)
    {
        _history.Invoke(0, new("write", 1));
        _history.Record(1, new("read"), () => first);
        _history.Record(1, new("read"), () => second);
        LinearizabilityResult<Call, int> result = LinearizabilityChecker.Check(_history, new RegisterSpecification());
        Assert.Equal(expected, result.IsLinearizable);
    }

    [Fact]
    public void The_witness_holds_a_pending_operation_only_if_it_has_taken_effect()
    {
        _history.Invoke(0, new("write", 1));
        _history.Invoke(1, new("write", 2));
        _history.Record(2, new("read"), () => 2);
        LinearizabilityResult<Call, int> result = LinearizabilityChecker.Check(_history, new RegisterSpecification());
        Assert.True(result.IsLinearizable);
        Assert.Contains(_history.Operations[1], result.Witness);
        Assert.Equal(_history.Operations[2], result.Witness[^1]);
    }

    [Fact]
    public void A_pending_operation_takes_no_effect_before_it_is_invoked()
    {
        _history.Record(1, new("read"), () => 1);
        _history.Invoke(0, new("write", 1));
        Assert.False(LinearizabilityChecker.Check(_history, new RegisterSpecification()).IsLinearizable);
    }

    [Fact]
    public void Operations_that_are_all_pending_are_linearizable_by_none_of_them()
    {
        _history.Invoke(0, new("take"));
        _history.Invoke(1, new("take"));
        LinearizabilityResult<Call, int> result = LinearizabilityChecker.Check(_history, new BagSpecification());
        Assert.True(result.IsLinearizable);
        Assert.Empty(result.Witness);
    }

    [Fact]
    public void A_pending_operation_of_a_nondeterministic_object_may_have_any_outcome()
    {
        _history.Record(0, new("add", 1), () => 0);
        _history.Record(0, new("add", 2), () => 0);
        _history.Invoke(1, new("take"));
        _history.Record(0, new("take"), () => 1);
        Assert.True(LinearizabilityChecker.Check(_history, new BagSpecification()).IsLinearizable);
        _history.Record(0, new("take"), () => 2);
        Assert.True(LinearizabilityChecker.Check(_history, new BagSpecification()).IsLinearizable);
        _history.Record(0, new("take"), () => 2);
        Assert.False(LinearizabilityChecker.Check(_history, new BagSpecification()).IsLinearizable);
    }
}
