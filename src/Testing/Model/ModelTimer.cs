namespace SwmrKit.Testing;

/// <summary>A timer of a scenario. Its thread exists once it has been armed, and waits for that.</summary>
internal sealed class ModelTimer(Action tick, int mostTicks) : ITimer, IGate
{
    private readonly Location _location = Location.CreateUnowned(default);
    private readonly ModelLock _arming = new(); // Carries what the arming thread knew.
    private bool _hasThread;
    private bool _isArmed;
    private bool _repeats;

    public bool IsOpenFor(ModelThread thread) => _isArmed;

    public bool Change(TimeSpan dueTime, TimeSpan period)
    {
        ModelThread caller = Model.Running;
        if (mostTicks == 0)
        {
            return true;
        }

        // Even where there is nothing to disarm: another thread may be arming it.
        caller.Execution.Before(caller, new Operation(OperationKind.SetTimer, _location, null, default));
        _isArmed = dueTime != Timeout.InfiniteTimeSpan;
        bool needsThread = _isArmed && !_hasThread;
        _hasThread |= needsThread;
        _repeats = period != Timeout.InfiniteTimeSpan && period != TimeSpan.Zero;
        caller.Execution.Memory.ExitLock(caller, _arming);
        caller.Execution.After(caller, _isArmed ? "arms a timer" : "disarms a timer");
        if (needsThread)
        {
            caller.Execution.Start(caller, "timer", Loop, isDaemon: true);
        }

        return true;
    }

    public void Dispose()
    {
        if (ModelThread.Running is { Execution.IsAborting: false })
        {
            Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    public ValueTask DisposeAsync()
    {
        Dispose();
        return default;
    }

    private void Loop()
    {
        ModelThread self = Model.Running;
        for (int i = 0; i < mostTicks; i++)
        {
            self.Execution.Before(self, new Operation(OperationKind.AwaitTimer, _location, null, default) { Gate = this });
            _isArmed = _repeats;
            self.Execution.Memory.EnterLock(self, _arming);
            self.Execution.After(self, "goes off");
            tick();
        }
    }
}
