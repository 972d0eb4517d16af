namespace SwmrKit.Testing;

/// <summary>
/// Wing and Gong's search for an order of the operations, with Lowe's memory of configurations: depth first, each step puts
/// one more operation into the order.
/// </summary>
/// <remarks>
/// <para><b>Which operation may come next.</b> One that was invoked before any other that is left has returned; with the
/// operations sorted by invocation, a prefix of those left. Its outcome in the present state must be the recorded result; a
/// pending operation may come with any outcome, or never. An order that holds every completed operation is a witness.</para>
/// <para><b>Why a configuration is entered once.</b> What may follow depends on the set of operations in the order and on the
/// state, not on how they came there. One that was left without a witness has none behind it.</para>
/// </remarks>
internal sealed class LinearizationSearch<TState, TOperation, TResult>
{
    private const int None = -1;

    private readonly RecordedOperation<TOperation, TResult>[] _operations;
    private readonly SequentialSpecification<TState, TOperation, TResult> _specification;
    private readonly IEqualityComparer<TResult> _results;
    private readonly HashSet<(OperationSet Done, TState State)>? _entered;
    private readonly Stack<Configuration> _path = new();
    private readonly List<int> _order = [];
    private readonly int _completed;
    private int _mostCompleted = None;
    private int _longestLength = None; // Of the order that is to be copied into Longest when the search leaves it.

    /// <param name="operations">Sorted by invocation.</param>
    /// <param name="specification">What they should do.</param>
    /// <param name="memoise">Whether to remember the configurations; without, it is Wing and Gong's own search, for comparison.</param>
    public LinearizationSearch(
        RecordedOperation<TOperation, TResult>[] operations,
        SequentialSpecification<TState, TOperation, TResult> specification,
        bool memoise)
    {
        _operations = operations;
        _specification = specification;
        _results = specification.ResultComparer;
        _entered = memoise ? new(new ConfigurationComparer(specification.StateComparer)) : null;
        _completed = operations.Count(static operation => !operation.IsPending);
        LongestState = specification.InitialState;
        LongestDone = OperationSet.Empty(operations.Length);
    }

    /// <summary>How many configurations were entered, the initial one included.</summary>
    public long StatesVisited { get; private set; }

    /// <summary>The first order found of those that hold the most completed operations; a witness if the search succeeded.</summary>
    public RecordedOperation<TOperation, TResult>[] Longest { get; private set; } = [];

    /// <summary>The operations of <see cref="Longest"/>.</summary>
    public OperationSet LongestDone { get; private set; }

    /// <summary>The state after <see cref="Longest"/>.</summary>
    public TState LongestState { get; private set; }

    /// <summary>Searches for a witness. Once only.</summary>
    public bool Run(CancellationToken cancellationToken)
    {
        try
        {
            Enter(OperationSet.Empty(_operations.Length), _specification.InitialState, completed: 0);
            while (_mostCompleted < _completed && _path.TryPeek(out Configuration? configuration))
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (!configuration.Steps.MoveNext())
                {
                    Leave();
                    continue;
                }

                (int place, TState state) = configuration.Steps.Current;
                OperationSet done = configuration.Done.With(place);
                if (_entered is null || _entered.Add((done, state)))
                {
                    _order.Add(place);
                    Enter(done, state, configuration.Completed + (_operations[place].IsPending ? 0 : 1));
                }
            }

            return _mostCompleted == _completed;
        }
        finally
        {
            while (_path.Count > 0)
            {
                Leave();
            }
        }
    }

    /// <summary>The places of the operations that may come next as far as their intervals go.</summary>
    public IEnumerable<int> Candidates(OperationSet done)
    {
        long earliestReturn = long.MaxValue;
        for (int place = done.FirstMissing; place < _operations.Length && _operations[place].InvokedAt < earliestReturn; place++)
        {
            if (!done.Contains(place))
            {
                earliestReturn = Math.Min(earliestReturn, _operations[place].ReturnedAt);
                yield return place;
            }
        }
    }

    private void Enter(OperationSet done, TState state, int completed)
    {
        StatesVisited++;
        _path.Push(new Configuration(done, completed, Steps(done, state).GetEnumerator()));
        if (completed > _mostCompleted)
        {
            _mostCompleted = completed;
            _longestLength = _order.Count;
            LongestDone = done;
            LongestState = state;
        }
    }

    private void Leave()
    {
        if (_order.Count == _longestLength)
        {
            // Copied on the way back only: copying on the way forth would cost the square of the history's length.
            Longest = [.. _order.Select(place => _operations[place])];
            _longestLength = None;
        }

        _path.Pop().Steps.Dispose();
        if (_order.Count > 0)
        {
            _order.RemoveAt(_order.Count - 1);
        }
    }

    private IEnumerable<(int Place, TState State)> Steps(OperationSet done, TState state)
    {
        foreach (int place in Candidates(done))
        {
            RecordedOperation<TOperation, TResult> operation = _operations[place];
            foreach ((TState next, TResult result) in _specification.Outcomes(state, operation.Operation))
            {
                if (operation.IsPending || _results.Equals(result, operation.Result))
                {
                    yield return (place, next);
                }
            }
        }
    }

    /// <summary>A configuration on the present path, with the steps from it that are still to be tried.</summary>
    private sealed record Configuration(OperationSet Done, int Completed, IEnumerator<(int Place, TState State)> Steps);

    private sealed class ConfigurationComparer(IEqualityComparer<TState> states) : IEqualityComparer<(OperationSet Done, TState State)>
    {
        public bool Equals((OperationSet Done, TState State) x, (OperationSet Done, TState State) y)
            => x.Done.Equals(y.Done) && states.Equals(x.State, y.State);

        public int GetHashCode((OperationSet Done, TState State) configuration)
            => HashCode.Combine(configuration.Done, configuration.State is null ? 0 : states.GetHashCode(configuration.State));
    }
}
