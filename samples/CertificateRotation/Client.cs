using System.Globalization;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace CertificateRotation;

/// <summary>
/// Sends requests, every other one over a new connection, and uploads beside them, and checks who answers: the certificate must be one of ours, the
/// signature good, its key in force.
/// </summary>
internal sealed class Client : IDisposable
{
    private static readonly TimeSpan s_longestUpload = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(30);

    private readonly CertificateLedger _ledger;
    private readonly Tally _tally;
    private readonly HttpClient _kept;
    private readonly HttpClient _anew;
    private readonly TimeSpan _longestUpload;

    /// <param name="server">Where to.</param>
    /// <param name="rotateEvery">The time from one certificate to the next: an upload takes up to twice that, and so outlives one or two.</param>
    /// <param name="ledger">Which certificates there are.</param>
    /// <param name="tally">What is counted.</param>
    public Client(Uri server, TimeSpan rotateEvery, CertificateLedger ledger, Tally tally)
    {
        _longestUpload = TimeSpan.FromTicks(Math.Min(2 * rotateEvery.Ticks, s_longestUpload.Ticks));
        _ledger = ledger;
        _tally = tally;
        _kept = Connect(server, Timeout.InfiniteTimeSpan);
        _anew = Connect(server, TimeSpan.Zero);
    }

    /// <summary>Sends one request after another, and beside them one upload after another. None is cancelled: those in flight at the end are waited for.</summary>
    public Task Run(CancellationToken stop) => Task.WhenAll(
        Repeat(anew => Send(anew ? _anew : _kept), stop),
        Repeat(anew => Upload(anew ? _anew : _kept), stop));

    public void Dispose()
    {
        _kept.Dispose();
        _anew.Dispose();
    }

    private async Task Repeat(Func<bool, Task> request, CancellationToken stop)
    {
        for (bool anew = true; !stop.IsCancellationRequested; anew = !anew)
        {
            try
            {
                await request(anew);
                _tally.CountRequest();
            }
            catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException or InvalidDataException)
            {
                _tally.CountFailure(exception);
            }
        }
    }

    private async Task Send(HttpClient http)
    {
        int inForce = _ledger.Published;
        string path = $"/{Guid.NewGuid():N}";
        Check(await http.GetStringAsync(new Uri(path, UriKind.Relative)), Encoding.UTF8.GetBytes(path), inForce);
    }

    private async Task Upload(HttpClient http)
    {
        int inForce = _ledger.Published;
        byte[] text = Guid.NewGuid().ToByteArray();
        using var content = new SlowContent(text, _longestUpload * Random.Shared.NextDouble());
        using HttpResponseMessage response = await http.PostAsync(new Uri("/upload", UriKind.Relative), content);
        Check(await response.EnsureSuccessStatusCode().Content.ReadAsStringAsync(), text, inForce);
    }

    private void Check(string answer, byte[] text, int inForce)
    {
        string[] parts = answer.Split(' ');
        int number = int.Parse(parts[0], CultureInfo.InvariantCulture);
        if (_ledger.Find(number) is not { } signer || !ServerCertificate.Verify(signer.PublicKey, text, Convert.FromBase64String(parts[1])))
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
