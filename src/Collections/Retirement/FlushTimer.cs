namespace SwmrKit;

/// <summary>
/// Flushes what a batch was too small to flush. It is armed only while something is pending, and holds the list, never the domain.
/// </summary>
internal sealed class FlushTimer
{
    private const int LongestBackOff = 8;

    private readonly Reclaimer _reclaimer;
    private readonly TimeSpan _delay;
    private readonly ITimer _timer;
    private SharedInt32 _armed;
    private SharedInt32 _backOff = new(1);

    public FlushTimer(Reclaimer reclaimer, TimeSpan delay, TimeProvider timeProvider)
    {
        _reclaimer = reclaimer;
        _delay = delay;

        // The creator's ambient state (activities, culture) has no business in callbacks.
        using AsyncFlowControl noFlow = ExecutionContext.IsFlowSuppressed() ? default : ExecutionContext.SuppressFlow();
        _timer = timeProvider.CreateTimer(static state => ((FlushTimer)state!).Tick(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Sees to it that a flush comes within the delay.</summary>
    public void Arm()
    {
        if (_armed.Read() == 0 && _armed.Exchange(1) == 0)
        {
            _timer.Change(_delay * _backOff.Read(), Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>As <see cref="Arm"/>, waiting longer each time in a row.</summary>
    public void ArmAfterFailure()
    {
        LengthenBackOff();
        Arm();
    }

    /// <summary>Progress was made: the next flush need not wait longer.</summary>
    public void ResetBackOff() => _backOff.Write(1);

    private void Tick()
    {
        LengthenBackOff();
        _armed.Write(0);
        _reclaimer.Flush();
    }

    private void LengthenBackOff() => _backOff.Write(Math.Min(_backOff.Read() * 2, LongestBackOff));
}
