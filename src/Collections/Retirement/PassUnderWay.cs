namespace SwmrKit;

/// <summary>What must still end after a pass before everything retired before it has been reclaimed.</summary>
/// <param name="running">The batches that were running, each with how often it had ended.</param>
/// <param name="leased">The id of one object retired before that a lease held, or 0.</param>
internal sealed class PassUnderWay(List<(ReadyBatch Batch, long Completed)> running, long leased)
{
    /// <summary>The id of one object retired before that a lease held, or 0.</summary>
    public long Leased { get; } = leased;

    /// <summary>Whether the callbacks and asynchronous disposals of all those batches have ended.</summary>
    public bool HasEnded
    {
        get
        {
            while (running is [.., var last])
            {
                if (last.Batch.Completed == last.Completed)
                {
                    return false;
                }

                running.RemoveAt(running.Count - 1);
            }

            return true;
        }
    }
}
