namespace SwmrKit.Testing;

/// <summary>Decides what an execution leaves open: which thread goes on, and which of several values a read finds.</summary>
internal abstract class Strategy
{
    /// <summary>Whether to decide before this operation who goes on, rather than let the thread go on.</summary>
    public abstract bool DecidesAt(bool isShared);

    /// <summary>Whether it repeats an execution: bounds and reductions, which leave some out, do not apply.</summary>
    public virtual bool IsReplay => false;

    /// <summary>Told which thread does the next operation.</summary>
    public virtual void Performs(ModelThread thread)
    {
    }

    /// <summary>Whether of the threads' decisions only those are to be tried that are asked for, besides the first.</summary>
    public bool OnlyWhereAsked { get; set; }

    /// <summary>The decision that the last call of <see cref="PickThread"/> made; -1 when there was nothing to decide.</summary>
    public int LastDecision { get; protected set; } = -1;

    /// <summary>The threads, as bits, that were tried at that decision before.</summary>
    public int TriedBefore { get; protected set; }

    /// <summary>Asks that threads be tried at a decision of this execution.</summary>
    public virtual void Ask(int decision, int threads)
    {
    }

    /// <summary>The threads, as bits, that could be picked at a decision.</summary>
    public virtual int CandidatesAt(int decision) => 0;

    /// <summary>Whether, at a new decision, all that can follow has been tried from the same state, with no more interruptions behind it.</summary>
    public virtual bool HasBeenAt(Fingerprint state, int preemptions) => false;

    /// <summary>Picks the next thread.</summary>
    /// <param name="candidates">Those that can go on, one at least; the running one first if it can.</param>
    /// <returns>An index.</returns>
    public abstract int PickThread(IReadOnlyList<ModelThread> candidates);

    /// <summary>Picks one of several outcomes, two at least.</summary>
    public abstract int Pick(int alternatives);
}
