namespace SwmrKit.Memory;

/// <summary>Waits a little, longer each time, for another thread to do something: <see cref="SpinWait"/> behind the seam of the shared words.</summary>
/// <remarks>A mutable struct, for one wait of one thread.</remarks>
public struct Spinner
{
    private SpinWait _wait;

    /// <summary>Whether the next wait gives up the processor: the time for anything that costs more than a spin.</summary>
    public readonly bool WillYield => _wait.NextSpinWillYield;

    /// <summary>Waits once: some nanoseconds at first, a millisecond in the end.</summary>
    public void Spin() => _wait.SpinOnce();
}
