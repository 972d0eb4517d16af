using SwmrKit;
using SwmrKit.Memory;

namespace Misuse;

/// <summary>Every misuse that the analyzer knows. The rule that a line breaks stands in the comment behind it.</summary>
internal sealed class Certificates(RetirementDomain domain, SwmrCell<Certificate> cell)
{
    private static ReaderHandle? s_reader; // SWMR006

    private readonly List<Certificate> _seen = [];
    private SharedReference<Certificate> _root;
    private Certificate? _last;

    public Certificate Current()
    {
        using CellRead<Certificate> read = cell.Read();
        return read.Value; // SWMR001
    }

    public void Remember()
    {
        using ReadGuard guard = domain.Enter();
        _last = guard.Protect(ref _root); // SWMR001
        _seen.Add(guard.Read(cell)); // SWMR001
    }

    public Func<byte[]> Signer()
    {
        using CellRead<Certificate> read = cell.Read();
        Certificate certificate = read.Value;
        return () => certificate.Sign(); // SWMR001
    }

    public byte[] SignTooLate()
    {
        Certificate certificate;
        using (CellRead<Certificate> read = cell.Read())
        {
            certificate = read.Value;
        }

        return certificate.Sign(); // SWMR002
    }

    public byte[] SignAfterRefresh()
    {
        using ReadGuard guard = domain.Enter();
        Certificate certificate = guard.Read(cell);
        guard.Refresh();
        return certificate.Sign(); // SWMR002
    }

    public async Task<byte[]> SignAfterAwait()
    {
        Certificate certificate;
        using (CellRead<Certificate> read = cell.Read())
        {
            certificate = read.Value;
        }

        await Task.Yield();
        return certificate.Sign(); // SWMR002
    }

    public Task<byte[]> SignAsync()
    {
        using CellRead<Certificate> read = cell.Read();
        return read.Value.SignAsync(); // SWMR003
    }

    public void NeverLeaves()
    {
        domain.Enter(); // SWMR004
    }

    public byte[] LeavesSometimes(bool fast)
    {
        CellRead<Certificate> read = cell.Read(); // SWMR004
        byte[] signature = read.Value.Sign();
        if (!fast)
        {
            read.Dispose();
        }

        return signature;
    }

    public bool Copies()
    {
        using ReadGuard guard = domain.Enter();
        ReadGuard copy = guard; // SWMR005
        return copy.IsOpen;
    }

    public void ReadsElsewhere()
    {
        using ReaderHandle reader = domain.Register();
        Task.Run(() => reader.Enter().Dispose()).Wait(); // SWMR006
        s_reader = reader;
    }

    public async Task ReadsAfterAwait()
    {
        ReaderHandle reader = domain.Register();
        await Task.Yield();
        reader.Dispose(); // SWMR006
    }

    public bool WaitsForItself()
    {
        using ReadGuard guard = domain.Enter();
        return domain.Synchronize(TimeSpan.FromSeconds(1)); // SWMR007
    }

    public void DisposesWhatOthersRead()
    {
        using CellRead<Certificate> read = cell.Read();
        read.Value.Dispose(); // SWMR008
    }

    public bool Knows(Certificate certificate) => _seen.Contains(certificate) || _last == certificate || s_reader is null;
}
