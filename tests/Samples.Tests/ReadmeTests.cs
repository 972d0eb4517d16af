using System.Net;
using System.Security.Cryptography;
using System.Text;
using CertificateRotation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace SwmrKit.Tests;

/// <summary>The code that README opens with, compiled and run as it stands there.</summary>
public sealed class ReadmeTests : IClassFixture<SharedMachine>
{
    private readonly CertificateLedger _ledger = new();

    [Fact]
    public async Task The_opening_code_serves_requests_before_and_after_the_certificate_is_replaced()
    {
        var https = new HttpsConnectionAdapterOptions();

        // Holds the certificate in force, with its private key in native memory, and owns it.
        using var cell = new SwmrCell<ServerCertificate>(Load("server.v1.pfx"));

        // Every request, on any thread: no lock, no interlocked instruction, no fence, no allocation to get at it; never waits.
        byte[] Sign(byte[] text)
        {
            using CellRead<ServerCertificate> read = cell.Read();
            return read.Value.Sign(text);               // the key cannot be freed under our feet
        }

        // Every TLS handshake: it goes on after this has returned, and so gets a duplicate, which dies with its connection.
        https.ServerCertificateSelector = (connection, host) =>
        {
            using CellRead<ServerCertificate> read = cell.Read();
            return connection!.Own(read.Value.Duplicate());
        };

        await using WebApplication application = await Serve(https, Sign);
        ServerCertificate first = _ledger.Find(1)!;
        await Ask(application, first);
        Replace();
        await Ask(application, _ledger.Find(2)!);
        Assert.True(cell.Domain.Synchronize(TimeSpan.FromSeconds(60)));
        Assert.True(first.IsDisposed);

        void Replace()
        {
            // Now and then: one call. The old certificate is disposed exactly once, as soon as its last reader has left; the last one with the cell.
            cell.Publish(Load("server.v2.pfx"));
        }
    }

    [Fact]
    public void The_opening_code_of_the_readme_is_the_code_of_this_test()
    {
        string opening = Snippets.Of(Path.Combine(Snippets.Repository, "README.md"))[0];
        int publication = opening.IndexOf("// Now and then", StringComparison.Ordinal);
        Assert.True(Snippets.IsIn(opening[..publication], ThisFile()), opening);
        Assert.True(Snippets.IsIn(opening[publication..], ThisFile()), opening);
    }

    private static string ThisFile() => Path.Combine(Snippets.Repository, "tests", "Samples.Tests", "ReadmeTests.cs");

    /// <summary>A new certificate: the sample has no files.</summary>
    private ServerCertificate Load(string file)
    {
        Assert.EndsWith(".pfx", file, StringComparison.Ordinal);
        return _ledger.Make();
    }

    /// <summary>Serves the signature of the path.</summary>
    private static async Task<WebApplication> Serve(HttpsConnectionAdapterOptions https, Func<byte[], byte[]> sign)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrel(options => options.Listen(IPAddress.Loopback, 0, listen =>
        {
            listen.UseConnectionResources();
            listen.UseHttps(https);
        }));
        WebApplication application = builder.Build();
        application.Run(context => context.Response.WriteAsync(Convert.ToBase64String(sign(Encoding.UTF8.GetBytes(context.Request.Path)))));
        await application.StartAsync();
        return application;
    }

    /// <summary>Asks over a new connection; it must show the given certificate, and the answer be signed with its key.</summary>
    private static async Task Ask(WebApplication application, ServerCertificate expected)
    {
        using var handler = new SocketsHttpHandler { UseProxy = false };
        handler.SslOptions.RemoteCertificateValidationCallback = (_, certificate, _, _) =>
            certificate!.GetCertHashString(HashAlgorithmName.SHA256) == expected.Fingerprint;
        using var http = new HttpClient(handler) { BaseAddress = new Uri(application.Urls.Single()) };
        string signature = await http.GetStringAsync(new Uri("/text", UriKind.Relative));
        Assert.True(ServerCertificate.Verify(expected.PublicKey, "/text"u8, Convert.FromBase64String(signature)));
    }
}
