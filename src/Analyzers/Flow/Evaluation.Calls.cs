using System.Collections.Generic;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.FlowAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace SwmrKit.Analyzers.Flow;

/// <summary>What calls and members do with the values they are given.</summary>
internal sealed partial class Evaluation
{
    private Value Call(IInvocationOperation call)
    {
        IMethodSymbol method = call.TargetMethod;
        Value instance = Evaluate(call.Instance);
        Value arguments = Arguments(call.Arguments, method);
        if (call.Instance is { } receiver)
        {
            if (Types.IsProtector(Unconverted(receiver).Type))
            {
                return OnProtector(call, receiver, instance);
            }

            if (method is { Name: "Dispose" or "DisposeAsync", Parameters.IsEmpty: true } && Disposes(receiver, instance))
            {
                return default;
            }

            Use(receiver, instance);
            OnContainer(call, receiver, instance, arguments);
            ReportWait(method, receiver);
        }

        ReportHandles(method, call.Arguments);
        if (Framework.ForgetsWork(method))
        {
            foreach (IArgumentOperation argument in call.Arguments)
            {
                Escape(argument.Value, Evaluate(argument.Value), "is used by work that nothing waits for");
            }

            return default;
        }

        return Result(call, method, instance, arguments);
    }

    private Value Create(IObjectCreationOperation creation)
    {
        if (creation.Constructor is not { } constructor)
        {
            return default;
        }

        Value arguments = Arguments(creation.Arguments, constructor);
        ReportHandles(constructor, creation.Arguments);
        Value result = Result(creation, constructor, default, arguments);
        return Types.IsProtector(creation.Type) && !creation.Arguments.IsEmpty ? new Value([], created: creation) : result;
    }

    private Value Result(IOperation call, IMethodSymbol method, Value instance, Value arguments)
    {
        Value given = instance.And(arguments);
        if (Types.IsProtector(method.ReturnType) && !method.ReturnsByRef && !method.ReturnsByRefReadonly)
        {
            return new Value([], created: call);
        }

        if (Framework.ReturnsWork(method))
        {
            return given.As(HoldKind.Work, call);
        }

        return Framework.IsLazy(method) ? Inside(given.Of(static hold => hold.Kind == HoldKind.Container), call) : default;
    }

    private Value Arguments(IEnumerable<IArgumentOperation> arguments, IMethodSymbol method)
    {
        Value all = default;
        foreach (IArgumentOperation argument in arguments)
        {
            bool isProtector = Types.IsProtector(Unconverted(argument.Value).Type);
            ISymbol? assigned = argument.Parameter?.RefKind == RefKind.Out ? Closures.VariableOf(Declared(argument.Value)) : null;
            Value value = isProtector || assigned is null ? Evaluate(argument.Value) : default; // What a variable has before it is assigned is not used.
            if (isProtector)
            {
                PassGuard(argument, method, value);
            }
            else if (!Framework.ComparesReferences(method))
            {
                Use(argument.Value, value);
                UseContainer(argument.Value, value);
            }

            if (assigned is not null)
            {
                SetVariable(assigned, default);
            }
            else
            {
                all = all.And(new Value(value.Holds));
            }
        }

        return all;
    }

    private static IOperation Declared(IOperation argument) => argument is IDeclarationExpressionOperation declared ? declared.Expression : argument;

    private Value OnProtector(IInvocationOperation call, IOperation receiver, Value instance)
    {
        IMethodSymbol method = call.TargetMethod;
        if (method is { Name: "Dispose", Parameters.IsEmpty: true })
        {
            if (instance.Guard is { } closed)
            {
                CloseGuard(closed);
            }

            return default;
        }

        if (!Types.IsGuard(method.ReturnType)) // One that returns a guard may have made it of this one.
        {
            ReportIfNobodys(instance);
        }

        if (method.Name == "Refresh" && instance.Guard is { } refreshed)
        {
            MakeStale(refreshed);
        }

        if (Types.IsDictionaryRead(Unconverted(receiver).Type))
        {
            return OnDictionaryRead(call, instance);
        }

        bool reads = Types.IsReadGuard(Unconverted(receiver).Type) && method.Name is "Protect" or "Read";
        return reads && (method.Name == "Protect" ? method.ReturnType.SpecialType != SpecialType.System_String : Types.MayBeDisposed(method.ReturnType))
            ? Read(call, instance)
            : Result(call, method, default, default);
    }

