using System.Runtime.CompilerServices;

namespace SwmrKit.Testing.Memory;

/// <summary>Stands in for a wait in a loop: the thread goes on when something that the loop has read has changed.</summary>
/// <remarks>The loop must have no effect but its reads. It does not read the same again: memory is slow, but not for ever.</remarks>
public struct Spinner
{
    private bool _hasSpun;

    /// <summary>Whether the next wait gives up the processor: from the second on.</summary>
    public readonly bool WillYield => _hasSpun;

    /// <summary>Waits once.</summary>
    /// <param name="member">Where the call stands.</param>
    /// <param name="file">Where the call stands.</param>
    /// <param name="line">Where the call stands.</param>
    public void Spin([CallerMemberName] string member = "", [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        ModelRuntime.Spin(isFirst: !_hasSpun, new Site(member, file, line));
        _hasSpun = true;
    }
}
