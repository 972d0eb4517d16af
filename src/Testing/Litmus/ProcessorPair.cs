namespace SwmrKit.Testing;

/// <summary>
/// Keeps the two sides of a litmus test on two different processors. Left alone, the scheduler of a loaded machine puts both on
/// one, and two threads that take turns show nothing.
/// </summary>
/// <remarks>Where the process may use one processor only, or cannot choose, it does nothing.</remarks>
internal static class ProcessorPair
{
    /// <summary>Whether the two sides are kept apart.</summary>
    public static bool Apart => Processors.Allowed.Count >= 2;

    /// <summary>Moves the calling thread to the processor of its side, for good.</summary>
    public static void Enter(int side)
    {
        if (Apart)
        {
            Processors.MoveTo(Processors.Allowed[side]);
        }
    }
}
