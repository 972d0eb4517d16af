using SwmrKit.Testing;

namespace SwmrKit.Tests;

public sealed class ViolationTextTests : IClassFixture<SharedMachine>
{
    private readonly History<Call, int> _history = new();

    [Fact]
    public void A_rejected_history_is_shown_with_the_longest_order_and_what_does_not_fit()
    {
        _history.Invoke(0, new("write", 1));
        _history.Record(1, new("read"), static () => 1);
        _history.Record(1, new("read"), static () => 0);
        _history.Return(0, 0);
        LinearizabilityResult<Call, int> result = LinearizabilityChecker.Check(_history, new RegisterSpecification());
        Assert.Equal([_history.Operations[0], _history.Operations[1]], result.LongestPrefix);
        AssertText(
            """
            Not linearizable: of 3 completed operations at most 2 can be put in order.
            The history by thread, time from left to right:
              thread 0  [---------]  write(1) -> 0
              thread 1    [-]        read -> 1
              thread 1        [-]    read -> 0
            The longest order found:
                1. thread 0: write(1) -> 0
                2. thread 1: read -> 1
            The state is then 1, and none of these can come next:
              thread 1: read -> 0: the specification has 1

            """,
            result);
    }

    [Fact]
    public void Pending_and_forbidden_operations_have_reasons_of_their_own()
    {
        _history.Invoke(0, new("take"));
        _history.Invoke(1, new("add", 4));
        _history.Invoke(2, new("take"));
        _history.Return(2, 5);
        AssertText(
            """
            Not linearizable: of 1 completed operations at most 0 can be put in order.
            The history by thread, time from left to right:
              thread 0  [------> take pending
              thread 1    [----> add(4) pending
              thread 2      [-]  take -> 5
            No operation can come first.
            The state is then (empty), and none of these can come next:
              thread 0: take pending: the specification forbids it in this state
              thread 1: add(4) pending: it may take effect, but then none of the others fits either
              thread 2: take -> 5: the specification forbids it in this state

            """,
            LinearizabilityChecker.Check(_history, new BagSpecification()));
    }

    [Fact]
    public void All_outcomes_of_a_nondeterministic_operation_are_named()
    {
        _history.Record(0, new("add", 1), static () => 0);
        _history.Record(0, new("add", 2), static () => 0);
        _history.Record(0, new("take"), static () => 3);
        Assert.Contains(
            "thread 0: take -> 3: the specification has 1 or 2",
            LinearizabilityChecker.Check(_history, new BagSpecification()).ToString(),
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_witness_is_shown_in_its_order()
    {
        AssertText("Linearizable.", LinearizabilityChecker.Check(_history, new RegisterSpecification()));
        _history.Invoke(0, new("write", 1));
        _history.Record(1, new("read"), static () => 0);
        _history.Return(0, 0);
        AssertText(
            """
            Linearizable, in this order:
                1. thread 1: read -> 0
                2. thread 0: write(1) -> 0

            """,
            LinearizabilityChecker.Check(_history, new RegisterSpecification()));
    }

    private static void AssertText(string expected, LinearizabilityResult<Call, int> result)
        => Assert.Equal(expected, result.ToString(), ignoreLineEndingDifferences: true);
}
