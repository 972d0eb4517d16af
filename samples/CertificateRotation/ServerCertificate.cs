using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace CertificateRotation;

/// <summary>
/// A certificate with its private key, which lies in native memory: disposing this gives it back. It notes when it was replaced
/// and how often it was disposed, and notices being used after that.
/// </summary>
internal sealed class ServerCertificate : IDisposable
{
    private const string NumberInSubject = "OU=number ";

    private static readonly HashAlgorithmName s_hash = HashAlgorithmName.SHA256;

    private readonly CertificateLedger _ledger;
    private long _replacedAt;
    private int _disposals;

    /// <param name="ledger">Where it is booked.</param>
    /// <param name="pem">What <see cref="CreatePem"/> made.</param>
    public ServerCertificate(CertificateLedger ledger, string pem)
    {
        _ledger = ledger;
        Certificate = Load(pem);
        Number = int.Parse(Certificate.Subject.Split(NumberInSubject)[1], CultureInfo.InvariantCulture);
        Fingerprint = Certificate.GetCertHashString(s_hash);
        PublicKey = Certificate.PublicKey.ExportSubjectPublicKeyInfo();
    }

    /// <summary>Its number among those of this run, from 1.</summary>
    public int Number { get; }

    /// <summary>Managed memory, for clients: of use after disposal too.</summary>
    public string Fingerprint { get; }

    /// <inheritdoc cref="Fingerprint"/>
    public byte[] PublicKey { get; }

    /// <summary>The certificate itself, which dies with this.</summary>
    public X509Certificate2 Certificate { get; }

    public bool IsDisposed => Volatile.Read(ref _disposals) > 0;

    /// <summary>A certificate of the caller's own on the same native objects, each of which lives until its last user has disposed: a microsecond.</summary>
    public X509Certificate2 Duplicate()
    {
        try
        {
            return new X509Certificate2(Certificate);
        }
        finally
        {
            NoteUse();
        }
    }

    /// <summary>Signs with the private key. The key object is the caller's own: none is made for several threads.</summary>
    public byte[] Sign(ReadOnlySpan<byte> text)
    {
        try
        {
            using ECDsa key = Certificate.GetECDsaPrivateKey()!;
            return key.SignData(text, s_hash);
        }
        finally
        {
            NoteUse();
        }
    }

    /// <summary>Signs a text that is still to come: the caller holds this certificate all the time.</summary>
    public async Task<byte[]> Sign(Task<byte[]> text)
    {
        byte[] signature = Sign(await text);
        _ledger.NoteUpload(isReplaced: Volatile.Read(ref _replacedAt) != 0);
        return signature;
    }

    /// <summary>Whether somebody who has the private key of a certificate signed the text: what <see cref="Sign(ReadOnlySpan{byte})"/> is for.</summary>
    public static bool Verify(byte[] publicKey, ReadOnlySpan<byte> text, ReadOnlySpan<byte> signature)
    {
        using ECDsa key = ECDsa.Create();
        key.ImportSubjectPublicKeyInfo(publicKey, out _);
        return key.VerifyData(text, signature, s_hash);
    }

    /// <summary>It is about to be replaced: from here on its disposal is awaited.</summary>
    public void NoteReplacement()
    {
        Volatile.Write(ref _replacedAt, Stopwatch.GetTimestamp());
        _ledger.NoteReplacement();
    }

    public void Dispose()
    {
        bool isFirst = Interlocked.Increment(ref _disposals) == 1;
        Certificate.Dispose();
        _ledger.NoteDisposal(Stopwatch.GetElapsedTime(_replacedAt), isFirst);
    }

    /// <summary>Asks at the end of a use whether there has been a disposal: under a read there never is.</summary>
    private void NoteUse()
    {
        if (IsDisposed)
        {
            _ledger.NoteUseAfterDisposal();
        }
    }

    /// <summary>The text of a new self-signed certificate with its private key.</summary>
    public static string CreatePem(int number)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(string.Create(CultureInfo.InvariantCulture, $"CN=localhost, {NumberInSubject}{number}"), key, s_hash);
        using X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow.AddDays(1));
        return $"{certificate.ExportCertificatePem()}\n{key.ExportPkcs8PrivateKeyPem()}\n";
    }

    private static X509Certificate2 Load(string pem)
    {
        X509Certificate2 certificate = X509Certificate2.CreateFromPem(pem, pem);
        if (!OperatingSystem.IsWindows())
        {
            return certificate;
        }

        // Windows' TLS does not take a key that was never stored: out and in again stores it until its certificate is disposed.
        using (certificate)
        {
            return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), password: null);
        }
    }
}
