namespace SwmrKit;

/// <summary>This process's <see cref="BarrierStrategy"/>: the tiers the operating system may offer, best first, and the forced one if any.</summary>
internal static class ProcessBarrier
{
    internal const string AppContextName = "SwmrKit.Barrier.Tier";

    internal static readonly BarrierStrategy Strategy = new(
        Candidates(),
        ForcedTierName,
        static lightIsFree => Volatile.Write(ref LightStrategy.Published.IsFree, lightIsFree ? (byte)1 : (byte)0));

    /// <summary>The mechanisms of the running operating system, best first. The last is always usable.</summary>
    private static HeavyMechanism[] Candidates()
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

    private static (string? Name, string Source) ForcedTierName()
    {
        string? name = Environment.GetEnvironmentVariable(BarrierStrategy.EnvironmentVariable);
        return string.IsNullOrEmpty(name)
            ? (AppContext.GetData(AppContextName) as string, "the AppContext value " + AppContextName)
            : (name, "the environment variable " + BarrierStrategy.EnvironmentVariable);
    }
}
