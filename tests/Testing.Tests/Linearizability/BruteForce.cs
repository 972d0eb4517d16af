using SwmrKit.Testing;

namespace SwmrKit.Tests;

/// <summary>
/// Linearizability by its definition, for short histories: some choice of pending operations, some permutation of these and the
/// completed ones, that keeps the order of real time and that the specification can run.
/// </summary>
internal static class BruteForce
{
    public static bool IsLinearizable<TState>(History<Call, int> history, SequentialSpecification<TState, Call, int> specification)
    {
        RecordedOperation<Call, int>[] completed = [.. history.Operations.Where(static operation => !operation.IsPending)];
        RecordedOperation<Call, int>[] pending = [.. history.Operations.Where(static operation => operation.IsPending)];
        return Enumerable.Range(0, 1 << pending.Length)
            .Select(choice => completed.Concat(pending.Where((_, index) => (choice >> index & 1) != 0)).ToArray())
            .Any(chosen => Permutations(chosen, 0).Any(order => KeepsRealTime(order) && CanRun(order, specification)));
    }

    public static void AssertWitness<TState>(
        IReadOnlyList<RecordedOperation<Call, int>> witness, History<Call, int> history, SequentialSpecification<TState, Call, int> specification)
    {
        Assert.Equal(witness.Count, witness.Distinct().Count());
        Assert.Empty(witness.Except(history.Operations));
        Assert.All(history.Operations.Except(witness), static operation => Assert.True(operation.IsPending));
        Assert.True(KeepsRealTime(witness), "The witness breaks real time.");
        Assert.True(CanRun(witness, specification), "The specification cannot run the witness.");
    }

    public static bool KeepsRealTime(IReadOnlyList<RecordedOperation<Call, int>> order)
    {
        for (int later = 1; later < order.Count; later++)
        {
            for (int earlier = 0; earlier < later; earlier++)
            {
                if (order[later].ReturnedAt < order[earlier].InvokedAt)
                {
                    return false;
                }
            }
        }

        return true;
    }

    public static bool CanRun<TState>(IEnumerable<RecordedOperation<Call, int>> order, SequentialSpecification<TState, Call, int> specification)
    {
        List<TState> states = [specification.InitialState];
        foreach (RecordedOperation<Call, int> operation in order)
        {
            states =
            [
                .. states.SelectMany(state => specification.Outcomes(state, operation.Operation))
                    .Where(outcome => operation.IsPending || outcome.Result == operation.Result)
                    .Select(static outcome => outcome.State),
            ];
        }

        return states.Count > 0;
    }

    /// <summary>All orders of the array's elements from a place on, in place: look at each before asking for the next.</summary>
    private static IEnumerable<RecordedOperation<Call, int>[]> Permutations(RecordedOperation<Call, int>[] operations, int from)
    {
        if (from >= operations.Length - 1)
        {
            yield return operations;
            yield break;
        }

        for (int i = from; i < operations.Length; i++)
        {
            (operations[from], operations[i]) = (operations[i], operations[from]);
            foreach (RecordedOperation<Call, int>[] order in Permutations(operations, from + 1))
            {
                yield return order;
            }

            (operations[from], operations[i]) = (operations[i], operations[from]);
        }
    }
}
