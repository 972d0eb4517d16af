namespace SwmrKit.Testing.Memory;

/// <summary>Stands in for an object with a finalizer, which runs when the scenario has abandoned it (<see cref="Model.Abandon"/>) and not otherwise.</summary>
public abstract class FinalizedObject
{
    private bool _needsNoCollecting;
    private bool _isCollected;

    /// <summary>The object is in use at least until here: executions in which it was collected before cannot happen.</summary>
    /// <param name="used">The object.</param>
    public static void KeepAlive(FinalizedObject? used)
    {
        if (used is { _isCollected: true } && ModelThread.Running is { Execution.IsAborting: false } thread)
        {
            thread.Execution.Discard();
        }
    }

    /// <summary>Called once, after the last use of the object.</summary>
    protected abstract void OnCollected();

    /// <summary>From now on collecting the object needs no action.</summary>
    protected void NeedsNoCollecting() => _needsNoCollecting = true;

    internal void Collect()
    {
        if (!_needsNoCollecting)
        {
            _isCollected = true;
            OnCollected();
        }
    }
}
