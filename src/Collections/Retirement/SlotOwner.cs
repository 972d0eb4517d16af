namespace SwmrKit;

/// <summary>Who holds a slot: a thread that reads implicitly, or an explicit <see cref="ReaderHandle"/> bound to a thread.</summary>
/// <param name="name">For people: in diagnostics.</param>
/// <param name="thread">The thread that reads.</param>
/// <param name="isImplicit">Whether the slot is the thread's own, to be taken back when the thread has ended.</param>
internal sealed class SlotOwner(string? name, ThreadIdentity thread, bool isImplicit)
{
    public string Name { get; } = name ?? thread.Name;

    public ThreadIdentity Thread { get; } = thread;

    public bool IsImplicit { get; } = isImplicit;

    /// <summary>The handle of an explicit reader. Guarded by the registry's lock.</summary>
    public WeakReference<ReaderHandle>? Handle { get; set; }

    /// <summary>
    /// Set when a handle was collected while a guard of it was open: the slot stays as it is until that guard has been left, or
    /// its thread has ended. Leak rather than corrupt.
    /// </summary>
    public bool IsQuarantined { get; set; }
}
