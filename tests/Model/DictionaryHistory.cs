using SwmrKit.Testing;

namespace SwmrKit;

/// <summary>Calls of a table, recorded, and judged key by key.</summary>
/// <remarks>
/// Each is called between two full fences. Without them an operation that has returned may be unknown to other processors for a while, as a
/// store in its buffer is; nobody can tell that it had returned without such a fence of his own and one of the caller's.
/// </remarks>
internal sealed class DictionaryHistory<T>
{
    private static readonly DictionarySpecification s_specification = new();
    private readonly History<DictionaryCall, object?> _history = new();

    /// <param name="entries">What is in the table at first.</param>
    public DictionaryHistory(params ReadOnlySpan<(int Key, T Value)> entries)
    {
        foreach ((int key, T value) in entries)
        {
            _history.Record(0, new DictionaryCall("put", key, value), static () => true);
        }
    }

    public void Read(int thread, Table<int, T> table, int key, int times)
    {
        for (int i = 0; i < times; i++)
        {
            Record(thread, new DictionaryCall("read", key, null), () => table.TryFind(key, out T? value) ? value ?? (object)"null" : null);
        }
    }

    public void Put(int thread, Table<int, T> table, int key, T value) =>
        Record(thread, new DictionaryCall("put", key, value), () => table.Put(key, value, Condition.None, default, out _));

    public void Remove(int thread, Table<int, T> table, int key) =>
        Record(thread, new DictionaryCall("remove", key, null), () => table.Remove(key, Condition.None, default, out _));

    public void Check()
    {
        LinearizabilityResult<DictionaryCall, object?> result = LinearizabilityChecker.CheckByKey(_history, s_specification, static call => call.Key);
        Model.Assert(result.IsLinearizable, result.ToString());
    }

    private void Record(int thread, DictionaryCall call, Func<object?> body) => _history.Record(thread, call, () =>
    {
        Fence.Full();
        object? result = body();
        Fence.Full();
        return result;
    });
}

internal sealed record DictionaryCall(string Name, int Key, object? Value);

/// <summary>One key of a dictionary: its value, or null where it is absent.</summary>
internal sealed class DictionarySpecification : SequentialSpecification<object?, DictionaryCall, object?>
{
    public override object? InitialState => null;

    public override IEnumerable<(object? State, object? Result)> Outcomes(object? state, DictionaryCall operation) => operation.Name switch
    {
        "put" => [(operation.Value, true)],
        "remove" => [(null, state is not null)],
        _ => [(state, state)],
    };
}
