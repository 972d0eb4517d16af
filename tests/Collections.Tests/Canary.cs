namespace SwmrKit.Tests;

/// <summary>Something that knows whether it has been disposed, and how often.</summary>
internal sealed class Canary : IDisposable
{
    private int _disposals;

    public bool IsAlive => Volatile.Read(ref _disposals) == 0;

    public int Disposals => Volatile.Read(ref _disposals);

    public void Dispose() => Interlocked.Increment(ref _disposals);
}
