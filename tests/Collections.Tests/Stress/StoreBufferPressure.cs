namespace SwmrKit.Tests;

/// <summary>
/// Stores that miss the cache, for right before a reader's announcement, which then waits behind them in the store buffer: without
/// them a missing barrier hardly ever shows. One for each reader, which also is its source of randomness.
/// </summary>
internal struct StoreBufferPressure(int seed)
{
    private const int Bytes = 64 * 1024 * 1024;
    private const int Lines = 4;

    private static readonly byte[] s_lines = GC.AllocateUninitializedArray<byte>(Bytes);

    private uint _random = (uint)seed * 2_654_435_761;

    /// <summary>Fills the store buffer.</summary>
    /// <returns>A random number.</returns>
    public uint Press()
    {
        uint random = _random;
        byte[] lines = s_lines;
        for (int i = 0; i < Lines; i++)
        {
            random ^= random << 13;
            random ^= random >> 17;
            random ^= random << 5;
            lines[random % Bytes] = (byte)i;
        }

        return _random = random;
    }
}
