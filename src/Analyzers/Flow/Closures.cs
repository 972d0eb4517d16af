using System.Collections.Generic;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace SwmrKit.Analyzers.Flow;

/// <summary>What the lambdas and local functions of a member use of what is declared around them.</summary>
internal sealed class Closures
{
    private readonly Dictionary<ISymbol, List<IOperation>> _captures = new(SymbolEqualityComparer.Default);
    private readonly HashSet<ISymbol> _captured = new(SymbolEqualityComparer.Default);
    private readonly HashSet<ISymbol> _assigned = new(SymbolEqualityComparer.Default);

    public Closures(IOperation member)
    {
        foreach (IOperation operation in member.Descendants())
        {
            if (FunctionOf(operation) is { } function)
            {
                _captures[function] = [.. operation.Descendants().Where(one => VariableOf(one) is { } variable && !IsInside(variable, function))];
            }
        }

        foreach (IOperation use in _captures.Values.SelectMany(static uses => uses))
        {
            ISymbol variable = VariableOf(use)!;
            _captured.Add(variable);
            if (Assigns(use))
            {
                _assigned.Add(variable);
            }
        }
    }

    public IReadOnlyList<IOperation> CapturesOf(IMethodSymbol function) => _captures.TryGetValue(function, out List<IOperation>? uses) ? uses : [];

    /// <summary>Whether a lambda or local function uses a variable declared around it.</summary>
    public bool IsCaptured(ISymbol variable) => _captured.Contains(variable);

    /// <summary>Whether one assigns it: then nothing is known of it where it is declared either.</summary>
    public bool IsAssigned(ISymbol variable) => _assigned.Contains(variable);

    public static ISymbol? VariableOf(IOperation operation) => operation switch
    {
        ILocalReferenceOperation local => local.Local,
        IParameterReferenceOperation parameter => parameter.Parameter,
        _ => null,
    };

    public static bool Assigns(IOperation use) => use.Parent switch
    {
        IAssignmentOperation assignment => assignment.Target == use,
        IArgumentOperation argument => argument.Parameter?.RefKind is RefKind.Ref or RefKind.Out,
        _ => false,
    };

    private static IMethodSymbol? FunctionOf(IOperation operation) => operation switch
    {
        IAnonymousFunctionOperation lambda => lambda.Symbol,
        ILocalFunctionOperation local => local.Symbol,
        _ => null,
    };

    private static bool IsInside(ISymbol variable, IMethodSymbol function)
    {
        for (ISymbol? owner = variable.ContainingSymbol; owner is not null; owner = owner.ContainingSymbol)
        {
            if (SymbolEqualityComparer.Default.Equals(owner, function))
            {
                return true;
            }
        }

        return false;
    }
}
