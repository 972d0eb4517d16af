namespace SwmrKit.Testing.Memory;

/// <summary>Stands in for an object with a finalizer, which runs when the scenario has abandoned it (<see cref="Model.Abandon"/>) and not otherwise.</summary>
public abstract class FinalizedObject
{
    private readonly Location _life = Location.CreateUnowned(default);
    private bool _needsNoCollecting;
    private Fingerprint? _abandoned; // By a thread that had come so far.
    private bool _isCollected;

    /// <summary>The object is in use at least until here: executions in which it was collected before cannot happen.</summary>
    /// <param name="used">The object.</param>
    public static void KeepAlive(FinalizedObject? used)
    {
        if (used is { _abandoned: { } abandoned } && ModelThread.Running is { Execution.IsAborting: false } thread)
        {
            thread.Execution.Past?.Found(thread, abandoned);
            thread.Execution.Before(thread, new Operation(OperationKind.Read, used._life, null, default));
            thread.Execution.After(thread, "is still using the object");
            if (used._isCollected)
            {
                thread.Execution.Discard();
            }
        }
    }

    /// <summary>Called once, after the last use of the object.</summary>
    protected abstract void OnCollected();

    /// <summary>From now on collecting the object needs no action.</summary>
    protected void NeedsNoCollecting() => _needsNoCollecting = true;

    /// <summary>Starts the thread that collects it, at some moment.</summary>
    internal void Abandon(ModelThread caller)
    {
        _abandoned = caller.Past;
        caller.Execution.Start(caller, "finalizer", Collect, isDaemon: true);
    }

    private void Collect()
    {
        ModelThread finalizer = Model.Running;
        finalizer.Execution.Before(finalizer, new Operation(OperationKind.Collect, _life, null, default));
        finalizer.Execution.After(finalizer, "collects the object");
        if (!_needsNoCollecting)
        {
            _isCollected = true;
            foreach (ModelThread stopped in finalizer.Execution.Threads)
            {
                finalizer.Execution.Memory.Joined(finalizer, stopped); // The collector stopped every thread: what they had done is done.
                stopped.Epoch++; // What they do now is not.
            }

            finalizer.Execution.HasCollected = true;
            OnCollected();
        }
    }
}
