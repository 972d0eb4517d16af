using System.Globalization;
using System.Text;

namespace SwmrKit.Testing;

/// <summary>Why a history is not linearizable, as text for people.</summary>
/// <remarks>
/// It shows the longest order found. No order holds more completed operations, so that none of those left can come next, not
/// even after a pending one.
/// </remarks>
internal static class LinearizabilityViolation
{
    public static string Explain<TState, TOperation, TResult>(
        RecordedOperation<TOperation, TResult>[] operations,
        SequentialSpecification<TState, TOperation, TResult> specification,
        LinearizationSearch<TState, TOperation, TResult> search,
        string part)
    {
        CultureInfo culture = CultureInfo.InvariantCulture;
        var text = new StringBuilder();
        int completed = operations.Count(static operation => !operation.IsPending);
        int placed = search.Longest.Count(static operation => !operation.IsPending);
        text.Append(culture, $"Not linearizable{part}: of {completed} completed operations at most {placed} can be put in order.").AppendLine()
            .AppendLine("The history by thread, time from left to right:").Append(HistoryText.Describe(operations))
            .AppendLine(search.Longest.Length == 0 ? "No operation can come first." : "The longest order found:")
            .Append(HistoryText.Order(search.Longest))
            .Append(culture, $"The state is then {HistoryText.Value(search.LongestState)}, and none of these can come next:").AppendLine();
        foreach (RecordedOperation<TOperation, TResult> candidate in search.Candidates(search.LongestDone).Select(place => operations[place]))
        {
            string[] specified = [.. specification.Outcomes(search.LongestState, candidate.Operation).Select(static outcome => HistoryText.Value(outcome.Result))];
            string reason = specified.Length == 0 ? "the specification forbids it in this state"
                : candidate.IsPending ? "it may take effect, but then none of the others fits either"
                : "the specification has " + string.Join(" or ", specified.Distinct());
            text.Append(culture, $"  {candidate}: {reason}").AppendLine();
        }

        return text.ToString();
    }
}
