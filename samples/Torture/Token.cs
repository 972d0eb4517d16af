namespace Torture;

/// <summary>Something that knows whether it has been disposed.</summary>
internal sealed class Token : IDisposable
{
    private readonly Tally _tally;
    private int _disposals;

    public Token(Tally tally)
    {
        _tally = tally;
        tally.CountMade();
    }

    public bool IsDisposed => Volatile.Read(ref _disposals) > 0;

    public void Dispose()
    {
        _tally.Expect(Interlocked.Increment(ref _disposals) == 1);
        _tally.CountDisposedToken();
    }
}
