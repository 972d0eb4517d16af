namespace SwmrKit.Testing;

/// <summary>What a scenario may say to the checker that runs it.</summary>
public static class Model
{
    /// <summary>Fails the execution unless the condition holds.</summary>
    /// <remarks>Use it rather than an exception where the code under check catches exceptions: this one cannot be caught.</remarks>
    /// <param name="condition">What must hold.</param>
    /// <param name="message">What it means that it does not.</param>
    /// <exception cref="InvalidOperationException">No scenario is running on this thread.</exception>
    public static void Assert(bool condition, string message)
    {
        if (!condition)
        {
            Running.Execution.Report(message);
        }
    }

    /// <summary>
    /// From here on nobody refers to the object but code that is already running in it: the garbage collector may come at any moment
    /// after its last use, on a thread of its own. An object used once more is not collected before that.
    /// </summary>
    /// <param name="abandoned">The object; its creator has not told it that it needs no collecting.</param>
    /// <exception cref="ArgumentNullException"><paramref name="abandoned"/> is null.</exception>
    /// <exception cref="InvalidOperationException">No scenario is running on this thread.</exception>
    public static void Abandon(Memory.FinalizedObject abandoned)
    {
        ArgumentNullException.ThrowIfNull(abandoned);
        abandoned.Abandon(Running);
    }

    internal static ModelThread Running =>
        ModelThread.Running ?? throw new InvalidOperationException("This is for scenarios: code that a ModelChecker runs.");
}
