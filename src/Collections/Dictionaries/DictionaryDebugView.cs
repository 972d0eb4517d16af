using System.Diagnostics;

namespace SwmrKit;

/// <summary>What a debugger shows of a dictionary: its entries.</summary>
internal sealed class DictionaryDebugView<TKey, TValue>(IReadOnlyDictionary<TKey, TValue> dictionary)
    where TKey : notnull
{
    [DebuggerBrowsable(DebuggerBrowsableState.RootHidden)]
    public KeyValuePair<TKey, TValue>[] Entries => [.. dictionary];
}
