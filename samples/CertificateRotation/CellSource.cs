using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using SwmrKit;

namespace CertificateRotation;

/// <summary>
/// The certificate in a cell: readers use it under a read, and the one replaced is disposed when the last of them has left.
/// </summary>
/// <remarks>
/// <para><b>Requests</b> use the key from the beginning of a read to its end, on one thread. That is all they have to do.</para>
/// <para><b>Uploads</b> are signed with the key that was in force when they began. A read cannot last until the text has come, across awaits
/// and on whatever thread: a lease can. It holds back that one certificate and no other.</para>
/// <para><b>Handshakes</b> do not fit into a read. The selector only names the certificate; SslStream uses it afterwards, across awaits:
/// on Linux to build the context of the connection, and that fails with "m_safeCertContext is an invalid handle" or "must use
/// a certificate with the associated private key" when it has been disposed by then. A SslStreamCertificateContext made once for each
/// certificate does not help: it holds the native objects itself, but SslStream still asks its TargetCertificate.</para>
/// <para>So each connection gets a duplicate, made under a read and disposed with the connection. It costs a microsecond, and copies no
/// key: certificate and key are reference-counted by OpenSSL, and freed with the last of the original and its duplicates.</para>
/// <para>With session resumption SslStream keeps a context with the key by the certificate's hash, for the whole process and
/// beyond any disposal; without (see <see cref="Server"/>) it frees certificate and key at once. Both observed on .NET 10.0.12 with OpenSSL
/// 3.0, through callbacks that OpenSSL calls when it frees them.</para>
/// </remarks>
internal sealed class CellSource : ICertificateSource
{
    private readonly RetirementDomain _domain = new();
    private readonly SwmrCell<ServerCertificate> _cell;

    public CellSource(ServerCertificate first) => _cell = new SwmrCell<ServerCertificate>(first, _domain);

    public X509Certificate2 ForHandshake(ConnectionContext connection)
    {
        using CellRead<ServerCertificate> read = _cell.Read();
        return connection.Own(read.Value.Duplicate());
    }

    public (int Number, byte[] Signature) Sign(ReadOnlySpan<byte> text)
    {
        using CellRead<ServerCertificate> read = _cell.Read();
        return (read.Value.Number, read.Value.Sign(text));
    }

    public async Task<(int Number, byte[] Signature)> Sign(Task<byte[]> text)
    {
        using Lease<ServerCertificate> lease = _cell.Lease();
        return (lease.Value.Number, await lease.Value.Sign(text));
    }

    public void Replace(ServerCertificate next) => _cell.Publish(next);

    public void Drain() => _domain.Synchronize(TimeSpan.FromSeconds(10));

    public void Dispose()
    {
        _cell.Dispose();
        _domain.Dispose();
    }
}
