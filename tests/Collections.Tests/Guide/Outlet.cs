namespace SwmrKit;

/// <summary>A part that is pulled out under its users: the guide's example of a protocol of one's own. In this namespace because the model checker's mutants are made of it, too.</summary>
internal sealed class Outlet<T>
    where T : class
{
    private readonly ReaderRegistry _users = new();
    private SharedReference<T> _part;

    // Any number of threads, all the time.
    public TResult? Use<TResult>(Func<T, TResult> use)
    {
        using ReadGuard inside = _users.Enter();                // First say that somebody is inside: a light barrier,
        return _part.Read() is { } part ? use(part) : default;  // then look what is there.
    }

    // One thread at a time.
    public void Plug(T part) => _part.Write(part);

    public T? Unplug(TimeSpan timeout)
    {
        T? part = _part.Exchange(null);                         // First take it away,
        bool isFree = false;
        try
        {
            isFree = _users.WaitForReaders(timeout);            // then wait for whoever may have found it: a heavy barrier.
        }
        finally
        {
            if (!isFree)
            {
                _part.Write(part);                              // Somebody may still use it: back it goes.
            }
        }

        return isFree ? part : throw new TimeoutException($"In use by {string.Join(", ", _users.GetActiveReaders())}.");
    }
}
