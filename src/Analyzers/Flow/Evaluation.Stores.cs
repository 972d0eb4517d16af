using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.FlowAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace SwmrKit.Analyzers.Flow;

/// <summary>Where values go: into variables, which are followed, or out of the body, where they outlive its guards.</summary>
internal sealed partial class Evaluation
{
    private Value Assign(ISimpleAssignmentOperation assignment)
    {
        EvaluateTarget(assignment.Target);
        Value value = Evaluate(assignment.Value);
        Store(assignment.Target, assignment.Value, value, assignment.IsRef);
        return new Value(value.Holds);
    }

    private Value Deconstruct(IDeconstructionAssignmentOperation deconstruction)
    {
        IOperation target = deconstruction.Target is IDeclarationExpressionOperation declared ? declared.Expression : deconstruction.Target;
        if (target is ITupleOperation targets && Unconverted(deconstruction.Value) is ITupleOperation values && targets.Elements.Length == values.Elements.Length)
        {
            foreach (IOperation element in targets.Elements)
            {
                EvaluateTarget(element);
            }

            Value[] evaluated = [.. values.Elements.Select(Evaluate)];
            for (int i = 0; i < evaluated.Length; i++)
            {
                Store(targets.Elements[i], values.Elements[i], evaluated[i], isRef: false);
            }
        }
        else
        {
            Use(deconstruction.Value, Evaluate(deconstruction.Value));
        }

        return default;
    }

    // What is evaluated before something is stored: not the variable, but where it is.
    private void EvaluateTarget(IOperation target)
    {
        switch (target)
        {
            case IMemberReferenceOperation { Instance: { } instance }:
                Use(instance, Evaluate(instance));
                break;
            case IArrayElementReferenceOperation element:
                Use(element.ArrayReference, Evaluate(element.ArrayReference));
                break;
            default:
                return;
        }

        if (target is IPropertyReferenceOperation indexer)
        {
            foreach (IArgumentOperation argument in indexer.Arguments)
            {
                Use(argument.Value, Evaluate(argument.Value));
            }
        }
    }

    private void Store(IOperation target, IOperation source, Value value, bool isRef)
    {
        if (target is IFlowCaptureReferenceOperation temporary && body.OriginOf(temporary) is { } origin)
        {
            target = origin;
        }

        if (target is IDiscardOperation)
        {
            Discard(source, value);
            return;
        }

        if (target is IDeclarationExpressionOperation declaration)
        {
            target = declaration.Expression;
        }

        ISymbol? variable = Closures.VariableOf(target);
        if (Types.IsProtector(target.Type) && StoreGuard(variable, source, value, isRef))
        {
            return;
        }

        TakeLease(source, value);

        switch (variable)
        {
            case ILocalSymbol { RefKind: not RefKind.None } when !isRef:
                Escape(source, value, $"is stored by reference in '{variable.Name}'");
                break;
            case IParameterSymbol { RefKind: not RefKind.None }:
                if (!body.HandsOnGuards)
                {
                    Escape(source, value, $"is handed to the caller in '{variable.Name}'");
                }

                break;
            case not null:
                SetVariable(variable, value);
                break;
            default:
                StoreInto(target, source, value);
                break;
        }
    }

    private void SetVariable(ISymbol variable, Value value)
    {
        var place = new Place(variable);
        if (_state.Handles.ContainsKey(place) || (body.Method is { IsAsync: true } && variable is ILocalSymbol local && Types.IsHandle(local.Type)))
        {
            _state = _state.WithHandle(place);
        }

        _state = _state.WithValue(place, body.Closures.IsAssigned(variable) ? default : new Value(value.Holds));
    }

    // Into a field, a property, an element.
    private void StoreInto(IOperation target, IOperation source, Value value)
    {
        if (value.Holds.IsEmpty)
        {
            return;
        }

        switch (OwnerOf(target, out Place local))
        {
            case Owner.Local:
                AddInside(local, value, source);
                break;
            case Owner.Elsewhere:
                string what = target switch
                {
                    IFieldReferenceOperation field => $"is stored in the field '{field.Field.Name}'",
                    IPropertyReferenceOperation { Property.IsIndexer: true } => "is stored in a collection",
                    IPropertyReferenceOperation property => $"is stored in the property '{property.Property.Name}'",
                    IArrayElementReferenceOperation => "is stored in an array",
                    _ => "is stored",
                };
                Escape(source, value, what + " that outlives the read section");
                break;
            default:
                break;
        }
    }

