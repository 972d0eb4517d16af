namespace SwmrKit;

/// <summary>This process's <see cref="BarrierStrategy"/>: the tiers the operating system may offer, best first, and the forced one if any.</summary>
internal static class ProcessBarrier
{
    internal const string EnvironmentVariable = "SWMRKIT_BARRIER_TIER";
    internal const string AppContextName = "SwmrKit.Barrier.Tier";

    internal static readonly BarrierStrategy Strategy = new(
        HeavyMechanism.ForThisSystem(),
        ForcedTierName,
        static lightIsFree => Volatile.Write(ref LightStrategy.Published.IsFree, lightIsFree ? (byte)1 : (byte)0));

    private static (string? Name, string Source) ForcedTierName()
    {
        string? name = Environment.GetEnvironmentVariable(EnvironmentVariable);
        return string.IsNullOrEmpty(name)
            ? (AppContext.GetData(AppContextName) as string, "the AppContext value " + AppContextName)
            : (name, "the environment variable " + EnvironmentVariable);
    }
}
