namespace SwmrKit;

/// <summary>Marks that the calling thread is running somebody's reclamation callback: a retirement made there is queued, not run inside it.</summary>
internal static class CallbackScope
{
    [ThreadStatic]
    private static int t_depth;

    /// <summary>Whether the calling thread runs a callback.</summary>
    public static bool IsActive => t_depth > 0;

    public static void Enter() => t_depth++;

    public static void Exit() => t_depth--;
}
