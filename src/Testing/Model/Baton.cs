namespace SwmrKit.Testing;

/// <summary>What one thread hands another: whoever awaits it goes on when it has been handed over, once a hand-over.</summary>
internal sealed class Baton
{
    private readonly object _lock = new();
    private bool _isHere; // Guarded by the lock.

    public void Hand()
    {
        lock (_lock)
        {
            _isHere = true;
            Monitor.Pulse(_lock);
        }
    }

    public void Await()
    {
        lock (_lock)
        {
            while (!_isHere)
            {
                Monitor.Wait(_lock);
            }

            _isHere = false;
        }
    }
}
