namespace SwmrKit.Testing;

/// <summary>What a thread is about to do that another thread could notice.</summary>
internal enum OperationKind
{
    Read,
    Write,
    ReadModifyWrite,
    FullFence,
    Light,

    /// <summary>One step of a heavy barrier: <see cref="Operation.Target"/> is made to fence.</summary>
    HeavyStep,
    EnterLock,
    ExitLock,
    StartThread,
    Join,

    /// <summary>A loop that waits: goes on when something it has read has changed.</summary>
    Spin,

    /// <summary>Arms or disarms a timer; the location says which.</summary>
    SetTimer,

    /// <summary>A timer's thread that waits to be armed.</summary>
    AwaitTimer,

    /// <summary>The garbage collector stops every thread and collects an object.</summary>
    Collect,
    EndThread,
}

/// <summary>What a thread may have to wait for.</summary>
internal interface IGate
{
    bool IsOpenFor(ModelThread thread);
}

/// <summary>An operation: its kind, what it touches, and where it stands in the source.</summary>
/// <param name="Kind">What it does.</param>
/// <param name="Location">The location it touches: a word, a lock's, a thread's life or marks; null where there is none.</param>
/// <param name="Target">The other thread it concerns, or null.</param>
/// <param name="Site">Where it comes from.</param>
internal readonly record struct Operation(OperationKind Kind, Location? Location, ModelThread? Target, Site Site)
{
    /// <summary>Whether it takes part in the total order of full fences.</summary>
    public bool IsTotallyOrdered => Kind is OperationKind.FullFence or OperationKind.ReadModifyWrite or OperationKind.HeavyStep or OperationKind.StartThread;

    /// <summary>Whether it marks what its thread did before, for heavy barriers to settle.</summary>
    public bool Marks => Kind is OperationKind.Light or OperationKind.FullFence or OperationKind.ReadModifyWrite or OperationKind.EndThread or OperationKind.StartThread
        || IsAnnouncement;

    /// <summary>Whether there may be more to its footprint than its location: what a waiting loop has read; in a memory that buffers stores, what it brings there.</summary>
    public bool MayTouchMore => Kind is OperationKind.FullFence or OperationKind.ReadModifyWrite or OperationKind.EnterLock or OperationKind.ExitLock
        or OperationKind.StartThread or OperationKind.Join or OperationKind.Spin or OperationKind.SetTimer or OperationKind.AwaitTimer;

    /// <summary>A write followed by a light barrier, as one step.</summary>
    public bool IsAnnouncement { get; init; }

    /// <summary>What must be open before it can be done; null for nothing.</summary>
    public IGate? Gate { get; init; }

    public bool Writes => Kind is not (OperationKind.Read or OperationKind.Join);

    /// <summary>
    /// Whether the two, by different threads, may depend on each other whatever the memory does: as steps of a barrier, a start, a join, an end or a collection.
    /// </summary>
    public static bool MayMeet(ModelThread first, in Operation a, ModelThread second, in Operation b) =>
        Concerns(a, second, b) || Concerns(b, first, a);

    private static bool Concerns(in Operation step, ModelThread other, in Operation operation) => step.Kind switch
    {
        OperationKind.HeavyStep => operation.Kind == OperationKind.StartThread || (ReferenceEquals(step.Target, other) && operation.Marks),
        OperationKind.Join => ReferenceEquals(step.Target, other) && operation.Kind == OperationKind.EndThread,
        OperationKind.Collect => true,
        _ => false,
    };
}
