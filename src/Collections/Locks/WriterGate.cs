namespace SwmrKit;

/// <summary>
/// One writer at a time, where an <see cref="ExclusiveLock"/> will not do: it is entered within a time, and held across <c>await</c>.
/// </summary>
/// <remarks>Waiting is spinning, then looking again every millisecond or so; whoever looks first gets in. Leaving releases, entering acquires (L5).</remarks>
internal sealed class WriterGate
{
    // Even: free. Odd: held. Every turn has a number of its own, by which one that has ended is recognised.
    private SharedInt64 _turn;

    // Who holds it, if that is a thread. Others may read it at any time: a thread compares it with itself alone, and knows what it wrote.
    private ThreadIdentity _holder;

    /// <summary>Whether the calling thread holds it. What has been entered by <see cref="EnterAsync"/> is held by no thread.</summary>
    public bool IsHeldByCaller => _holder == ThreadIdentity.Current;

    /// <summary>Enters if that is possible without waiting, and holds it for no thread.</summary>
    /// <param name="turn">The turn, for <see cref="Exit"/>.</param>
    public bool TryEnter(out long turn)
    {
        long found = _turn.Read();
        turn = found + 1;
        return !IsTaken(found) && _turn.CompareExchange(turn, found) == found; // L5: acquires what the last writer released.
    }

    /// <summary>Enters for the calling thread.</summary>
    /// <returns>The turn, or 0 when the time ran out.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public long Enter(Deadline deadline)
    {
        while (deadline.SpinUntil(IsFree))
        {
            if (TryEnter(out long turn))
            {
                _holder = ThreadIdentity.Current;
                return turn;
            }
        }

        return 0;
    }

    /// <summary>As <see cref="Enter"/>, for no thread.</summary>
    public async Task<long> EnterAsync(Deadline deadline)
    {
        while (await deadline.PollUntilAsync(IsFree).ConfigureAwait(false))
        {
            if (TryEnter(out long turn))
            {
                return turn;
            }
        }

        return 0;
    }

    /// <summary>Whether that turn has not ended.</summary>
    public bool IsCurrent(long turn) => _turn.ReadRelaxed() == turn;

    /// <summary>Ends a turn that is current.</summary>
    public void Exit(long turn)
    {
        _holder = default;
        _turn.Write(turn + 1); // L5.
    }

    private bool IsFree() => !IsTaken(_turn.Read());

    private static bool IsTaken(long turn) => (turn & 1) != 0;
}
