using System.Collections.Immutable;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;
using SwmrKit.Analyzers.Flow;

namespace SwmrKit.Analyzers;

/// <summary>Reports misuse of guards, reads, leases and reader handles. The rules and what they cannot see: <c>docs/analyzers.md</c>.</summary>
/// <remarks>Where it is in doubt it says nothing: a warning that is wrong teaches people to switch the others off.</remarks>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
internal sealed class ReadSectionAnalyzer : DiagnosticAnalyzer
{
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } =
    [
        Rules.Escape, Rules.UseAfter, Rules.Work, Rules.NotDisposed, Rules.Copy, Rules.Handle, Rules.WaitInside, Rules.DisposesValue,
    ];

    public override void Initialize(AnalysisContext context)
    {
        context.EnableConcurrentExecution();
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.RegisterCompilationStartAction(static start =>
        {
            if (SwmrTypes.In(start.Compilation) is { } types)
            {
                start.RegisterOperationBlockAction(context => AnalyzeBlocks(context, types));
                start.RegisterSymbolAction(context => AnalyzeField(context, (IFieldSymbol)context.Symbol, types), SymbolKind.Field);
                start.RegisterSymbolAction(context => AnalyzeProperty(context, types), SymbolKind.Property);
            }
        });
    }

    private static void AnalyzeBlocks(OperationBlockAnalysisContext context, SwmrTypes types)
    {
        // By bodies: a constructor comes as two blocks, its statements and the call of its base; top-level statements come as a whole method body.
        foreach (IGrouping<IOperation, IOperation> body in context.OperationBlocks.GroupBy(static block => RootOf(block)))
        {
            if (body.Key.Kind is OperationKind.Block or OperationKind.MethodBody or OperationKind.ConstructorBody or OperationKind.FieldInitializer or OperationKind.PropertyInitializer
                && (body.Key.Descendants().Any(one => types.IsOfInterest(one.Type))
                    || (context.OwningSymbol is IMethodSymbol method && method.Parameters.Any(one => types.IsGuard(one.Type)))))
            {
                Body.Analyze(context.GetControlFlowGraph(body.First()), context.OwningSymbol, types, new Closures(body.Key), context.ReportDiagnostic);
            }
        }
    }

    private static IOperation RootOf(IOperation operation) => operation.Parent is { } parent ? RootOf(parent) : operation;

    // The field behind a property is not visited of itself.
    private static void AnalyzeProperty(SymbolAnalysisContext context, SwmrTypes types)
    {
        foreach (IFieldSymbol field in context.Symbol.ContainingType.GetMembers().OfType<IFieldSymbol>()
            .Where(field => SymbolEqualityComparer.Default.Equals(field.AssociatedSymbol, context.Symbol)))
        {
            AnalyzeField(context, field, types);
        }
    }

    private static void AnalyzeField(SymbolAnalysisContext context, IFieldSymbol field, SwmrTypes types)
    {
        ISymbol declared = field.AssociatedSymbol ?? field;
        if (Framework.IsAsyncLocalOf(field.Type, out ITypeSymbol? flowing) && types.IsHandle(flowing))
        {
            Report("is in an AsyncLocal, which takes it to every thread the flow goes on on");
        }
        else if (field.IsStatic && types.IsHandle(field.Type) && !Framework.IsThreadStatic(field))
        {
            Report("is in a static field, which all threads share");
        }

        void Report(string how) => context.ReportDiagnostic(Diagnostic.Create(Rules.Handle, declared.Locations[0], declared.Name, how));
    }
}
