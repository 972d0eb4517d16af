namespace Misuse;

/// <summary>Something that must be disposed, and must not be used afterwards.</summary>
internal sealed class Certificate(byte[] key) : IDisposable
{
    private bool _disposed;

    public byte[] Sign()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return [.. key];
    }

    public Task<byte[]> SignAsync() => Task.Run(Sign);

    public void Dispose() => _disposed = true;
}
