namespace SwmrKit;

/// <summary>Who holds a slot: a thread that reads implicitly, or an explicit <see cref="ReaderHandle"/> bound to a thread.</summary>
/// <param name="name">For people: in diagnostics.</param>
/// <param name="thread">The thread that reads.</param>
/// <param name="isImplicit">Whether the slot is the thread's own, to be taken back when the thread has ended.</param>
internal sealed class SlotOwner(string? name, Thread thread, bool isImplicit)
{
    public string Name { get; } = name ?? thread.Name ?? $"thread {thread.ManagedThreadId}";

    public Thread Thread { get; } = thread;

    public bool IsImplicit { get; } = isImplicit;

    /// <summary>
    /// Set when a handle was abandoned inside a guard whose thread lives on: the slot stays as it is, and with it what it
    /// protects, until that thread has ended. Leak rather than corrupt.
    /// </summary>
    public bool IsQuarantined { get; set; }

    /// <summary>A guard is a ref struct: it cannot outlive its thread, so what an ended thread left is nobody's.</summary>
    public bool HasLeftForGood => (IsImplicit || IsQuarantined) && !Thread.IsAlive;
}
