using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.FlowAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace SwmrKit.Analyzers.Flow;

/// <summary>What the operations of a body do to its state, and what is wrong with them in that state.</summary>
/// <remarks>
/// Every operation is evaluated to the <see cref="Value"/> it yields. What takes a value decides what that means: a store may let it escape
/// (Evaluation.Stores.cs), a call may keep it, dispose it or go on with it elsewhere (Evaluation.Calls.cs), and any use of one whose guard is closed is reported.
/// </remarks>
internal sealed partial class Evaluation(Body body)
{
    private State _state = State.Empty;

    /// <summary>Whether what is found is reported. Off until the state is known at every point.</summary>
    public bool Reports { get; set; }

    private SwmrTypes Types => body.Types;

    /// <summary>What is known where the body begins.</summary>
    public State Entry()
    {
        State state = State.Empty;
        if (body.Method is not { } method)
        {
            return state;
        }

        foreach (IParameterSymbol parameter in method.Parameters)
        {
            if (Types.IsGuard(parameter.Type) && parameter.RefKind != RefKind.Out)
            {
                state = state.WithGuard(new Place(parameter), GuardStates.Lent, created: null);
            }

            if (method.IsAsync && Types.IsHandle(parameter.Type))
            {
                state = state.WithHandle(new Place(parameter));
            }
        }

        if (method.IsAsync)
        {
            foreach (ISymbol captured in body.Closures.CapturesOf(method).Where(use => Types.IsHandle(use.Type)).Select(static use => Closures.VariableOf(use)!))
            {
                state = state.WithHandle(new Place(captured));
            }
        }

        return state;
    }

    public Outcome Evaluate(BasicBlock block, State entry)
    {
        _state = entry;
        foreach (IOperation operation in block.Operations)
        {
            Evaluate(operation);
        }

        if (block.BranchValue is not { } value)
        {
            return new Outcome(_state, null, null, false);
        }

        Value result = Evaluate(value);
        if (block.FallThroughSuccessor?.Semantics == ControlFlowBranchSemantics.Return)
        {
            Return(value, result);
        }
        else
        {
            Use(value, result);
        }

        (Place? guard, bool absentWhen) = TestOf(value);
        return new Outcome(_state, guard, guard is null ? null : value, absentWhen);
    }

    /// <summary>The body ends here.</summary>
    public void Leave(State state)
    {
        foreach (var one in state.Guards)
        {
            ReportIfLeftOpen(one.Value);
        }
    }

    private Value Evaluate(IOperation? operation)
    {
        switch (operation)
        {
            case null:
                return default;
            case IExpressionStatementOperation statement:
                Discard(statement.Operation, Evaluate(statement.Operation));
                return default;
            case ISimpleAssignmentOperation assignment:
                return Assign(assignment);
            case IDeconstructionAssignmentOperation deconstruction:
                return Deconstruct(deconstruction);
            case IFlowCaptureOperation temporary:
                Capture(temporary);
                return default;
            case IFlowCaptureReferenceOperation temporary:
                return _state.Values.TryGetValue(new Place(temporary.Id), out Value captured) ? captured : default;
            case ILocalReferenceOperation local:
                return Variable(operation, local.Local);
            case IParameterReferenceOperation parameter:
                return Variable(operation, parameter.Parameter);
            case IConversionOperation conversion:
                Value operand = Evaluate(conversion.Operand);
                return conversion.OperatorMethod is null ? operand : UseUp(conversion.Operand, operand);
            case IInvocationOperation call:
                return Call(call);
            case IObjectCreationOperation creation:
                return Create(creation);
            case IPropertyReferenceOperation property:
                return Property(property);
            case IFieldReferenceOperation or IEventReferenceOperation:
                var member = (IMemberReferenceOperation)operation;
                return member.Instance is { } owner ? Member(member, owner, Evaluate(owner)) : default;
            case IMethodReferenceOperation method:
                return method.Instance is { } target ? Inside(Evaluate(target), method) : default;
            case IDelegateCreationOperation creation:
                return creation.Target is IMethodReferenceOperation { Method: { MethodKind: MethodKind.LocalFunction } function } ? Closure(creation, function) : Evaluate(creation.Target);
            case IFlowAnonymousFunctionOperation lambda:
                return Closure(lambda, lambda.Symbol);
            case IIsPatternOperation test:
                return Match(test);
            case IIsNullOperation or IIsTypeOperation or IBinaryOperation { OperatorKind: BinaryOperatorKind.Equals or BinaryOperatorKind.NotEquals, OperatorMethod: null }:
                EvaluateChildren(operation);
                return default;
            case ITupleOperation or IArrayInitializerOperation or ICollectionExpressionOperation or IAnonymousObjectCreationOperation or IArrayCreationOperation or ISpreadOperation:
                return Inside(EvaluateChildren(operation, takes: true), operation);
            case IReturnOperation yielded:
                Value value = Evaluate(yielded.ReturnedValue);
                Escape(yielded.ReturnedValue!, value, "is yielded to the caller", isReturned: true);
                return default;
            case IAwaitOperation await:
                UseUp(await.Operation, Evaluate(await.Operation));
                _state = _state.AfterAwait();
                return default;
            case IEventAssignmentOperation subscription:
                Evaluate(subscription.EventReference);
                Value handler = Evaluate(subscription.HandlerValue);
                if (subscription.Adds)
                {
                    Escape(subscription.HandlerValue, handler, "is kept by an event");
                }

                return default;
            default:
                UseChildren(operation);
                return default;
        }
    }

