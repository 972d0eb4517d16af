using SwmrKit.Testing;

namespace SwmrKit.Tests;

public sealed class ConcurrentHistoryTests : IClassFixture<SharedMachine>
{
    private readonly ConcurrentHistory<Call, int> _recording = new();

    [Fact]
    public void It_merges_the_threads_by_invocation_and_keeps_what_really_came_first()
    {
        ThreadRecording<Call, int> first = _recording.AddThread();
        ThreadRecording<Call, int> second = _recording.AddThread();
        RunOnThreads(() => second.Record(new("write", 1), static () => 0));
        RunOnThreads(() => first.Record(new("read"), static () => 1));
        second.Invoke(new("write", 2));
        History<Call, int> history = _recording.ToHistory();
        Assert.Equal([second.Thread, first.Thread, second.Thread], history.Operations.Select(static operation => operation.Thread));
        Assert.True(history.Operations[0].Precedes(history.Operations[1]));
        Assert.True(history.Operations[1].Precedes(history.Operations[2]));
        Assert.True(history.Operations[2].IsPending);
        Assert.Throws<InvalidOperationException>(() => history.Invoke(second.Thread, new("read")));
    }

    [Fact]
    public void An_interlocked_counter_is_linearizable_under_threads_that_run_at_once()
    {
        int counter = 0;
        ThreadRecording<Call, int>[] threads = [_recording.AddThread(), _recording.AddThread(), _recording.AddThread()];
        using var start = new Barrier(threads.Length);
        RunOnThreads([.. threads.Select(thread => (Action)(() =>
        {
            start.SignalAndWait();
            for (int i = 0; i < 500; i++)
            {
                thread.Record(new("increment"), () => Interlocked.Increment(ref counter));
                thread.Record(new("read"), () => Volatile.Read(ref counter));
            }
        }))]);
        LinearizabilityResult<Call, int> result = LinearizabilityChecker.Check(_recording.ToHistory(), new CounterSpecification());
        Assert.True(result.IsLinearizable, result.ToString());
        Assert.Equal(3_000, result.Witness.Count);
    }

    [Fact]
    public void A_counter_that_loses_an_update_is_rejected()
    {
        int counter = 0;
        ThreadRecording<Call, int>[] threads = [_recording.AddThread(), _recording.AddThread()];
        using var bothHaveRead = new Barrier(threads.Length);
        RunOnThreads([.. threads.Select(thread => (Action)(() => thread.Record(new("increment"), () =>
        {
            int value = Volatile.Read(ref counter);
            bothHaveRead.SignalAndWait();
            Volatile.Write(ref counter, value + 1);
            return value + 1;
        })))]);
        Assert.False(LinearizabilityChecker.Check(_recording.ToHistory(), new CounterSpecification()).IsLinearizable);
    }

    [Fact]
    public void A_thread_has_one_operation_under_way_at_most()
    {
        ThreadRecording<Call, int> thread = _recording.AddThread();
        Assert.Throws<InvalidOperationException>(() => thread.Return(0));
        Assert.Throws<TimeoutException>(() => thread.Record(new("write", 1), static () => throw new TimeoutException()));
        string message = Assert.Throws<InvalidOperationException>(() => thread.Invoke(new("read"))).Message;
        Assert.Contains("thread 0: write(1) pending", message, StringComparison.Ordinal);
        Assert.Throws<ArgumentNullException>(() => thread.Record(new("read"), null!));
        Assert.True(Assert.Single(_recording.ToHistory().Operations).IsPending);
    }

    private static void RunOnThreads(params Action[] bodies)
    {
        Task[] tasks = [.. bodies.Select(static body => Task.Factory.StartNew(body, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default))];
        Assert.True(Task.WaitAll(tasks, TimeSpan.FromSeconds(60)), "The threads did not end.");
    }
}
