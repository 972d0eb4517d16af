namespace SwmrKit.Tests;

/// <summary>A value that owns native memory: filled with a pattern of its own while it lives, with poison from its disposal on.</summary>
/// <param name="quarantine">Where the memory comes from and goes to.</param>
/// <param name="birth">The era read before it is published, for what no container tracks.</param>
internal sealed unsafe class NativeBlock(BlockQuarantine quarantine, long birth = 0) : IDisposable
{
    private readonly BlockQuarantine.Block _block = quarantine.Take();
    private int _disposals;

    public long Birth { get; } = birth;

    /// <summary>Whether every word of the memory holds the pattern. No two blocks share one, so that memory given out again shows too.</summary>
    public bool IsIntact
    {
        get
        {
            bool intact = true;
            for (int i = 0; i < BlockQuarantine.Words; i++)
            {
                intact &= Volatile.Read(ref _block.Words[i]) == _block.Pattern;
            }

            return intact;
        }
    }

    public void Dispose() => quarantine.Free(_block, again: Interlocked.Increment(ref _disposals) > 1);
}
