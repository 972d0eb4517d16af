namespace SwmrKit.Testing;

/// <summary>What one logical thread records into a <see cref="ConcurrentHistory{TOperation, TResult}"/>.</summary>
/// <typeparam name="TOperation">The operations of the object under test, with their arguments.</typeparam>
/// <typeparam name="TResult">Their results.</typeparam>
/// <remarks>For use by one thread at a time. Recording an event takes one interlocked increment of a word that all threads share.</remarks>
public sealed class ThreadRecording<TOperation, TResult>
{
    private readonly ConcurrentHistory<TOperation, TResult> _history;
    private RecordedOperation<TOperation, TResult>? _pending;

    internal ThreadRecording(ConcurrentHistory<TOperation, TResult> history, int thread)
    {
        _history = history;
        Thread = thread;
    }

    /// <summary>The logical thread's number.</summary>
    public int Thread { get; }

    internal List<RecordedOperation<TOperation, TResult>> Operations { get; } = [];

    /// <summary>Records that this thread is about to call an operation. Call it before the call.</summary>
    /// <param name="operation">What it calls.</param>
    /// <exception cref="InvalidOperationException">The last operation has not returned.</exception>
    public void Invoke(TOperation operation)
    {
        if (_pending is not null)
        {
            throw new InvalidOperationException(
                $"{_pending}: it has to return before thread {Thread} invokes another. After an operation that never returns, go on with another thread's recording.");
        }

        _pending = new RecordedOperation<TOperation, TResult>(Thread, operation, _history.NextEvent());
        Operations.Add(_pending);
    }

    /// <summary>Records that the operation under way has returned. Call it after the call.</summary>
    /// <param name="result">What the operation returned.</param>
    /// <exception cref="InvalidOperationException">No operation is under way.</exception>
    public void Return(TResult result)
    {
        if (_pending is null)
        {
            throw new InvalidOperationException($"Thread {Thread} has no operation under way: invoke one first.");
        }

        _pending.Complete(result, _history.NextEvent());
        _pending = null;
    }

    /// <summary>Calls an operation and records its invocation and its return. If it throws, it stays pending.</summary>
    /// <param name="operation">What is called.</param>
    /// <param name="call">Calls it on the object under test.</param>
    /// <returns>What the call returned.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="call"/> is null.</exception>
    /// <exception cref="InvalidOperationException">The last operation has not returned.</exception>
    public TResult Record(TOperation operation, Func<TResult> call)
    {
        ArgumentNullException.ThrowIfNull(call);
        Invoke(operation);
        TResult result = call();
        Return(result);
        return result;
    }
}