    /// <summary>The variable itself: what it holds is judged by what takes it.</summary>
    private Value Variable(IOperation reference, ISymbol symbol)
    {
        var place = new Place(symbol);
        if (_state.Handles.TryGetValue(place, out bool crossed) && crossed && !Closures.Assigns(reference) && !IsHarmless(reference))
        {
            // What disposes it at the end of its scope stands nowhere in the source: the declaration does.
            Location at = reference.IsImplicit && symbol.Locations.FirstOrDefault() is { } declared ? declared : reference.Syntax.GetLocation();
            Report(Rules.Handle, at, symbol.Name, "is used after an 'await', which may go on on another thread");
        }

        _state.Values.TryGetValue(place, out Value value);
        return Types.IsProtector(reference.Type) ? new Value(value.Holds, guard: value.Guard ?? place) : value;
    }

    // Its name, and whether there is one, may be asked on any thread.
    private static bool IsHarmless(IOperation handle) => handle.Parent switch
    {
        IPropertyReferenceOperation => true,
        IIsNullOperation or IIsPatternOperation or IBinaryOperation => true,
        _ => false,
    };

    private void Capture(IFlowCaptureOperation temporary)
    {
        Value value = Evaluate(temporary.Value);
        var place = new Place(temporary.Id);
        if (value.Created is { } created && Types.IsProtector(temporary.Value.Type))
        {
            OpenGuard(place, created);
            value = new Value(value.Holds, guard: place);
        }

        _state = _state.WithValue(place, value);
    }

    private Value Match(IIsPatternOperation test)
    {
        Value value = Evaluate(test.Value);
        foreach (ILocalSymbol local in Declared(test.Pattern))
        {
            SetVariable(local, value);
        }

        if (!IsTestForNull(test.Pattern))
        {
            Use(test.Value, value);
        }

        return default;

        // Only the pattern as a whole names the value itself; those within name its parts.
        static System.Collections.Generic.IEnumerable<ILocalSymbol> Declared(IPatternOperation pattern) => pattern switch
        {
            IDeclarationPatternOperation { DeclaredSymbol: ILocalSymbol local } => [local],
            IRecursivePatternOperation { DeclaredSymbol: ILocalSymbol local } => [local],
            INegatedPatternOperation negated => Declared(negated.Pattern),
            IBinaryPatternOperation both => Declared(both.LeftPattern).Concat(Declared(both.RightPattern)),
            _ => [],
        };
    }

    private static bool IsTestForNull(IPatternOperation pattern) => pattern switch
    {
        IConstantPatternOperation { Value.ConstantValue: { HasValue: true, Value: null } } => true,
        IRecursivePatternOperation { PropertySubpatterns.IsEmpty: true, DeconstructionSubpatterns.IsEmpty: true } => true,
        INegatedPatternOperation negated => IsTestForNull(negated.Pattern),
        IDeclarationPatternOperation or ITypePatternOperation or IDiscardPatternOperation => true,
        _ => false,
    };

    private Value Closure(IOperation delegated, IMethodSymbol function)
    {
        Value inside = default;
        foreach (ISymbol captured in body.Closures.CapturesOf(function).Select(static use => Closures.VariableOf(use)!))
        {
            if (_state.Values.TryGetValue(new Place(captured), out Value value))
            {
                Use(delegated, value);
                inside = inside.And(Inside(value, delegated));
            }
        }

        return inside;
    }

