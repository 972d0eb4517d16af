using System.Collections.Concurrent;

namespace CertificateRotation;

/// <summary>The books on every certificate of a run: which there are, what became of them, and how long each outlived its replacement.</summary>
internal sealed class CertificateLedger
{
    private readonly ConcurrentDictionary<int, ServerCertificate> _byNumber = new();
    private readonly ConcurrentDictionary<string, ServerCertificate> _byFingerprint = new();
    private int _made;
    private int _published;
    private int _replaced;
    private int _disposed;
    private int _disposedAgain;
    private int _usedAfterDisposal;
    private int _uploads;
    private int _replacedDuringUpload;
    private long _longestDelay;

    /// <summary>The number of the newest certificate in force: what is answered from now on is signed by it or a later one.</summary>
    public int Published => Volatile.Read(ref _published);

    public int Replaced => Volatile.Read(ref _replaced);

    public int Disposed => Volatile.Read(ref _disposed);

    /// <summary>How many have been replaced and not yet disposed.</summary>
    public int Pending
    {
        get
        {
            int disposed = Disposed; // First: never negative.
            return Replaced - disposed;
        }
    }

    public int DisposedAgain => Volatile.Read(ref _disposedAgain);

    public int UsedAfterDisposal => Volatile.Read(ref _usedAfterDisposal);

    /// <summary>How many texts were signed with the key that was in force before they came.</summary>
    public int Uploads => Volatile.Read(ref _uploads);

    /// <summary>How many of them with a certificate that had been replaced by then.</summary>
    public int ReplacedDuringUpload => Volatile.Read(ref _replacedDuringUpload);

    /// <summary>The longest that one has waited from its replacement to its disposal.</summary>
    public TimeSpan LongestDelay => new(Interlocked.Read(ref _longestDelay));

    /// <summary>The number of a certificate to be made, from 1.</summary>
    public int TakeNumber() => Interlocked.Increment(ref _made);

    public ServerCertificate Make() => Enter(new ServerCertificate(this, ServerCertificate.CreatePem(TakeNumber())));

    /// <summary>The certificate in a file. One writing of a file may be reported more than once: the same certificate again is the same object.</summary>
    public ServerCertificate Load(string path)
    {
        var loaded = new ServerCertificate(this, File.ReadAllText(path));
        if (Find(loaded.Number) is { } known)
        {
            loaded.Certificate.Dispose(); // Not entered in the books.
            return known;
        }

        return Enter(loaded);
    }

    private ServerCertificate Enter(ServerCertificate certificate)
    {
        _byFingerprint[certificate.Fingerprint] = certificate;
        _byNumber[certificate.Number] = certificate;
        return certificate;
    }

    public ServerCertificate? Find(int number) => _byNumber.GetValueOrDefault(number);

    public ServerCertificate? Find(string fingerprint) => _byFingerprint.GetValueOrDefault(fingerprint);

    public void NotePublication(ServerCertificate certificate) => Volatile.Write(ref _published, certificate.Number);

    public void NoteReplacement() => Interlocked.Increment(ref _replaced);

    public void NoteUpload(bool isReplaced)
    {
        if (isReplaced)
        {
            Interlocked.Increment(ref _replacedDuringUpload);
        }

        Interlocked.Increment(ref _uploads);
    }

    public void NoteUseAfterDisposal() => Interlocked.Increment(ref _usedAfterDisposal);

    public void NoteDisposal(TimeSpan delay, bool isFirst)
    {
        if (!isFirst)
        {
            Interlocked.Increment(ref _disposedAgain);
            return;
        }

        long longest;
        do
        {
            longest = Interlocked.Read(ref _longestDelay);
        }
        while (delay.Ticks > longest && Interlocked.CompareExchange(ref _longestDelay, delay.Ticks, longest) != longest);
        Interlocked.Increment(ref _disposed);
    }
}
