using System.Globalization;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace CertificateRotation;

/// <summary>Sends requests, every other one over a new connection, and checks who answers: the certificate must be one of ours, the signature good, its key in force.</summary>
internal sealed class Client : IDisposable
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(30);

    private readonly CertificateLedger _ledger;
    private readonly Tally _tally;
    private readonly HttpClient _kept;
    private readonly HttpClient _anew;

    public Client(Uri server, CertificateLedger ledger, Tally tally)
    {
        _ledger = ledger;
        _tally = tally;
        _kept = Connect(server, Timeout.InfiniteTimeSpan);
        _anew = Connect(server, TimeSpan.Zero);
    }

    /// <summary>Sends one request after another. None is cancelled: one in flight at the end is waited for.</summary>
    public async Task Run(CancellationToken stop)
    {
        for (bool anew = true; !stop.IsCancellationRequested; anew = !anew)
        {
            try
            {
                await Send(anew ? _anew : _kept);
                _tally.CountRequest();
            }
            catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException or InvalidDataException)
            {
                _tally.CountFailure(exception);
            }
        }
    }

    public void Dispose()
    {
        _kept.Dispose();
        _anew.Dispose();
    }

    private async Task Send(HttpClient http)
    {
        int inForce = _ledger.Published;
        string path = $"/{Guid.NewGuid():N}";
        string[] answer = (await http.GetStringAsync(new Uri(path, UriKind.Relative))).Split(' ');
        int number = int.Parse(answer[0], CultureInfo.InvariantCulture);
        if (_ledger.Find(number) is not { } signer || !ServerCertificate.Verify(signer.PublicKey, Encoding.UTF8.GetBytes(path), Convert.FromBase64String(answer[1])))
        {
            throw new InvalidDataException($"the answer is not signed with the key of certificate {number}");
        }

        if (number < inForce)
        {
            throw new InvalidDataException($"the answer is signed with certificate {number} although {inForce} was in force before it was asked for");
        }
    }

    private HttpClient Connect(Uri server, TimeSpan lifetime)
    {
        var handler = new SocketsHttpHandler { PooledConnectionLifetime = lifetime, UseProxy = false };
        handler.SslOptions.RemoteCertificateValidationCallback = IsOurs;
        return new HttpClient(handler) { BaseAddress = server, Timeout = s_deadline };
    }

    private bool IsOurs(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        _tally.CountHandshake();
        return certificate is not null && _ledger.Find(certificate.GetCertHashString(HashAlgorithmName.SHA256)) is not null;
    }
}
