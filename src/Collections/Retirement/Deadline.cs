namespace SwmrKit;

/// <summary>How long somebody waits.</summary>
internal readonly struct Deadline
{
    private readonly TimeProvider _time;
    private readonly TimeSpan _timeout;
    private readonly CancellationToken _cancellationToken;
    private readonly long _start;

    /// <exception cref="ArgumentOutOfRangeException">The time is negative and not infinite.</exception>
    /// <exception cref="OperationCanceledException">The token has been cancelled.</exception>
    public Deadline(TimeProvider time, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (timeout < TimeSpan.Zero && timeout != Timeout.InfiniteTimeSpan)
        {
            throw new ArgumentOutOfRangeException(nameof(timeout), timeout, "The time must not be negative; Timeout.InfiniteTimeSpan means no limit.");
        }

        cancellationToken.ThrowIfCancellationRequested();
        _time = time;
        _timeout = timeout;
        _cancellationToken = cancellationToken;
        _start = time.GetTimestamp();
    }

    /// <summary>What is left of the time; <see cref="Timeout.InfiniteTimeSpan"/> without a limit.</summary>
    private TimeSpan Left => _timeout == Timeout.InfiniteTimeSpan ? _timeout : Max(_timeout - _time.GetElapsedTime(_start), TimeSpan.Zero);

    /// <summary>Spins, then yields, then sleeps, until something is over.</summary>
    /// <param name="isOver">Looks; never waits.</param>
    /// <returns>False when the time ran out first.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public bool SpinUntil(Func<bool> isOver)
    {
        var spinner = default(Spinner);
        while (!isOver())
        {
            _cancellationToken.ThrowIfCancellationRequested();
            if (Left == TimeSpan.Zero)
            {
                return false;
            }

            spinner.Spin();
        }

        return true;
    }

    /// <summary>As <see cref="SpinUntil"/>, without a thread: looks again after a millisecond, then after twice that, up to sixteen.</summary>
    /// <remarks>Never after less: that would be no pause at all, and hold the thread where time stands still. It looks on the thread pool, but for the first
    /// time: the thread on which the clock's timer fires may be one that moves a clock by hand, inside a callback or under somebody's lock.</remarks>
    public async Task<bool> PollUntilAsync(Func<bool> isOver)
    {
        const int LongestPause = 16;
        var shortest = TimeSpan.FromMilliseconds(1);
        for (int pause = 1; !isOver(); pause = Math.Min(pause * 2, LongestPause))
        {
            TimeSpan left = Left;
            if (left == TimeSpan.Zero)
            {
                return false;
            }

            var next = TimeSpan.FromMilliseconds(pause);
            await Task.Delay(left == Timeout.InfiniteTimeSpan || left > next ? next : Max(left, shortest), _time, _cancellationToken).ConfigureAwait(false);
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        }

        return true;
    }

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;
}
