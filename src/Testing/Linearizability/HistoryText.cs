using System.Globalization;
using System.Text;

namespace SwmrKit.Testing;

/// <summary>Histories and orders as text for people.</summary>
internal static class HistoryText
{
    private const int MostColumns = 120;
    private const int ColumnsPerEvent = 2;

    public static string Value<T>(T value) => Convert.ToString(value, CultureInfo.InvariantCulture) is { Length: > 0 } text
        ? text
        : value is null ? "null" : "(empty)";

    public static string Witness<TOperation, TResult>(IReadOnlyList<RecordedOperation<TOperation, TResult>> witness)
        => "Linearizable" + (witness.Count == 0 ? "." : ", in this order:" + Environment.NewLine + Order(witness));

    /// <summary>The operations by thread, each with a bar from its invocation to its return; time runs from left to right.</summary>
    public static string Describe<TOperation, TResult>(IReadOnlyList<RecordedOperation<TOperation, TResult>> operations)
    {
        long[] events =
        [
            .. operations.Select(static operation => operation.InvokedAt)
                .Concat(operations.Where(static operation => !operation.IsPending).Select(static operation => operation.ReturnedAt))
                .Order(),
        ];
        int columns = events.Length * ColumnsPerEvent;
        var text = new StringBuilder();
        foreach (RecordedOperation<TOperation, TResult> operation in operations.OrderBy(static operation => operation.Thread)
            .ThenBy(static operation => operation.InvokedAt))
        {
            string interval = columns <= MostColumns
                ? Bar(operation.InvokedAt, operation.ReturnedAt, events)
                : string.Create(CultureInfo.InvariantCulture, $"[{operation.InvokedAt}, {(operation.IsPending ? "..." : operation.ReturnedAt)}]");
            text.Append(CultureInfo.InvariantCulture, $"  thread {operation.Thread,-2} {interval} {operation.Call}").AppendLine();
        }

        return text.ToString();
    }

    public static string Order<TOperation, TResult>(IReadOnlyList<RecordedOperation<TOperation, TResult>> order)
    {
        var text = new StringBuilder();
        for (int i = 0; i < order.Count; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $"  {i + 1,3}. {order[i]}").AppendLine();
        }

        return text.ToString();
    }

    private static string Bar(long invokedAt, long returnedAt, long[] events)
    {
        bool isPending = returnedAt == long.MaxValue;
        int first = Array.BinarySearch(events, invokedAt) * ColumnsPerEvent;
        int last = isPending ? (events.Length * ColumnsPerEvent) - 1 : Array.BinarySearch(events, returnedAt) * ColumnsPerEvent;
        return (new string(' ', first) + "[" + new string('-', last - first - 1) + (isPending ? ">" : "]")).PadRight(events.Length * ColumnsPerEvent);
    }
}
