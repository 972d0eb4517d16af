using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;

namespace CertificateRotation;

/// <summary>A way to keep the certificate in force usable while it is replaced. Disposing it disposes the last one.</summary>
internal interface ICertificateSource : IDisposable
{
    /// <summary>A certificate for the handshake of a new connection, which goes on using it after this has returned.</summary>
    X509Certificate2 ForHandshake(ConnectionContext connection);

    /// <summary>Signs a text with the current private key.</summary>
    (int Number, byte[] Signature) Sign(ReadOnlySpan<byte> text);

    /// <summary>Signs a text that is still to come, with the private key that is current now.</summary>
    Task<(int Number, byte[] Signature)> Sign(Task<byte[]> text);

    /// <summary>Puts another certificate in force; the old one is to be disposed.</summary>
    /// <returns>The new one.</returns>
    Task<ServerCertificate> Replace();

    /// <summary>Waits until what was replaced has been disposed, in so far as it is going to be.</summary>
    void Drain();
}
