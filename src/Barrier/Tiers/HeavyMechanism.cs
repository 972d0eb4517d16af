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

    /// <summary>The mechanisms of the running operating system, best first. The last is always usable.</summary>
    public static HeavyMechanism[] ForThisSystem()
    {
        // Not Android: its security filter may kill a process that calls membarrier instead of refusing the call.
        if (OperatingSystem.IsLinux())
        {
            var global = new GlobalMembarrier();
            return [new PrivateExpeditedMembarrier(global), global, new ProcessWideMechanism(), new PageProtectionMechanism(), new FullFenceMechanism()];
        }

        if (OperatingSystem.IsWindows())
        {
            return [new FlushProcessWriteBuffersMechanism(), new ProcessWideMechanism(), new FullFenceMechanism()];
        }

        return OperatingSystem.IsAndroid() ? [new FullFenceMechanism()] : [new ProcessWideMechanism(), new FullFenceMechanism()];
    }
}
