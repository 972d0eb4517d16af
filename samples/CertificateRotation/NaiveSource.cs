using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;

namespace CertificateRotation;

/// <summary>
/// What people do: swap the reference and dispose the old one. Whoever has just read the reference is left with a disposed certificate.
/// It shows that the sample would see a failure.
/// </summary>
internal sealed class NaiveSource(CertificateLedger ledger) : ICertificateSource
{
    private ServerCertificate _current = ledger.Make();

    public X509Certificate2 ForHandshake(ConnectionContext connection) => Volatile.Read(ref _current).Certificate;

    public (int Number, byte[] Signature) Sign(ReadOnlySpan<byte> text)
    {
        ServerCertificate current = Volatile.Read(ref _current);
        return (current.Number, current.Sign(text));
    }

    public async Task<(int Number, byte[] Signature)> Sign(Task<byte[]> text)
    {
        ServerCertificate current = Volatile.Read(ref _current);
        return (current.Number, await current.Sign(text));
    }

    public Task<ServerCertificate> Replace()
    {
        ServerCertificate next = ledger.Make();
        Interlocked.Exchange(ref _current, next).Dispose();
        return Task.FromResult(next);
    }

    public void Drain()
    {
    }

    public void Dispose() => _current.Dispose();
}
