using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace CertificateRotation;

/// <summary>Kestrel on a free loopback port: each connection with the certificate in force, each answer signed with its key.</summary>
internal sealed class Server : IAsyncDisposable
{
    private readonly ICertificateSource _certificates;
    private readonly WebApplication _application;

    private Server(ICertificateSource certificates)
    {
        _certificates = certificates;
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrel(options => options.Listen(IPAddress.Loopback, port: 0, Listen));
        _application = builder.Build();
        _application.Run(Answer);
    }

    public Uri Address => new(_application.Urls.Single());

    public static async Task<Server> Start(ICertificateSource certificates)
    {
        var server = new Server(certificates);
        await server._application.StartAsync();
        return server;
    }

    /// <summary>Ends the connections, and then the server.</summary>
    public async ValueTask DisposeAsync()
    {
        await _application.StopAsync();
        await _application.DisposeAsync();
    }

    private void Listen(ListenOptions listen)
    {
        listen.Protocols = HttpProtocols.Http1;
        listen.UseConnectionResources();
        listen.UseHttps(new HttpsConnectionAdapterOptions
        {
            ServerCertificateSelector = (connection, _) => _certificates.ForHandshake(connection!),
            OnAuthenticate = static (_, tls) => tls.AllowTlsResume = false, // Else every key stays in a cache of the process.
        });
    }

    /// <summary>
    /// Answers a request for any path with the signature of that path, and an upload with that of what was uploaded; before it the number of the
    /// certificate whose key made it.
    /// </summary>
    private async Task Answer(HttpContext context)
    {
        (int number, byte[] signature) = HttpMethods.IsPost(context.Request.Method)
            ? await _certificates.Sign(ReadAll(context))
            : _certificates.Sign(Encoding.UTF8.GetBytes(context.Request.Path));
        await context.Response.WriteAsync($"{number} {Convert.ToBase64String(signature)}", context.RequestAborted);
    }

    private static async Task<byte[]> ReadAll(HttpContext context)
    {
        using var text = new MemoryStream();
        await context.Request.Body.CopyToAsync(text, context.RequestAborted);
        return text.ToArray();
    }
}
