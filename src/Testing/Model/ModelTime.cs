namespace SwmrKit.Testing;

/// <summary>Time in a scenario: it stands still, and a timer that is armed may go off at any moment.</summary>
/// <remarks>
/// So nothing ever times out by the clock. A timer goes off a bounded number of times in an execution, and its callbacks come one after the
/// other: those of one timer never overlap, as those of the system's timer can.
/// </remarks>
/// <param name="mostTicks">How often each timer may go off in an execution.</param>
public sealed class ModelTime(int mostTicks = 2) : TimeProvider
{
    /// <inheritdoc/>
    public override long TimestampFrequency => 1_000;

    /// <inheritdoc/>
    public override long GetTimestamp() => 0;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch;

    /// <inheritdoc/>
    /// <exception cref="ArgumentNullException"><paramref name="callback"/> is null.</exception>
    /// <exception cref="InvalidOperationException">No scenario is running on this thread.</exception>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        _ = Model.Running;
        var timer = new ModelTimer(() => callback(state), mostTicks);
        if (dueTime != Timeout.InfiniteTimeSpan)
        {
            timer.Change(dueTime, period);
        }

        return timer;
    }
}
