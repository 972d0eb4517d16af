using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.FileProviders;
using SwmrKit;

namespace CertificateRotation;

/// <summary>
/// The certificate from a file that settings name, as an application has it: both files are watched. Readers use it under a read of the snapshot, and the one
/// replaced is disposed when the last of them has left.
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
internal sealed class FileSource : ICertificateSource
{
    /// <summary>After how many certificates the settings name another file; the ones between come in the same one.</summary>
    private const int CertificatesInOneFile = 5;

    private static readonly TimeSpan s_longestWait = TimeSpan.FromSeconds(30);

    private readonly CertificateLedger _ledger;
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("swmrkit-certificates");
    private readonly PhysicalFileProvider _files;
    private readonly ConfigurationManager _configuration = new();
    private readonly ServiceProvider _services;
    private readonly ISnapshot<ServerCertificate> _certificate;

    /// <summary>Writes the files, and loads the first certificate from them.</summary>
    public FileSource(CertificateLedger ledger)
    {
        _ledger = ledger;
        _files = new PhysicalFileProvider(_directory.FullName);
        WriteNext();
        _configuration.Sources.Add(new JsonConfigurationSource { FileProvider = _files, Path = "settings.json", ReloadOnChange = true, ReloadDelay = 5 });

        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(_configuration);
        services.AddSingleton<RetirementDomain>();
        services.AddSwmrOptions<TlsSettings>()
            .BindConfiguration("Tls")
            .Validate(static tls => tls.Certificate.Length > 0, "Tls:Certificate names no file.")
            .AddSnapshot(tls => ledger.Load(Path.Combine(_directory.FullName, tls.Certificate)), tls => _files.Watch(tls.Certificate));
        _services = services.BuildServiceProvider();
        _certificate = _services.GetRequiredService<ISnapshot<ServerCertificate>>();
    }

    public X509Certificate2 ForHandshake(ConnectionContext connection)
    {
        using CellRead<ServerCertificate> read = _certificate.Read();
        return connection.Own(read.Value.Duplicate());
    }

    public (int Number, byte[] Signature) Sign(ReadOnlySpan<byte> text)
    {
        using CellRead<ServerCertificate> read = _certificate.Read();
        return (read.Value.Number, read.Value.Sign(text));
    }

    public async Task<(int Number, byte[] Signature)> Sign(Task<byte[]> text)
    {
        using Lease<ServerCertificate> lease = _certificate.Lease();
        return (lease.Value.Number, await lease.Value.Sign(text));
    }

    /// <summary>Writes the next certificate, as whoever renews it would, and waits until it has been noticed.</summary>
    public async Task<ServerCertificate> Replace()
    {
        long version = _certificate.Version;
        int number = WriteNext();
        await _certificate.WaitForChangeAsync(version).WaitAsync(s_longestWait);
        return _ledger.Find(number)!;
    }

    public void Drain() => _certificate.Domain.Synchronize(TimeSpan.FromSeconds(10));

    public void Dispose()
    {
        _services.Dispose();
        _configuration.Dispose();
        _files.Dispose();
        _directory.Delete(recursive: true);
    }

    private int WriteNext()
    {
        int number = _ledger.TakeNumber();
        string file = string.Create(CultureInfo.InvariantCulture, $"server-{(number - 1) / CertificatesInOneFile}.pem");
        Write(file, ServerCertificate.CreatePem(number));
        if ((number - 1) % CertificatesInOneFile == 0)
        {
            Write("settings.json", $$"""{ "Tls": { "Certificate": "{{file}}" } }""");
        }

        return number;
    }

    /// <summary>A new file moved over the old one: whoever reads it finds one or the other.</summary>
    private void Write(string file, string content)
    {
        string path = Path.Combine(_directory.FullName, file);
        File.WriteAllText(path + ".new", content);
        File.Move(path + ".new", path, overwrite: true);
    }
}

/// <summary>The settings: which file holds the certificate.</summary>
internal sealed class TlsSettings
{
    public string Certificate { get; set; } = "";
}
