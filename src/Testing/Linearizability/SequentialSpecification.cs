namespace SwmrKit.Testing;

/// <summary>What an object does when its operations come one at a time: the yardstick of linearizability.</summary>
/// <typeparam name="TState">The object's abstract state: immutable, and compared by value.</typeparam>
/// <typeparam name="TOperation">Its operations, with their arguments.</typeparam>
/// <typeparam name="TResult">Their results.</typeparam>
/// <remarks>
/// <para>One form serves deterministic and nondeterministic objects: a deterministic operation has one outcome,
/// <c>[(newState, result)]</c>. An operation that may not be called in some state has none there.</para>
/// <para>Members must be pure. An instance may be used by several threads at once if they are.</para>
/// </remarks>
public abstract class SequentialSpecification<TState, TOperation, TResult>
{
    /// <summary>The state before the first operation.</summary>
    public abstract TState InitialState { get; }

    /// <summary>
    /// How states are compared; by default as their type does. Comparing by reference, as the framework's immutable collections
    /// do, only costs the checker time; taking different states for equal makes its verdicts wrong.
    /// </summary>
    public virtual IEqualityComparer<TState> StateComparer => EqualityComparer<TState>.Default;

    /// <summary>How a recorded result is compared with a specified one; by default as their type does.</summary>
    public virtual IEqualityComparer<TResult> ResultComparer => EqualityComparer<TResult>.Default;

    /// <summary>All that an operation may do in a state.</summary>
    /// <param name="state">The state before it.</param>
    /// <param name="operation">The operation.</param>
    /// <returns>Finitely many outcomes: the state after it and the result.</returns>
    public abstract IEnumerable<(TState State, TResult Result)> Outcomes(TState state, TOperation operation);
}
