namespace SwmrKit.Tests;

/// <summary>Something that can only be disposed asynchronously, and whose disposal ends when the test says so.</summary>
internal sealed class AsyncCanary(bool endsAtOnce = false) : IAsyncDisposable
{
    private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _disposals;

    /// <summary>How many disposals have begun.</summary>
    public int Disposals => Volatile.Read(ref _disposals);

    public void End() => _end.SetResult();

    public void Fail(Exception exception) => _end.SetException(exception);

    public ValueTask DisposeAsync()
    {
        Interlocked.Increment(ref _disposals);
        return endsAtOnce ? default : new ValueTask(_end.Task);
    }
}
