namespace SwmrKit;

/// <summary>What one pass found ready, until all of it has been reclaimed. Used again by later passes.</summary>
internal sealed class ReadyBatch
{
    // The run of the callbacks counts one, and so does each asynchronous disposal that has not ended.
    private SharedInt32 _left;
    private SharedInt64 _completed;

    /// <summary>What is to be run; empty once that has been done, even while disposals go on.</summary>
    public List<RetiredItem> Items { get; } = [];

    /// <summary>How long the heavy barrier of its pass took; null when nobody wants to know.</summary>
    public TimeSpan? HeavyDuration { get; set; }

    /// <summary>Whether its callbacks are running, or about to, or disposals they began.</summary>
    public bool IsRunning => _left.Read() != 0;

    /// <summary>How often all of a batch has ended: whoever waits for this one waits until it changes.</summary>
    public long Completed => _completed.Read();

    /// <summary>The callbacks are about to run.</summary>
    public void Begin() => _left.Write(1);

    /// <summary>A callback began a disposal that goes on.</summary>
    public void BeginDisposal() => _left.Add(1);

    /// <summary>The callbacks have run, or a disposal has ended.</summary>
    /// <returns>Whether that was the last of it.</returns>
    public bool End()
    {
        if (_left.Add(-1) != 0)
        {
            return false;
        }

        _completed.Write(_completed.ReadRelaxed() + 1);
        return true;
    }
}
