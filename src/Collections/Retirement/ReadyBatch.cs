namespace SwmrKit;

/// <summary>What one pass found ready, until the callbacks have run. Used again by later passes.</summary>
internal sealed class ReadyBatch
{
    private SharedInt32 _running;

    public List<RetiredItem> Items { get; } = [];

    /// <summary>Whether its callbacks are running, or about to.</summary>
    public bool IsRunning
    {
        get => _running.Read() != 0;
        set => _running.Write(value ? 1 : 0);
    }

    /// <summary>How often all callbacks of a batch have run: whoever waits for this one waits until it changes.</summary>
    public ref SharedInt64 Completed => ref _completed;

    private SharedInt64 _completed;
}
