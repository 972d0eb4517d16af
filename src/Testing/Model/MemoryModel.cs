namespace SwmrKit.Testing;

/// <summary>What an access orders, as in the C++ and .NET memory models.</summary>
internal enum Ordering
{
    Relaxed,
    Acquire,
    Release,
}

/// <summary>An atomic update: what is written, given what is found; null when nothing is.</summary>
internal delegate Word? Update(Word found);

/// <summary>
/// What the threads of an execution may see of each other's writes. Where several things are possible it asks the execution
/// to choose, and so the explorer tries them all.
/// </summary>
internal abstract class MemoryModel(Execution execution)
{
    protected Execution Execution { get; } = execution;

    /// <summary>Whether unordered accesses to plain data fail the execution.</summary>
    public abstract bool FindsRaces { get; }

    /// <summary>Whether full fences of different threads do something to each other, beyond what they do to locations.</summary>
    public abstract bool OrdersFences { get; }

    /// <summary>What an operation of a thread would now look at and change.</summary>
    public abstract Footprint FootprintOf(ModelThread thread, in Operation operation);

    public abstract Word Read(ModelThread thread, Location location, Ordering ordering);

    public abstract void Write(ModelThread thread, Location location, Word value, Ordering ordering);

    /// <summary>An atomic update, as a full fence before and after.</summary>
    /// <returns>What was found.</returns>
    public abstract Word ReadModifyWrite(ModelThread thread, Location location, Update update);

    public abstract void FullFence(ModelThread thread);

    public abstract void AcquireFence(ModelThread thread);

    public abstract void ReleaseFence(ModelThread thread);

    /// <summary>The light barrier: heavy barriers settle what came before it.</summary>
    public abstract void Light(ModelThread thread);

    /// <summary>The part of a heavy barrier that concerns one thread.</summary>
    public abstract void HeavyStep(ModelThread target);

    /// <summary>Whether that would now settle anything that the thread which calls the heavy barrier, and has just fenced, does not know.</summary>
    public abstract bool WouldSettle(ModelThread caller, ModelThread target);

    public abstract Word ReadPlain(ModelThread thread, Location location);

    public abstract void WritePlain(ModelThread thread, Location location, Word value);

    public abstract void EnterLock(ModelThread thread, ModelLock entered);

    public abstract void ExitLock(ModelThread thread, ModelLock exited);

    /// <summary>The lock is another's: for a waiting loop it has news once it has been left.</summary>
    public abstract void FindLocked(ModelThread thread, ModelLock found);

    public abstract void Started(ModelThread parent, ModelThread child);

    /// <summary>The thread's last step: what it did is visible to whoever learns that it has ended.</summary>
    public abstract void Ended(ModelThread thread);

    public abstract void Joined(ModelThread thread, ModelThread ended);

    /// <summary>Whether a waiting loop would now read something it has not read yet.</summary>
    public abstract bool HasNews(ModelThread thread);

    /// <summary>Makes the waiting loop see some of it: memory is slow, but not for ever.</summary>
    public abstract void TakeNews(ModelThread thread);

    /// <summary>A waiting loop begins: what was read before does not belong to it.</summary>
    public abstract void ForgetReads(ModelThread thread);

    /// <summary>For the trace: whether the value just read was not the latest.</summary>
    public virtual string Remark => "";
}