    // What a read of a dictionary finds, it returns or gives by an out argument.
    private Value OnDictionaryRead(IInvocationOperation call, Value instance)
    {
        if (call.TargetMethod.Name == "TryGetValue")
        {
            foreach (IArgumentOperation argument in call.Arguments)
            {
                if (argument.Parameter is { RefKind: RefKind.Out } found && Types.MayBeDisposed(found.Type) && Closures.VariableOf(Declared(argument.Value)) is { } variable)
                {
                    SetVariable(variable, Read(call, instance));
                }
            }
        }

        return call.TargetMethod.Name == "GetOrAdd" && Types.MayBeDisposed(call.TargetMethod.ReturnType) ? Read(call, instance) : Result(call, call.TargetMethod, default, default);
    }

    private Value Property(IPropertyReferenceOperation property)
    {
        Value instance = Evaluate(property.Instance);
        Arguments(property.Arguments, property.Property.GetMethod ?? property.Property.SetMethod!);
        if (property.Instance is not { } receiver)
        {
            return default;
        }

        if (Types.IsProtector(receiver.Type))
        {
            ReportIfNobodys(instance);
            return (property.Property.Name == "Value" || property.Property.IsIndexer) && property.Type is { } type && Types.MayBeDisposed(type) ? Read(property, instance) : default;
        }

        if (!property.Property.IsIndexer)
        {
            return Member(property, receiver, instance);
        }

        UseContainer(receiver, instance);
        return Member(property, receiver, instance);
    }

    private Value Member(IMemberReferenceOperation member, IOperation owner, Value instance)
    {
        Use(owner, instance);
        if (Framework.WaitsFor(member.Member))
        {
            Finish(owner, instance);
        }

        return default;
    }

    /// <summary>A reference read under a guard, which must be known for anything to be said of it.</summary>
    private static Value Read(IOperation read, Value guard) => guard.Guard is { } place
        ? new Value([new Hold(place, HoldKind.Reference, HoldState.Protected, read)])
        : default;

    // A member of a guard that no variable has: nobody will dispose it.
    private void ReportIfNobodys(Value guard)
    {
        if (guard.Created is { } created)
        {
            ReportNotDisposed(created);
        }
    }

    private void OnContainer(IInvocationOperation call, IOperation receiver, Value instance, Value arguments)
    {
        IMethodSymbol method = call.TargetMethod;
        if (Framework.WaitsFor(method))
        {
            Finish(receiver, instance);
        }

        if (method.Name is "GetEnumerator" or "Invoke" or "ToArray" or "ToList")
        {
            UseContainer(receiver, instance);
        }

        if (Unconverted(receiver) is IObjectCreationOperation started)
        {
            foreach (Hold hold in instance.Holds.Where(hold => hold.Kind == HoldKind.Work && !Framework.WaitsFor(method) && hold.Origin == started))
            {
                ReportWork(hold);
            }
        }

        if (Framework.Keeps(method) && arguments.Of(static hold => hold.Kind != HoldKind.Work) is { Holds.IsEmpty: false } kept)
        {
            IArgumentOperation argument = call.Arguments.LastOrDefault(static argument => argument.Value.Type is { IsReferenceType: true }) ?? call.Arguments[call.Arguments.Length - 1]; // In a tuple, for instance.
            IOperation source = argument.Value;
            switch (OwnerOf(receiver, out Place local))
            {
                case Owner.Local:
                    AddInside(local, kept, source);
                    break;
                case Owner.Elsewhere:
                    Escape(source, kept, "is put into a collection that outlives the read section");
                    break;
                default:
                    break;
            }
        }
    }

