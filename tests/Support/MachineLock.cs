namespace SwmrKit.Tests;

/// <summary>
/// Lets a test class have the machine to itself although the test projects of a solution run side by side: it holds the lock
/// exclusively while the ordinary classes hold it shared. It is a lock on a file, so it works across processes and ends with them.
/// </summary>
/// <remarks>
/// Whoever wants it, in either mode, first passes a turnstile, which an exclusive owner holds while it waits: a stream of
/// shared owners cannot keep it out.
/// </remarks>
internal sealed class MachineLock : IDisposable
{
    private static readonly string s_path = Path.Combine(Path.GetTempPath(), "swmrkit-tests.lock");
    private static readonly TimeSpan s_longestWait = TimeSpan.FromMinutes(40);

    private readonly FileStream _file;

    private MachineLock(FileStream file) => _file = file;

    public static MachineLock Shared()
    {
        using FileStream turnstile = Wait(s_path + ".turnstile", FileShare.None);
        return new MachineLock(Wait(s_path, FileShare.Read));
    }

    public static MachineLock Exclusive()
    {
        using FileStream turnstile = Wait(s_path + ".turnstile", FileShare.None);
        return new MachineLock(Wait(s_path, FileShare.None));
    }

    public void Dispose() => _file.Dispose();

    private static FileStream Wait(string path, FileShare share)
    {
        long start = Environment.TickCount64;
        while (true)
        {
            try
            {
                FileAccess access = share == FileShare.None ? FileAccess.ReadWrite : FileAccess.Read;
                return new FileStream(path, FileMode.OpenOrCreate, access, share);
            }
            catch (IOException) when (Environment.TickCount64 - start < s_longestWait.TotalMilliseconds)
            {
                Thread.Sleep(20);
            }
        }
    }
}

/// <summary>The fixture of a class of ordinary tests, which may run beside those of other projects.</summary>
public sealed class SharedMachine : IDisposable
{
    private readonly MachineLock _lock = MachineLock.Shared();

    public void Dispose() => _lock.Dispose();
}

/// <summary>The fixture of a class of litmus or stress tests, which must run alone on the machine.</summary>
public sealed class ExclusiveMachine : IDisposable
{
    private readonly MachineLock _lock = MachineLock.Exclusive();

    public void Dispose() => _lock.Dispose();
}
