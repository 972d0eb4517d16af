namespace SwmrKit.Testing;

/// <summary>A mutual-exclusion lock, re-entrant, as the execution sees it.</summary>
internal sealed class ModelLock : IGate
{
    private Location? _location;
    private Execution? _execution;
    private ModelThread? _owner;

    /// <summary>What taking and leaving it touches.</summary>
    public Location Location => Location.At(ref _location);

    /// <summary>What the last holder knew when it left.</summary>
    public View? Released { get; set; }

    public int Depth { get; private set; }

    public bool IsOpenFor(ModelThread thread) => OwnerIn(thread.Execution) is null || ReferenceEquals(_owner, thread);

    public bool IsHeldBy(ModelThread thread) => ReferenceEquals(OwnerIn(thread.Execution), thread);

    public void Take(ModelThread thread)
    {
        _owner = thread;
        Depth++;
    }

    public bool Leave()
    {
        if (--Depth > 0)
        {
            return false;
        }

        _owner = null;
        return true;
    }

    private ModelThread? OwnerIn(Execution execution)
    {
        if (!ReferenceEquals(_execution, execution))
        {
            _execution = execution;
            _owner = null;
            Released = null;
            Depth = 0;
        }

        return _owner;
    }
}
