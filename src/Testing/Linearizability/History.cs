namespace SwmrKit.Testing;

/// <summary>
/// What happened to an object under test: the operations that logical threads invoked on it and what they returned, with the
/// order of these events in real time. <see cref="LinearizabilityChecker"/> judges it.
/// </summary>
/// <typeparam name="TOperation">The operations of the object under test, with their arguments; a record reads well in reports.</typeparam>
/// <typeparam name="TResult">Their results; one that returns nothing returns some fixed value.</typeparam>
/// <remarks>
/// <para>Not for use by several threads at once: recording is plain code, without locks, barriers or shared words of a model, so
/// that it adds no ordering to the code under test. That is what a model checker wants, which lets one thread run at a time; an
/// event's place is then simply how many came before it. For threads that really run at once there is
/// <see cref="ConcurrentHistory{TOperation, TResult}"/>.</para>
/// <para>The terms are those of Herlihy and Wing, "Linearizability: a correctness condition for concurrent objects", ACM TOPLAS
/// 12(3), 1990: a history is well formed, that is, each thread has at most one operation under way.</para>
/// <para>Recording an event takes O(1).</para>
/// </remarks>
public sealed class History<TOperation, TResult>
{
    private readonly List<RecordedOperation<TOperation, TResult>> _operations = [];
    private readonly Dictionary<int, RecordedOperation<TOperation, TResult>> _pending = [];
    private long _events;
    private Fingerprint _returned; // In a model, what has returned by now: whoever invokes an operation then does so after that.

    /// <summary>Creates an empty history.</summary>
    public History()
    {
    }

    /// <summary>Merges what threads have recorded, each operation with its places in one order of events.</summary>
    internal History(IEnumerable<RecordedOperation<TOperation, TResult>> recorded, long events)
    {
        _operations.AddRange(recorded.OrderBy(static operation => operation.InvokedAt));
        _events = events;
        foreach (RecordedOperation<TOperation, TResult> operation in _operations.Where(static operation => operation.IsPending))
        {
            _pending.Add(operation.Thread, operation);
        }
    }

    /// <summary>The operations in the order of their invocations. A view, not a copy.</summary>
    public IReadOnlyList<RecordedOperation<TOperation, TResult>> Operations => _operations;

    /// <summary>Records that a thread is about to call an operation. Call it before the call.</summary>
    /// <param name="thread">The number of the logical thread, of the caller's choice.</param>
    /// <param name="operation">What it calls.</param>
    /// <exception cref="InvalidOperationException">The thread's last operation has not returned.</exception>
    public void Invoke(int thread, TOperation operation)
    {
        var recorded = new RecordedOperation<TOperation, TResult>(thread, operation, _events);
        if (!_pending.TryAdd(thread, recorded))
        {
            throw new InvalidOperationException(
                $"{_pending[thread]}: it has to return before thread {thread} invokes another. After an operation that never returns, go on under another thread's number.");
        }

        _operations.Add(recorded);
        _events++;
        if (ModelThread.Running is { } running)
        {
            running.Execution.Past?.Found(running, _returned);
        }
    }

    /// <summary>Records that the operation a thread has under way has returned. Call it after the call.</summary>
    /// <param name="thread">The number of the logical thread.</param>
    /// <param name="result">What the operation returned.</param>
    /// <exception cref="InvalidOperationException">The thread has no operation under way.</exception>
    public void Return(int thread, TResult result)
    {
        if (!_pending.Remove(thread, out RecordedOperation<TOperation, TResult>? recorded))
        {
            throw new InvalidOperationException($"Thread {thread} has no operation under way: invoke one first.");
        }

        recorded.Complete(result, _events++);
        _returned += ModelThread.Running?.Past ?? default;
    }

    /// <summary>Calls an operation and records its invocation and its return. If it throws, it stays pending.</summary>
    /// <param name="thread">The number of the logical thread.</param>
    /// <param name="operation">What is called.</param>
    /// <param name="call">Calls it on the object under test.</param>
    /// <returns>What the call returned.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="call"/> is null.</exception>
    /// <exception cref="InvalidOperationException">The thread's last operation has not returned.</exception>
    public TResult Record(int thread, TOperation operation, Func<TResult> call)
    {
        ArgumentNullException.ThrowIfNull(call);
        Invoke(thread, operation);
        TResult result = call();
        Return(thread, result);
        return result;
    }

    /// <summary>The operations by thread, with bars for their intervals.</summary>
    /// <returns>Several lines, one an operation.</returns>
    public override string ToString() => HistoryText.Describe(_operations);
}
