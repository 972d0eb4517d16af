using SwmrKit.Testing;

namespace SwmrKit;

/// <summary>What is replaced: it knows whether it is used after its disposal, or at the same time, or disposed twice.</summary>
internal sealed class Resource : IDisposable
{
    private PlainData<bool> _isDisposed;

    public Resource(long birth = 0) => Birth = birth;

    /// <summary>The era before it was published.</summary>
    public long Birth { get; }

    public bool IsDisposed => _isDisposed.Read();

    public void Use() => Model.Assert(!_isDisposed.Read(), "used after it was disposed");

    public void Dispose()
    {
        Model.Assert(!_isDisposed.Read(), "disposed twice");
        _isDisposed.Write(true);
    }
}
