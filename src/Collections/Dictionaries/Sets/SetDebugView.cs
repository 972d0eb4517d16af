using System.Diagnostics;

namespace SwmrKit;

/// <summary>What a debugger shows of a set: its items.</summary>
internal sealed class SetDebugView<T>(IReadOnlySet<T> set)
    where T : notnull
{
    [DebuggerBrowsable(DebuggerBrowsableState.RootHidden)]
    public T[] Items => [.. set];
}
