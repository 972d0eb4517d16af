namespace SwmrKit.Testing;

/// <summary>Two threads that wait for each other, closely: each counts its arrivals on a line of its own.</summary>
/// <param name="apart">Whether each has a processor of its own. Giving it up does not help the other then: it is done late.</param>
internal sealed unsafe class Rendezvous(bool apart) : IDisposable
{
    private readonly int _spinsBeforeYield = apart ? 1_000_000 : 4_096;
    private readonly NativeLines _counters = new(2);

    /// <summary>Arrives and waits until the other side has arrived as often.</summary>
    /// <param name="side">0 or 1.</param>
    public void Meet(int side)
    {
        long* mine = _counters[side];
        long* other = _counters[1 - side];
        long arrivals = *mine + 1;
        Volatile.Write(ref *mine, arrivals);
        for (int spins = 0; Volatile.Read(ref *other) < arrivals; spins++)
        {
            if (spins >= _spinsBeforeYield)
            {
                Thread.Yield(); // The other side may have been preempted.
            }
        }
    }

    /// <summary>Lets the other side pass every meeting to come, because this one has failed.</summary>
    public void Leave(int side) => Volatile.Write(ref *_counters[side], long.MaxValue);

    public void Dispose() => _counters.Dispose();
}