    private void AddInside(Place owner, Value value, IOperation origin)
    {
        Value inside = Inside(value, origin);
        if (owner.Symbol is { } symbol && body.Closures.IsAssigned(symbol))
        {
            return;
        }

        _state = _state.WithValue(owner, _state.Values.TryGetValue(owner, out Value known) ? known.And(new Value(inside.Holds, known.Created, known.Guard)) : inside);
    }

    private enum Owner
    {
        /// <summary>Something in a local: followed as the local is.</summary>
        Local,

        /// <summary>Something that others have, and that outlives the body.</summary>
        Elsewhere,

        /// <summary>Part of a ref struct, which may live as short as the guard does.</summary>
        OnStack,
    }

    private Owner OwnerOf(IOperation? part, out Place local)
    {
        local = default;
        switch (part)
        {
            case IConversionOperation conversion:
                return OwnerOf(conversion.Operand, out local);
            case IMemberReferenceOperation { Instance: { } instance }:
                return OwnerOf(instance, out local);
            case IArrayElementReferenceOperation element:
                return OwnerOf(element.ArrayReference, out local);
            case ILocalReferenceOperation { Local: { RefKind: RefKind.None } symbol }:
                local = new Place(symbol);
                return Owner.Local;
            case IFlowCaptureReferenceOperation temporary:
                IOperation? origin = body.OriginOf(temporary);
                if (origin is ILocalReferenceOperation or IParameterReferenceOperation or IMemberReferenceOperation or IInstanceReferenceOperation or IConversionOperation
                    or IArrayElementReferenceOperation or IFlowCaptureReferenceOperation)
                {
                    return OwnerOf(origin, out local);
                }

                local = new Place(temporary.Id);
                return origin is IObjectCreationOperation or IArrayCreationOperation or IAnonymousObjectCreationOperation ? Owner.Local : Owner.Elsewhere;
            case IParameterReferenceOperation { Type.IsRefLikeType: true }:
                return IsSpan(part.Type) ? Owner.Elsewhere : Owner.OnStack;
            case IInstanceReferenceOperation { Type.IsRefLikeType: true }:
                return Owner.OnStack;
            default:
                return Owner.Elsewhere;
        }
    }

    // A span refers to what is elsewhere; other ref structs hold their fields themselves.
    private static bool IsSpan(ITypeSymbol? type) => type is { Name: "Span", ContainingNamespace: { Name: "System", ContainingNamespace.IsGlobalNamespace: true } };

    private void Return(IOperation source, Value value)
    {
        if (Types.IsProtector(Unconverted(source).Type))
        {
            ReturnGuard(source, value);
        }
        else if (!body.HandsOnGuards)
        {
            Escape(source, value, body.Method is { MethodKind: MethodKind.AnonymousFunction } ? "is returned from a lambda" : "is returned", isReturned: true);
        }
    }

    private void Discard(IOperation source, Value value)
    {
        if (value.Created is { } created)
        {
            ReportNotDisposed(created);
        }

        foreach (Hold hold in value.Holds.Where(static hold => hold.Kind == HoldKind.Work && hold.State != HoldState.Stale))
        {
            if (Unconverted(source) is IInvocationOperation or IObjectCreationOperation)
            {
                ReportWork(hold);
            }
        }
    }

    /// <summary>The value goes where nothing ends with the guard.</summary>
    private void Escape(IOperation source, Value value, string how, bool isReturned = false)
    {
        foreach (Hold hold in value.Holds.Where(hold => IsBound(hold.Guard, isReturned)))
        {
            if (hold.Kind == HoldKind.Work)
            {
                ReportWork(hold);
            }
            else if (hold.IsStale && hold.Kind == HoldKind.Reference)
            {
                Use(source, value);
            }
            else
            {
                Report(Rules.Escape, source.Syntax.GetLocation(), TextOf(source), how, hold.Guard.Name);
            }
        }
    }

    // Whether a guard ends before what it protects would, if that went out of the body.
    private bool IsBound(Place guard, bool isReturned) => guard.Symbol switch
    {
        ILocalSymbol local when Types.IsLease(local.Type) => body.Disposes(local),
        IParameterSymbol => !isReturned,
        _ => true,
    };

    private static IOperation Unconverted(IOperation operation) => operation is IConversionOperation conversion ? Unconverted(conversion.Operand) : operation;
}
