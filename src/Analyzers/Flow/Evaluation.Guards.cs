using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace SwmrKit.Analyzers.Flow;

/// <summary>The life of guards, reads and leases: entered, moved, copied, closed.</summary>
internal sealed partial class Evaluation
{
    private void OpenGuard(Place place, IOperation created)
    {
        if (_state.Guards.TryGetValue(place, out GuardState last))
        {
            ReportIfLeftOpen(last);
        }

        MakeStale(place);
        _state = _state.WithGuard(place, GuardStates.Open, created);
    }

    private void CloseGuard(Place place)
    {
        foreach (Hold hold in _state.Values.Values.SelectMany(static value => value.Holds)
            .Where(hold => hold.Guard.Equals(place) && hold is { Kind: HoldKind.Work, State: HoldState.Protected }))
        {
            ReportWork(hold);
        }

        MakeStale(place);
        GuardState known = _state.Guards.TryGetValue(place, out GuardState state) ? state : default;
        if (!place.IsTemporary || known.Created is not null)
        {
            _state = _state.WithGuard(place, GuardStates.Closed, known.Created);
        }
    }

    private void MakeStale(Place guard) =>
        _state = _state.WithHolds(guard, static hold => hold.Kind == HoldKind.Work ? null : hold.As(HoldState.Stale));

    /// <summary>Whether that was all; otherwise the target is followed as any other variable.</summary>
    private bool StoreGuard(ISymbol? variable, IOperation source, Value value, bool isRef)
    {
        if (variable is ILocalSymbol { RefKind: not RefKind.None } && isRef)
        {
            _state = _state.WithValue(new Place(variable), new Value([], guard: value.Guard));
            return true;
        }

        // A guard that is kept in a field, or handed out by a parameter, is somebody else's to dispose.
        Place? target = variable is ILocalSymbol { RefKind: RefKind.None } && !body.Closures.IsCaptured(variable) ? new Place(variable) : null;
        if (value.Created is { } created)
        {
            if (target is { } local)
            {
                OpenGuard(local, created);
            }
        }
        else if (value.Guard is { } guard)
        {
            bool isCopy = Types.IsGuard(source.Type) && !guard.IsTemporary && IsVariable(source) && !(variable is null && guard.Symbol is IParameterSymbol { RefKind: RefKind.None });
            if (isCopy)
            {
                Report(Rules.Copy, source.Syntax.GetLocation(), TextOf(source), variable is null ? "into a field" : $"into '{variable.Name}'");
            }
            else if (Move(guard) is { Created: { } origin } && target is { } local)
            {
                OpenGuard(local, origin);
            }
        }
        else if (target is { } local)
        {
            MakeStale(local);
            _state = _state.WithGuard(local, GuardStates.Absent, created: null);
        }

        return true;
    }

    private void ReturnGuard(IOperation source, Value value)
    {
        if (value.Guard is not { } guard)
        {
            if (Types.IsGuard(source.Type) && Unconverted(source) is IFieldReferenceOperation)
            {
                Report(Rules.Copy, source.Syntax.GetLocation(), TextOf(source), "to the caller");
            }

            return;
        }

        // A parameter taken by value has been given away by the caller. A local that is disposed as well is returned closed.
        bool isMoved = guard.Symbol switch
        {
            IParameterSymbol parameter => parameter.RefKind == RefKind.None,
            ILocalSymbol local => local.RefKind == RefKind.None && !local.IsUsing,
            _ => true,
        };
        if (!isMoved && Types.IsGuard(source.Type))
        {
            Report(Rules.Copy, source.Syntax.GetLocation(), TextOf(source), "to the caller");
        }
        else
        {
            Move(guard);
        }
    }

    private void PassGuard(IArgumentOperation argument, IMethodSymbol method, Value value)
    {
        RefKind kind = argument.Parameter?.RefKind ?? RefKind.None;
        if (value.Guard is not { } guard || kind is RefKind.In or RefKind.RefReadOnlyParameter)
        {
            return;
        }

        // A guard that is not disposed here may be given to a ref struct, which alone can keep it.
        ITypeSymbol made = method.MethodKind == MethodKind.Constructor ? method.ContainingType : method.ReturnType;
        bool isGivenAway = made.IsRefLikeType && guard.Symbol is { } variable && !body.Disposes(variable);
        if (kind == RefKind.None && Types.IsGuard(argument.Value.Type) && IsVariable(argument.Value) && !isGivenAway)
        {
            Report(Rules.Copy, argument.Value.Syntax.GetLocation(), TextOf(argument.Value), $"into the argument '{argument.Parameter?.Name}'");
            return;
        }

        Move(guard); // By value, what is given away; by reference, the callee may dispose it.
    }

    // A lease is an object: whoever else has it may dispose it.
    private void TakeLease(IOperation operation, Value value)
    {
        if (value.Guard is { } lease && Types.IsLease(Unconverted(operation).Type))
        {
            Move(lease);
        }
    }

    private GuardState Move(Place guard)
    {
        _state.Guards.TryGetValue(guard, out GuardState state);
        if (!state.States.HasFlag(GuardStates.Lent))
        {
            _state = _state.WithoutGuard(guard);
        }

        return state;
    }

    private static bool IsVariable(IOperation operation) => Unconverted(operation) is ILocalReferenceOperation { IsDeclaration: false } or IParameterReferenceOperation or IFieldReferenceOperation;

    private void ReportIfLeftOpen(GuardState guard)
    {
        if (guard is { MayBeLeftOpen: true, Created: { } created })
        {
            ReportNotDisposed(created);
        }
    }

    private void ReportNotDisposed(IOperation created)
    {
        (string kind, string consequence) = Types.IsLease(created.Type)
            ? ("lease", "once it is dropped, nobody disposes its object, which is left to its own finalizer")
            : Types.IsLockSection(created.Type)
            ? ("section", "it keeps writers out, or everybody if it is a writer's")
            : ("read section", "it holds back what it protects until its thread ends");
        Report(Rules.NotDisposed, created.Syntax.GetLocation(), kind, TextOf(created), consequence);
    }

    private void ReportWork(Hold work) => Report(Rules.Work, work.Origin.Syntax.GetLocation(), TextOf(work.Origin), work.Guard.Name);
}
