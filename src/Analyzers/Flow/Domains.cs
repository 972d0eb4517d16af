using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace SwmrKit.Analyzers.Flow;

/// <summary>Which retirement domain an expression means, as far as it names one.</summary>
internal static class Domains
{
    /// <summary>The variable that holds the domain, or null.</summary>
    public static ISymbol? Of(IOperation? expression) => expression switch
    {
        IConversionOperation conversion => Of(conversion.Operand),
        ILocalReferenceOperation local => local.Local,
        IParameterReferenceOperation parameter => parameter.Parameter,
        IFieldReferenceOperation { Instance: null or IInstanceReferenceOperation } field => field.Field,
        IPropertyReferenceOperation { Property.Name: "Readers" } readers => Of(readers.Instance),
        IPropertyReferenceOperation { Property.Name: "Shared" } shared => shared.Property,
        _ => null,
    };

    /// <summary>The domain whose <c>Enter</c> a guard comes from, or null: a handle's or a cell's is not named where it is read.</summary>
    public static ISymbol? Entered(IOperation? created) => created is IInvocationOperation { TargetMethod: { Name: "Enter", ContainingType.Name: "RetirementDomain" or "ReaderRegistry" } } call
        ? Of(call.Instance)
        : null;
}
