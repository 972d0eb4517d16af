using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.FlowAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace SwmrKit.Analyzers.Flow;

/// <summary>One body, a member's or that of a lambda or local function in it, with what holds for all of it.</summary>
internal sealed class Body
{
    private readonly Dictionary<CaptureId, IOperation> _temporaries = [];
    private readonly HashSet<ISymbol> _disposed = new(SymbolEqualityComparer.Default);
    private readonly HashSet<(string Rule, Location At)> _reported;
    private readonly Action<Diagnostic> _report;

    private Body(ControlFlowGraph graph, ISymbol owner, SwmrTypes types, Closures closures, Action<Diagnostic> report, HashSet<(string Rule, Location At)> reported)
    {
        Graph = graph;
        Method = owner as IMethodSymbol;
        Types = types;
        Closures = closures;
        _report = report;
        _reported = reported;
        foreach (IOperation operation in graph.Blocks.SelectMany(static block => OperationsOf(block)).SelectMany(static one => one.DescendantsAndSelf()))
        {
            if (operation is IFlowCaptureOperation temporary && !_temporaries.ContainsKey(temporary.Id))
            {
                _temporaries.Add(temporary.Id, temporary.Value);
            }
        }

        // Which leases this body ends: the value of any other may live on with it.
        foreach (IOperation operation in graph.Blocks.SelectMany(static block => OperationsOf(block)).SelectMany(static one => one.DescendantsAndSelf()))
        {
            if (operation is IInvocationOperation { TargetMethod: { Name: nameof(IDisposable.Dispose), Parameters.IsEmpty: true }, Instance: { } instance }
                && VariableOf(instance) is { } variable)
            {
                _disposed.Add(variable);
            }
        }
    }

    public ControlFlowGraph Graph { get; }

    /// <summary>The method whose body this is; null for an initializer.</summary>
    public IMethodSymbol? Method { get; }

    public SwmrTypes Types { get; }

    public Closures Closures { get; }

    /// <summary>Whether the guards of this body may be somebody else's: it returns one, or has been lent one to change.</summary>
    public bool HandsOnGuards => Method is { } method && Types.IsProtector(method.ReturnType);

    public bool Disposes(ISymbol variable) => _disposed.Contains(variable);

    /// <summary>What a temporary of the graph was first given: where it stands for a variable, that variable.</summary>
    public IOperation? OriginOf(IFlowCaptureReferenceOperation temporary) => _temporaries.TryGetValue(temporary.Id, out IOperation? origin) ? origin : null;

    public static void Analyze(ControlFlowGraph graph, ISymbol owner, SwmrTypes types, Closures closures, Action<Diagnostic> report) =>
        Analyze(graph, owner, types, closures, report, []);

    public void Report(DiagnosticDescriptor rule, Location at, params object[] arguments)
    {
        if (_reported.Add((rule.Id, at)))
        {
            _report(Diagnostic.Create(rule, at, arguments));
        }
    }

    private static void Analyze(
        ControlFlowGraph graph,
        ISymbol owner,
        SwmrTypes types,
        Closures closures,
        Action<Diagnostic> report,
        HashSet<(string Rule, Location At)> reported)
    {
        var body = new Body(graph, owner, types, closures, report, reported);
        var evaluation = new Evaluation(body);
        new BodyWalk(graph, evaluation).Run(evaluation.Entry());
        foreach (IMethodSymbol local in graph.LocalFunctions)
        {
            Analyze(graph.GetLocalFunctionControlFlowGraph(local), local, types, closures, report, reported);
        }

        foreach (IFlowAnonymousFunctionOperation lambda in graph.Blocks.SelectMany(static block => OperationsOf(block))
            .SelectMany(static one => one.DescendantsAndSelf()).OfType<IFlowAnonymousFunctionOperation>())
        {
            Analyze(graph.GetAnonymousFunctionControlFlowGraph(lambda), lambda.Symbol, types, closures, report, reported);
        }
    }

    private static ImmutableArray<IOperation> OperationsOf(BasicBlock block) => block.BranchValue is { } value ? block.Operations.Add(value) : block.Operations;

    private ISymbol? VariableOf(IOperation operation) => operation switch
    {
        IConversionOperation conversion => VariableOf(conversion.Operand),
        IFlowCaptureReferenceOperation temporary when OriginOf(temporary) is { } origin => VariableOf(origin),
        _ => Closures.VariableOf(operation),
    };
}
