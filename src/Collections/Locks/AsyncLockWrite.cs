namespace SwmrKit;

/// <summary>A write section that belongs to no thread: it may be held across <c>await</c>, and left on another thread than it was entered on.</summary>
/// <remarks>Dispose it, on any thread: one that is dropped keeps everybody out for ever.</remarks>
public sealed class AsyncLockWrite : IDisposable
{
    private readonly long _turn;
    private SharedReference<ReaderBiasedLock> _lock;

    internal AsyncLockWrite(ReaderBiasedLock owner, long turn)
    {
        _lock = new SharedReference<ReaderBiasedLock>(owner);
        _turn = turn;
    }

    /// <summary>Leaves the write section. Further calls do nothing, on whatever threads they are made.</summary>
    public void Dispose() => _lock.Exchange(null)?.ExitWrite(_turn);
}
