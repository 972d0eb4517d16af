namespace SwmrKit.Testing;

/// <summary>
/// Decides whether a history is linearizable: whether each operation could have taken effect at one instant between its
/// invocation and its return, so that the results are those of a sequential specification.
/// </summary>
/// <remarks>
/// <para>Linearizability is Herlihy and Wing's (ACM TOPLAS 12(3), 1990). The search is Wing and Gong's ("Testing and verifying
/// concurrent objects", Journal of Parallel and Distributed Computing 17, 1993), which enters no configuration twice, after Lowe
/// ("Testing for linearizability", Concurrency and Computation: Practice and Experience 29(4), 2017); the check by key is an
/// instance of Horn and Kroening's P-compositionality ("Faster linearizability checking via P-compositionality", FORTE 2015).</para>
/// <para><b>Complexity.</b> The problem is NP-complete (Gibbons and Korach, "Testing shared memories", SIAM Journal on Computing
/// 26(4), 1997). For n operations of k threads whose specification can be in s states, time and memory are at most of the order
/// of (n / k + 1)^k * s configurations: exponential in what overlaps, not in the length. A pending operation overlaps with all
/// that follows it.</para>
/// <para><b>Thread-safety.</b> The methods keep no state and may be called by several threads at once, also on one history as
/// long as nobody records into it.</para>
/// </remarks>
public static class LinearizabilityChecker
{
    /// <summary>Checks a history of one object.</summary>
    /// <typeparam name="TState">The states of the specification.</typeparam>
    /// <typeparam name="TOperation">The operations.</typeparam>
    /// <typeparam name="TResult">Their results.</typeparam>
    /// <param name="history">What happened.</param>
    /// <param name="specification">What should have.</param>
    /// <param name="cancellationToken">Ends a search that takes too long.</param>
    /// <returns>The verdict, with the order that shows it or the longest one found.</returns>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="OperationCanceledException">The search was cancelled: there is no verdict.</exception>
    public static LinearizabilityResult<TOperation, TResult> Check<TState, TOperation, TResult>(
        History<TOperation, TResult> history,
        SequentialSpecification<TState, TOperation, TResult> specification,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(history);
        ArgumentNullException.ThrowIfNull(specification);
        return Check([.. history.Operations], specification, memoise: true, "", cancellationToken);
    }

    /// <summary>Checks a history of an object that consists of independent parts, each on its own: a dictionary key by key.</summary>
    /// <typeparam name="TState">The states of the specification.</typeparam>
    /// <typeparam name="TOperation">The operations.</typeparam>
    /// <typeparam name="TResult">Their results.</typeparam>
    /// <typeparam name="TKey">What tells the parts apart.</typeparam>
    /// <param name="history">What happened.</param>
    /// <param name="specification">What one part should have done, from its initial state.</param>
    /// <param name="key">The part that an operation concerns.</param>
    /// <param name="cancellationToken">Ends a search that takes too long.</param>
    /// <returns>
    /// The verdict on the whole, with an order of all operations that shows it; or that on the first key that fails.
    /// </returns>
    /// <remarks>
    /// Sound and complete because linearizability is local: a history is linearizable if and only if that of each object in it is.
    /// It takes that every operation concerns one part alone; an object that can also be counted, cleared or enumerated as a whole
    /// has to be checked as a whole.
    /// </remarks>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="OperationCanceledException">The search was cancelled: there is no verdict.</exception>
    public static LinearizabilityResult<TOperation, TResult> CheckByKey<TState, TOperation, TResult, TKey>(
        History<TOperation, TResult> history,
        SequentialSpecification<TState, TOperation, TResult> specification,
        Func<TOperation, TKey> key,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(history);
        ArgumentNullException.ThrowIfNull(specification);
        ArgumentNullException.ThrowIfNull(key);
        long statesVisited = 0;
        var witnesses = new List<IReadOnlyList<RecordedOperation<TOperation, TResult>>>();
        foreach (IGrouping<TKey, RecordedOperation<TOperation, TResult>> part in history.Operations.GroupBy(operation => key(operation.Operation)))
        {
            LinearizabilityResult<TOperation, TResult> result =
                Check([.. part], specification, memoise: true, $" (key {HistoryText.Value(part.Key)})", cancellationToken);
            statesVisited += result.StatesVisited;
            if (!result.IsLinearizable)
            {
                return new LinearizabilityResult<TOperation, TResult>(result.LongestPrefix, result.ToString(), statesVisited);
            }

            witnesses.Add(result.Witness);
        }

        return new LinearizabilityResult<TOperation, TResult>(Merge(witnesses), violation: null, statesVisited);
    }

    /// <summary>The check itself; without memory only for comparison.</summary>
    internal static LinearizabilityResult<TOperation, TResult> Check<TState, TOperation, TResult>(
        RecordedOperation<TOperation, TResult>[] operations,
        SequentialSpecification<TState, TOperation, TResult> specification,
        bool memoise,
        string part,
        CancellationToken cancellationToken)
    {
        var search = new LinearizationSearch<TState, TOperation, TResult>(operations, specification, memoise);
        string? violation = search.Run(cancellationToken) ? null : LinearizabilityViolation.Explain(operations, specification, search, part);
        return new LinearizabilityResult<TOperation, TResult>(search.Longest, violation, search.StatesVisited);
    }

    /// <summary>
    /// One order out of one for each part, by Herlihy and Wing's locality. Take the operations as they returned, each after those
    /// before it in its part's order. None left then returned before one taken was invoked: the operation that is due returns
    /// first of all that are left, and whatever its part puts before it was invoked before that return.
    /// </summary>
    private static List<RecordedOperation<TOperation, TResult>> Merge<TOperation, TResult>(
        List<IReadOnlyList<RecordedOperation<TOperation, TResult>>> witnesses)
    {
        int[] taken = new int[witnesses.Count];
        var merged = new List<RecordedOperation<TOperation, TResult>>();
        foreach ((int part, int place, _) in witnesses
            .SelectMany(static (witness, part) => witness.Select((operation, place) => (part, place, operation.ReturnedAt)))
            .OrderBy(static due => due.ReturnedAt))
        {
            while (taken[part] <= place)
            {
                merged.Add(witnesses[part][taken[part]++]);
            }
        }

        return merged;
    }
}