    private static Value Inside(Value value, IOperation origin) => value.Of(static hold => hold.Kind != HoldKind.Work).As(HoldKind.Container, origin);

    private Value EvaluateChildren(IOperation operation, bool takes = false)
    {
        Value all = default;
        foreach (IOperation child in operation.ChildOperations)
        {
            Value value = Evaluate(child);
            all = all.And(value);
            if (takes)
            {
                TakeLease(child, value);
            }
        }

        return all;
    }

    private void UseChildren(IOperation operation)
    {
        foreach (IOperation child in operation.ChildOperations)
        {
            Value value = Evaluate(child);
            Use(child, value);
            TakeLease(child, value);
        }
    }

    private Value UseUp(IOperation operation, Value value)
    {
        Use(operation, value);
        return default;
    }

    /// <summary>The value is used for what it is, and not only passed on.</summary>
    private void Use(IOperation operation, Value value)
    {
        foreach (Hold hold in value.Holds.Where(static hold => hold is { Kind: HoldKind.Reference, IsStale: true }))
        {
            Report(Rules.UseAfter, operation.Syntax.GetLocation(), TextOf(operation), hold.Guard.Name);
        }
    }

    private void Report(DiagnosticDescriptor rule, Location at, params object[] arguments)
    {
        if (Reports)
        {
            body.Report(rule, at, arguments);
        }
    }

    private static string TextOf(IOperation operation)
    {
        string text = string.Join(" ", operation.Syntax.ToString().Split([' ', '\r', '\n', '\t'], System.StringSplitOptions.RemoveEmptyEntries));
        return text.Length <= 60 ? text : text.Substring(0, 57) + "...";
    }

    // The guard that a condition is about: whether there is one, or whether it is open.
    private (Place? Guard, bool AbsentWhen) TestOf(IOperation condition) => condition switch
    {
        IUnaryOperation { OperatorKind: UnaryOperatorKind.Not } not when TestOf(not.Operand) is ({ } guard, var when) => (guard, !when),
        IIsNullOperation test => (GuardOf(test.Operand), true),
        IIsPatternOperation { Pattern: IConstantPatternOperation { Value.ConstantValue: { HasValue: true, Value: null } } } test => (GuardOf(test.Value), true),
        IIsPatternOperation { Pattern: INegatedPatternOperation { Pattern: IConstantPatternOperation { Value.ConstantValue: { HasValue: true, Value: null } } } } test
            => (GuardOf(test.Value), false),
        IBinaryOperation { OperatorKind: BinaryOperatorKind.Equals, RightOperand.ConstantValue: { HasValue: true, Value: null } } test => (GuardOf(test.LeftOperand), true),
        IBinaryOperation { OperatorKind: BinaryOperatorKind.NotEquals, RightOperand.ConstantValue: { HasValue: true, Value: null } } test => (GuardOf(test.LeftOperand), false),
        IPropertyReferenceOperation { Property.Name: "IsOpen", Instance: { } guard } when Types.IsGuard(guard.Type) => (GuardOf(guard), false),
        _ => (null, false),
    };

    private Place? GuardOf(IOperation operation) => operation switch
    {
        IConversionOperation conversion => GuardOf(conversion.Operand),
        IFlowCaptureReferenceOperation temporary => _state.Values.TryGetValue(new Place(temporary.Id), out Value value) ? value.Guard : null,
        ILocalReferenceOperation local when Types.IsProtector(local.Type) => new Place(local.Local),
        _ => null,
    };

    /// <summary>The state behind a block, and the guard that its condition tells of.</summary>
    internal readonly struct Outcome(State state, Place? guard, IOperation? condition, bool absentWhen)
    {
        public State State { get; } = state;

        /// <summary>The state on the way taken when the condition does not hold.</summary>
        public State WhenFalse(BasicBlock block) => On(block, conditional: false);

        public State WhenTrue(BasicBlock block) => On(block, conditional: true);

        private State On(BasicBlock block, bool conditional)
        {
            if (condition is null || guard is not { } place || block.ConditionKind == ControlFlowConditionKind.None)
            {
                return State;
            }

            bool holds = conditional == (block.ConditionKind == ControlFlowConditionKind.WhenTrue);
            return holds == absentWhen && State.Guards.ContainsKey(place) ? State.WithoutGuard(place).WithHolds(place, static _ => null) : State;
        }
    }
}
