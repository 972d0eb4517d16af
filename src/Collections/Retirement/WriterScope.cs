namespace SwmrKit;

/// <summary>
/// Marks that the calling thread runs somebody's code under a container's writer lock: callbacks must not run there, for one that
/// wrote to the same container would be refused. What is retired meanwhile is left to the timer.
/// </summary>
internal static class WriterScope
{
    /// <summary>Whether the calling thread holds a container's writer lock.</summary>
    public static bool IsActive => ThreadVariable<RetirementDomain, int>.Value > 0;

    public static void Enter() => ThreadVariable<RetirementDomain, int>.Value++;

    public static void Exit() => ThreadVariable<RetirementDomain, int>.Value--;
}
