using System.Diagnostics.CodeAnalysis;

namespace SwmrKit;

/// <summary>
/// Calls an action when no signal has come for a while, and at the latest ten such whiles after the first: a stream of signals without a pause cannot put it off for ever.
/// </summary>
/// <remarks>After every signal there comes a call that began later. Where a timer cannot be had, the call is made at once.</remarks>
internal sealed class QuietPeriod(TimeProvider time, TimeSpan quiet, Action action) : IDisposable
{
    private const int MostPeriods = 10;

    private readonly ExclusiveLock _lock = new();

    // Guarded by the lock.
    private ITimer? _timer;
    private bool _isArmed;
    private bool _isDisposed;
    private long _first;
    private long _last;

    public void Signal()
    {
        using (_lock.Enter())
        {
            if (_isDisposed)
            {
                return;
            }

            _last = time.GetTimestamp();
            if (_isArmed)
            {
                return;
            }

            _first = _last;
            _isArmed = TrySet(quiet);
            if (_isArmed)
            {
                return;
            }
        }

        action();
    }

    /// <summary>No further call is begun.</summary>
    public void Dispose()
    {
        using (_lock.Enter())
        {
            _isDisposed = true;
            _isArmed = false;
            _timer?.Dispose();
        }
    }

    private void Tick()
    {
        using (_lock.Enter())
        {
            if (!_isArmed)
            {
                return;
            }

            long now = time.GetTimestamp();
            TimeSpan sinceLast = time.GetElapsedTime(_last, now);
            TimeSpan sinceFirst = time.GetElapsedTime(_first, now);
            TimeSpan rest = TimeSpan.FromTicks(Math.Min((quiet - sinceLast).Ticks, ((quiet * MostPeriods) - sinceFirst).Ticks));
            if (rest > TimeSpan.Zero && TrySet(rest))
            {
                return;
            }

            _isArmed = false; // Before the call: a signal from now on asks for another.
        }

        action();
    }

    [SuppressMessage("Design", "CA1031", Justification = "Without a timer there is no delay, and nothing is lost.")]
    private bool TrySet(TimeSpan due)
    {
        try
        {
            // Not before the millisecond that timers count in has passed, or it would be set again for nothing.
            TimeSpan whole = TimeSpan.FromMilliseconds(Math.Ceiling(due.TotalMilliseconds));
            _timer ??= CreateTimer();
            return _timer.Change(whole, Timeout.InfiniteTimeSpan);
        }
        catch (Exception)
        {
            return false;
        }
    }

    /// <summary>Without the context of whoever gave the first signal: the timer serves those that come later, too.</summary>
    private ITimer CreateTimer()
    {
        using AsyncFlowControl noFlow = ExecutionContext.IsFlowSuppressed() ? default : ExecutionContext.SuppressFlow();
        return time.CreateTimer(static state => ((QuietPeriod)state!).Tick(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }
}
