namespace CertificateRotation;

/// <summary>What the clients have seen.</summary>
internal sealed class Tally
{
    private long _requests;
    private long _handshakes;
    private long _failures;
    private Exception? _firstFailure;

    /// <summary>How many requests were answered, and answered well.</summary>
    public long Requests => Interlocked.Read(ref _requests);

    /// <summary>How many TLS handshakes got as far as the server's certificate.</summary>
    public long Handshakes => Interlocked.Read(ref _handshakes);

    public long Failures => Interlocked.Read(ref _failures);

    /// <summary>What was wrong with the first request that failed, causes last.</summary>
    public string? FirstFailure
    {
        get
        {
            var messages = new List<string>();
            for (Exception? cause = Volatile.Read(ref _firstFailure); cause is not null; cause = cause.InnerException)
            {
                messages.Add(cause.Message);
            }

            return messages.Count == 0 ? null : string.Join(" <- ", messages);
        }
    }

    public void CountRequest() => Interlocked.Increment(ref _requests);

    public void CountHandshake() => Interlocked.Increment(ref _handshakes);

    public void CountFailure(Exception exception)
    {
        Interlocked.CompareExchange(ref _firstFailure, exception, null);
        Interlocked.Increment(ref _failures);
    }
}
