using System.Diagnostics.CodeAnalysis;

namespace SwmrKit.Testing;

/// <summary>The verdict on a history, with what shows it.</summary>
/// <typeparam name="TOperation">The operations of the object under test, with their arguments.</typeparam>
/// <typeparam name="TResult">Their results.</typeparam>
/// <remarks>Immutable, as far as the history is left as it was.</remarks>
public sealed class LinearizabilityResult<TOperation, TResult>
{
    private readonly string? _violation;

    internal LinearizabilityResult(IReadOnlyList<RecordedOperation<TOperation, TResult>> longestPrefix, string? violation, long statesVisited)
    {
        LongestPrefix = longestPrefix;
        Witness = violation is null ? longestPrefix : null;
        _violation = violation;
        StatesVisited = statesVisited;
    }

    /// <summary>Whether some order of the operations explains every result and agrees with real time.</summary>
    [MemberNotNullWhen(true, nameof(Witness))]
    public bool IsLinearizable => Witness is not null;

    /// <summary>
    /// Such an order if there is one, else null. It holds every completed operation; a pending one that it holds has taken effect,
    /// one that it leaves out has not.
    /// </summary>
    public IReadOnlyList<RecordedOperation<TOperation, TResult>>? Witness { get; }

    /// <summary>
    /// An order of as many completed operations as can be put in order: the witness, or the longest found before none of the
    /// operations left could come next. In a check by key, of the operations of the key that failed.
    /// </summary>
    public IReadOnlyList<RecordedOperation<TOperation, TResult>> LongestPrefix { get; }

    /// <summary>How many configurations (a set of operations in order, a state) the search entered: what the check cost.</summary>
    public long StatesVisited { get; }

    /// <summary>The verdict for people.</summary>
    /// <returns>
    /// The order if there is one; else the operations by thread with their intervals, the longest order found, and what could have
    /// come next and why it does not fit.
    /// </returns>
    public override string ToString() => _violation ?? HistoryText.Witness(LongestPrefix);
}
