namespace CertificateRotation;

/// <summary>How a run stands at one moment.</summary>
internal sealed record Standing
{
    /// <summary>The longest that a replaced certificate may wait for its disposal: far more than it does, for machines that are busy.</summary>
    private static readonly TimeSpan s_inTime = TimeSpan.FromSeconds(5);

    public Standing(CertificateLedger ledger, Tally tally, int rotations)
    {
        Requests = tally.Requests;
        Handshakes = tally.Handshakes;
        Rotations = rotations;
        Uploads = ledger.Uploads;
        ReplacedDuringUpload = ledger.ReplacedDuringUpload;
        Pending = ledger.Pending;
        Retired = ledger.Replaced;
        Disposed = ledger.Disposed;
        LongestDelay = ledger.LongestDelay;
        Failures = tally.Failures;
        FirstFailure = tally.FirstFailure;
        DisposedAgain = ledger.DisposedAgain;
        UsedAfterDisposal = ledger.UsedAfterDisposal;
    }

    public long Requests { get; }

    public long Handshakes { get; }

    public int Rotations { get; }

    /// <summary>How many requests held their certificate across an await, by a lease where the source has one,</summary>
    public int Uploads { get; }

    /// <summary>and how many of them signed with one that had been replaced meanwhile.</summary>
    public int ReplacedDuringUpload { get; }

    public int Retired { get; }

    public int Disposed { get; }

    public int Pending { get; }

    public TimeSpan LongestDelay { get; }

    public long Failures { get; }

    public string? FirstFailure { get; }

    public int DisposedAgain { get; }

    public int UsedAfterDisposal { get; }

    /// <summary>What is wrong with a run that ended so; nothing when it is as it should be.</summary>
    public IEnumerable<string> Complaints()
    {
        if (Requests == 0)
        {
            yield return "no request was answered";
        }

        if (Uploads == 0)
        {
            yield return "no request held a certificate while its text was to come";
        }

        if (Failures > 0)
        {
            yield return $"{Failures:N0} requests failed, the first with: {FirstFailure}";
        }

        if (UsedAfterDisposal > 0)
        {
            yield return $"{UsedAfterDisposal:N0} times a certificate was used that had been disposed";
        }

        if (DisposedAgain > 0)
        {
            yield return $"{DisposedAgain:N0} times a certificate was disposed again";
        }

        if (Pending > 0)
        {
            yield return $"{Pending:N0} certificates were replaced and never disposed";
        }

        if (LongestDelay > s_inTime)
        {
            yield return $"a certificate was disposed only {LongestDelay.TotalSeconds:N1} s after its replacement";
        }
    }
}
