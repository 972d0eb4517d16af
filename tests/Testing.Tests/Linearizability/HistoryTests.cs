using SwmrKit.Testing;

namespace SwmrKit.Tests;

public sealed class HistoryTests : IClassFixture<SharedMachine>
{
    private readonly History<Call, int> _history = new();

    [Fact]
    public void It_numbers_events_as_they_come()
    {
        _history.Invoke(7, new("write", 1));
        Assert.Equal(2, _history.Record(8, new("read"), static () => 2));
        _history.Return(7, 0);
        Assert.Equal([(7, 0L, 3L), (8, 1L, 2L)], _history.Operations.Select(static operation => (operation.Thread, operation.InvokedAt, operation.ReturnedAt)));
        Assert.Equal([0, 2], _history.Operations.Select(static operation => operation.Result));
    }

    [Fact]
    public void An_operation_precedes_those_invoked_after_its_return_and_no_others()
    {
        _history.Record(0, new("write", 1), static () => 0);
        _history.Invoke(0, new("write", 2));
        _history.Record(1, new("read"), static () => 1);
        (RecordedOperation<Call, int> first, RecordedOperation<Call, int> pending, RecordedOperation<Call, int> read) =
            (_history.Operations[0], _history.Operations[1], _history.Operations[2]);
        Assert.True(first.Precedes(read));
        Assert.False(read.Precedes(first));
        Assert.False(pending.Precedes(read));
        Assert.False(read.Precedes(pending));
        Assert.True(pending.IsPending);
        Assert.Throws<ArgumentNullException>(() => first.Precedes(null!));
    }

    [Fact]
    public void A_call_that_throws_stays_pending()
    {
        Assert.Throws<TimeoutException>(() => _history.Record(0, new("read"), static () => throw new TimeoutException()));
        Assert.True(_history.Operations[0].IsPending);
    }

    [Fact]
    public void A_thread_has_one_operation_under_way_at_most()
    {
        _history.Invoke(3, new("write", 1));
        string message = Assert.Throws<InvalidOperationException>(() => _history.Invoke(3, new("read"))).Message;
        Assert.Contains("thread 3: write(1) pending", message, StringComparison.Ordinal);
        Assert.Single(_history.Operations);
        _history.Return(3, 0);
        Assert.Throws<InvalidOperationException>(() => _history.Return(3, 0));
        Assert.Throws<ArgumentNullException>(() => _history.Record(3, new("read"), null!));
    }

    [Fact]
    public void Its_text_shows_each_operation_as_a_bar_by_thread()
    {
        _history.Invoke(1, new("read"));
        _history.Invoke(0, new("write", 1));
        _history.Return(1, 1);
        _history.Record(1, new("read"), static () => 1);
        string[] lines = _history.ToString().Split(Environment.NewLine);
        Assert.Equal("  thread 0    [------> write(1) pending", lines[0]);
        Assert.Equal("  thread 1  [---]      read -> 1", lines[1]);
        Assert.Equal("  thread 1        [-]  read -> 1", lines[2]);
    }

    [Fact]
    public void Its_text_gives_numbers_instead_of_bars_when_they_would_be_too_long()
    {
        for (int i = 0; i < 40; i++)
        {
            _history.Record(0, new("read"), static () => 0);
        }

        _history.Invoke(1, new("write", 9));
        Assert.Contains("  thread 0  [78, 79] read -> 0", _history.ToString(), StringComparison.Ordinal);
        Assert.Contains("  thread 1  [80, ...] write(9) pending", _history.ToString(), StringComparison.Ordinal);
    }
}
