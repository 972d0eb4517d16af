namespace SwmrKit;

/// <summary>One way to make every thread of this process execute a full fence.</summary>
internal abstract class HeavyMechanism
{
    public abstract BarrierTier Tier { get; }

    /// <summary>A sentence for <see cref="AsymmetricBarrier.Describe"/>: what the writer and the reader do.</summary>
    public abstract string Description { get; }

    /// <summary>False for a mechanism that is used only when forced.</summary>
    public virtual bool ChosenAutomatically => true;

    /// <summary>What may be tried when this one, once working, fails; null when nothing is sound.</summary>
    public virtual HeavyMechanism? StandIn => null;

    /// <summary>Registers and proves by one call that the mechanism works. May be called repeatedly.</summary>
    /// <returns>Null when it works, else the reason why not, as the end of a sentence.</returns>
    public abstract string? Prepare();

    /// <summary>Orders all threads, or says that it did not.</summary>
    /// <returns>0 when ordered, else the system's error number.</returns>
    public abstract int TryOrder();
}
