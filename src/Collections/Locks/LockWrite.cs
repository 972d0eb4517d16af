namespace SwmrKit;

/// <summary>A write section of a <see cref="ReaderBiasedLock"/>: nobody else is inside until this is disposed.</summary>
/// <remarks>Use it with <c>using</c>, on the thread that entered. <c>default</c> holds nothing, and disposing it does nothing.</remarks>
public ref struct LockWrite
{
    private readonly long _turn;
    private ReaderBiasedLock? _lock;

    internal LockWrite(ReaderBiasedLock owner, long turn)
    {
        _lock = owner;
        _turn = turn;
    }

    /// <summary>Leaves the write section. Further calls, on copies too, do nothing.</summary>
    public void Dispose()
    {
        _lock?.ExitWrite(_turn);
        _lock = null;
    }
}
