namespace SwmrKit;

/// <summary>Marks that the calling thread is running somebody's reclamation callback: a retirement made there is queued, not run inside it.</summary>
internal static class CallbackScope
{
    /// <summary>Whether the calling thread runs a callback.</summary>
    public static bool IsActive => ThreadVariable<Reclaimer, int>.Value > 0;

    public static void Enter() => ThreadVariable<Reclaimer, int>.Value++;

    public static void Exit() => ThreadVariable<Reclaimer, int>.Value--;
}
