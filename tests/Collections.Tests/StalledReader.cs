namespace SwmrKit.Tests;

/// <summary>A thread that enters a read section and stays in it until released.</summary>
internal sealed class StalledReader : IDisposable
{
    private readonly ManualResetEventSlim _release = new();
    private readonly Thread _thread;

    private StalledReader(Action<Action> body)
    {
        using var entered = new ManualResetEventSlim();
        _thread = new Thread(() => body(() =>
        {
            entered.Set();
            _release.Wait();
        }))
        { Name = "stalled", IsBackground = true };
        _thread.Start();
        entered.Wait();
    }

    public static StalledReader In(RetirementDomain domain) => new(stall =>
    {
        using ReadGuard guard = domain.Enter();
        stall();
    });

    public static StalledReader In(ReaderRegistry registry) => new(stall =>
    {
        using ReadGuard guard = registry.Enter();
        stall();
    });

    public static StalledReader In(ReaderBiasedLock guarded) => new(stall =>
    {
        using LockRead read = guarded.EnterRead();
        stall();
    });

    public static StalledReader In<T>(LeftRight<T> structure)
        where T : class => new(stall =>
        {
            using LeftRightRead<T> read = structure.Read();
            stall();
        });

    public static StalledReader Of<T>(SwmrCell<T> cell)
        where T : class => new(stall =>
        {
            using CellRead<T> read = cell.Read();
            stall();
        });

    public void Dispose()
    {
        _release.Set();
        _thread.Join();
        _release.Dispose();
    }
}