    // Something takes out what a collection or delegate has inside.
    private void UseContainer(IOperation operation, Value value)
    {
        foreach (Hold hold in value.Holds.Where(static hold => hold is { Kind: HoldKind.Container, IsStale: true }))
        {
            Report(Rules.UseAfter, operation.Syntax.GetLocation(), TextOf(operation), hold.Guard.Name);
        }
    }

    // Work that has been waited for uses nothing any more.
    private void Finish(IOperation work, Value value)
    {
        foreach (Hold finished in value.Holds.Where(static hold => hold.Kind == HoldKind.Work))
        {
            _state = _state.WithHolds(finished.Guard, hold => hold.Kind == HoldKind.Work && hold.Origin == finished.Origin ? null : hold);
        }
    }

    private bool Disposes(IOperation receiver, Value instance)
    {
        Location at = receiver.Syntax.GetLocation();
        if (Unconverted(receiver) is IPropertyReferenceOperation { Property.Name: "Value", Instance: { } owner } && Types.IsDetached(owner.Type))
        {
            Report(Rules.DisposesValue, at, TextOf(receiver));
            return true;
        }

        Hold? hold = instance.Holds.FirstOrDefault(static hold => hold.Kind == HoldKind.Reference);
        if (hold is { IsStale: false })
        {
            Report(Rules.DisposesValue, at, TextOf(receiver));
        }

        return hold is { IsStale: false };
    }

    private void ReportWait(IMethodSymbol method, IOperation receiver)
    {
        bool waits = (Types.IsDomain(receiver.Type) && method.Name is "Synchronize" or "Dispose") || (Types.IsRegistry(receiver.Type) && method.Name == "WaitForReaders");
        if (!waits || !(Types.IsDomain(Unconverted(receiver).Type) || Types.IsRegistry(receiver.Type)))
        {
            return;
        }

        ISymbol? domain = Domains.Of(receiver);
        foreach (var one in _state.Guards.Where(static one => one.Value.IsOpen))
        {
            // A lease is held by an object, not by a thread that is inside, and two domains do not wait for each other's readers, nor for those of locks.
            bool isOther = domain is not null && Domains.Entered(one.Value.Created) is { } entered && !SymbolEqualityComparer.Default.Equals(domain, entered);
            if (!isOther && (one.Value.Created is not { } created || (Types.IsGuard(created.Type) && !Types.IsLockSection(created.Type))))
            {
                Report(Rules.WaitInside, receiver.Parent!.Syntax.GetLocation(), TextOf(receiver) + "." + method.Name, one.Key.Name);
            }
        }
    }

    // A handle that a delegate takes to another thread.
    private void ReportHandles(IMethodSymbol method, IEnumerable<IArgumentOperation> arguments)
    {
        if (!Framework.RunsElsewhere(method))
        {
            return;
        }

        foreach (IOperation use in arguments.SelectMany(argument => FunctionOf(argument.Value) is { } function ? body.Closures.CapturesOf(function) : []))
        {
            ISymbol variable = Closures.VariableOf(use)!;
            if (Types.IsHandle(use.Type) && !body.Closures.IsAssigned(variable) && !IsHarmless(use))
            {
                Report(Rules.Handle, use.Syntax.GetLocation(), variable.Name, "is taken to another thread");
            }
        }
    }

    private static IMethodSymbol? FunctionOf(IOperation argument) => Unconverted(argument) switch
    {
        IDelegateCreationOperation creation => FunctionOf(creation.Target),
        IFlowAnonymousFunctionOperation lambda => lambda.Symbol,
        IMethodReferenceOperation { Method: { MethodKind: MethodKind.LocalFunction } function } => function,
        _ => null,
    };
}
