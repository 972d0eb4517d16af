using System.Diagnostics.CodeAnalysis;

namespace SwmrKit;

/// <summary>
/// Flushes what a batch was too small to flush. It is armed only while something is pending, and holds the list, never the domain.
/// </summary>
/// <remarks>
/// What was just retired waits for the delay and no longer; or for twice the delay where batches fill by themselves: when a pass has taken
/// what the timer was armed for, what came in since is younger, and a flush would only get in the way of those who retire. What a reader holds back is looked at again after the delay, then
/// after twice that, up to eight times, until there is progress.
/// </remarks>
internal sealed class FlushTimer
{
    private const int Disarmed = 0;
    private const int ArmedForRescan = 1;
    private const int ArmedForRetired = 2;
    private const int LongestBackOff = 8;

    private readonly Reclaimer _reclaimer;
    private readonly TimeSpan _delay;
    private readonly ITimer _timer;
    private readonly ExclusiveLock _lock = new();
    private SharedInt32 _state;

    // Guarded by the lock.
    private int _backOff = 1;
    private long _takenWhenArmed;

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
        if (_state.Read() != ArmedForRetired)
        {
            Arm(ArmedForRetired);
        }
    }

    /// <summary>Sees to it that what is held back, or failed, is looked at again; later each time in a row.</summary>
    public void ArmForRescan() => Arm(ArmedForRescan);

    /// <summary>Progress was made: the next look need not wait longer.</summary>
    public void ResetBackOff()
    {
        using ExclusiveLock.Scope held = _lock.Enter();
        _backOff = 1;
    }

    /// <summary>Never fails: who arms it has retired something already, or is the timer itself.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "Retiring and the timer never throw; every failure is reported.")]
    private void Arm(int state)
    {
        try
        {
            ArmOrThrow(state);
        }
        catch (Exception exception)
        {
            _reclaimer.ReportFailure(exception);
        }
    }

    private void ArmOrThrow(int state)
    {
        using ExclusiveLock.Scope held = _lock.Enter();
        if (_state.Read() >= state)
        {
            return;
        }

        TimeSpan due = state == ArmedForRetired ? _delay : _delay * _backOff;
        var heavyMayCome = TimeSpan.FromMilliseconds(Math.Ceiling(_reclaimer.UntilHeavyMayCome.TotalMilliseconds)); // As timers count: not too early.
        due = due > heavyMayCome ? due : heavyMayCome;
        _timer.Change(due, Timeout.InfiniteTimeSpan); // If it throws, nothing is armed, and the next retirement tries again.
        _state.Write(state);
        _takenWhenArmed = _reclaimer.Taken;
        _backOff = state == ArmedForRescan ? Math.Min(_backOff * 2, LongestBackOff) : _backOff;
    }

    private void Tick()
    {
        bool taken;
        using (_lock.Enter())
        {
            // A full fence: whoever still saw it armed has retired what this flush will take, or arm it for again.
            taken = _state.Exchange(Disarmed) == ArmedForRetired && _reclaimer.Taken != _takenWhenArmed;
        }

        if (taken || _reclaimer.UntilHeavyMayCome > TimeSpan.Zero)
        {
            _reclaimer.PutFlushOff();
        }
        else
        {
            _reclaimer.Flush();
        }
    }
}
