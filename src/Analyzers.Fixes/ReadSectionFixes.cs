using System.Collections.Immutable;
using System.Composition;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Formatting;

namespace SwmrKit.Analyzers;

/// <summary>
/// Mends what has one obvious remedy: a guard, read or lease that is not disposed gets a <c>using</c>, a parameter that copies a guard becomes an
/// <c>in</c> parameter, a static handle becomes one for each thread.
/// </summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(ReadSectionFixes))]
[Shared]
internal sealed class ReadSectionFixes : CodeFixProvider
{
    public override ImmutableArray<string> FixableDiagnosticIds { get; } = [Rules.NotDisposedId, Rules.CopyId, Rules.HandleId];

    public override FixAllProvider GetFixAllProvider() => WellKnownFixAllProviders.BatchFixer;

    public override async Task RegisterCodeFixesAsync(CodeFixContext context)
    {
        SyntaxNode root = (await context.Document.GetSyntaxRootAsync(context.CancellationToken).ConfigureAwait(false))!;
        SemanticModel model = (await context.Document.GetSemanticModelAsync(context.CancellationToken).ConfigureAwait(false))!;
        foreach (Diagnostic diagnostic in context.Diagnostics)
        {
            SyntaxNode node = root.FindNode(diagnostic.Location.SourceSpan, getInnermostNodeForTie: true);
            (string title, SyntaxNode changed)? fix = diagnostic.Id switch
            {
                Rules.NotDisposedId => Dispose(root, node, model),
                Rules.CopyId => PassByReference(root, node, model, context.CancellationToken),
                _ => OneForEachThread(root, node),
            };
            if (fix is { } found)
            {
                context.RegisterCodeFix(
                    CodeAction.Create(found.title, _ => Task.FromResult(context.Document.WithSyntaxRoot(found.changed)), equivalenceKey: found.title),
                    diagnostic);
            }
        }
    }

    private static (string, SyntaxNode)? Dispose(SyntaxNode root, SyntaxNode node, SemanticModel model)
    {
        if (node is not ExpressionSyntax created || created.FirstAncestorOrSelf<StatementSyntax>() is not { Parent: BlockSyntax or SwitchSectionSyntax or GlobalStatementSyntax } statement)
        {
            return null;
        }

        // The statement declares the variable: it only lacks the word. One that is disposed on some paths already is for people to sort out.
        if (statement is LocalDeclarationStatementSyntax { UsingKeyword.RawKind: 0, Declaration.Variables.Count: 1 } declaration
            && declaration.Declaration.Variables[0] is { Initializer.Value: { } initial } declared
            && initial.Span.Contains(created.Span) && IsWhole(initial, created))
        {
            return IsDisposedBy(statement, declared.Identifier.ValueText)
                ? null
                : ("Add 'using'", root.ReplaceNode(statement, WithUsing(declaration)));
        }

        if (model.GetTypeInfo(created).Type is not { } type || created.FirstAncestorOrSelf<AnonymousFunctionExpressionSyntax>() is { } lambda && statement.Contains(lambda))
        {
            return null;
        }

        // Otherwise the value has no variable: give it one, in front of the statement.
        string name = NewName(type, model, statement);
        LocalDeclarationStatementSyntax added = SyntaxFactory.LocalDeclarationStatement(
                SyntaxFactory.VariableDeclaration(
                    SyntaxFactory.ParseTypeName(type.ToMinimalDisplayString(model, statement.SpanStart)),
                    [SyntaxFactory.VariableDeclarator(name).WithInitializer(SyntaxFactory.EqualsValueClause(created.WithoutTrivia()))]))
            .WithUsingKeyword(SyntaxFactory.Token(SyntaxKind.UsingKeyword))
            .NormalizeWhitespace()
            .WithAdditionalAnnotations(Formatter.Annotation);
        if (statement is ExpressionStatementSyntax { Expression: var whole } && (whole == created || whole is AssignmentExpressionSyntax { Left: IdentifierNameSyntax { Identifier.ValueText: "_" } }))
        {
            return ("Dispose it at the end of the block", root.ReplaceNode(statement, added.WithTriviaFrom(statement)));
        }

        if (created.Parent is not MemberAccessExpressionSyntax)
        {
            return null;
        }

        SyntaxNode used = statement.ReplaceNode(created, SyntaxFactory.IdentifierName(name).WithTriviaFrom(created));
        SyntaxTrivia end = statement.GetTrailingTrivia().LastOrDefault(static trivia => trivia.IsKind(SyntaxKind.EndOfLineTrivia));
        added = added.WithLeadingTrivia(statement.GetLeadingTrivia()).WithTrailingTrivia(end);
        used = used.WithLeadingTrivia(statement.GetLeadingTrivia().Where(static trivia => trivia.IsKind(SyntaxKind.WhitespaceTrivia)).LastOrDefault());
        return ("Dispose it at the end of the block", statement.Parent is GlobalStatementSyntax global
            ? root.ReplaceNode(global, [SyntaxFactory.GlobalStatement(added), SyntaxFactory.GlobalStatement((StatementSyntax)used)])
            : root.ReplaceNode(statement, [added, used]));
    }

    private static bool IsWhole(ExpressionSyntax initial, ExpressionSyntax created) => initial switch
    {
        ParenthesizedExpressionSyntax inner => IsWhole(inner.Expression, created),
        ConditionalExpressionSyntax either => IsWhole(either.WhenTrue, created) || IsWhole(either.WhenFalse, created),
        _ => initial == created,
    };

    private static bool IsDisposedBy(StatementSyntax declaration, string name) => (declaration.Parent is GlobalStatementSyntax global ? global.Parent! : declaration.Parent!).DescendantNodes().OfType<MemberAccessExpressionSyntax>()
        .Any(call => call is { Name.Identifier.ValueText: "Dispose", Expression: IdentifierNameSyntax receiver } && receiver.Identifier.ValueText == name);

    private static LocalDeclarationStatementSyntax WithUsing(LocalDeclarationStatementSyntax declaration) => declaration
        .WithoutLeadingTrivia()
        .WithUsingKeyword(SyntaxFactory.Token(declaration.GetLeadingTrivia(), SyntaxKind.UsingKeyword, [SyntaxFactory.Space]));

    private static string NewName(ITypeSymbol type, SemanticModel model, StatementSyntax statement)
    {
        string name = type.Name switch
        {
            "ReadGuard" => "guard",
            "CellRead" or "DictionaryRead" => "read",
            _ => "lease",
        };
        ImmutableHashSet<string> taken = [.. model.LookupSymbols(statement.SpanStart).Select(static symbol => symbol.Name)];
        return taken.Contains(name) ? Enumerable.Range(2, int.MaxValue - 2).Select(number => name + number).First(one => !taken.Contains(one)) : name;
    }

    // An argument that fits a parameter by value fits an `in` parameter as it stands: nothing changes but the declaration.
    private static (string, SyntaxNode)? PassByReference(SyntaxNode root, SyntaxNode node, SemanticModel model, CancellationToken cancellation)
    {
        if (node.FirstAncestorOrSelf<ArgumentSyntax>() is not { Parent: ArgumentListSyntax { Parent: InvocationExpressionSyntax call } arguments } argument
            || argument.Expression != node || model.GetSymbolInfo(call, cancellation).Symbol is not IMethodSymbol { IsVirtual: false, IsOverride: false, IsAbstract: false } method)
        {
            return null;
        }

        IParameterSymbol? parameter = argument.NameColon is { Name.Identifier.ValueText: var name }
            ? method.Parameters.FirstOrDefault(one => one.Name == name)
            : method.Parameters.ElementAtOrDefault(arguments.Arguments.IndexOf(argument));
        return parameter?.DeclaringSyntaxReferences is { Length: 1 } places && places[0].SyntaxTree == root.SyntaxTree && places[0].GetSyntax(cancellation) is ParameterSyntax { Modifiers.Count: 0 } declared
            ? ("Pass it by 'in'", root.ReplaceNode(declared, declared.WithoutLeadingTrivia().WithModifiers([SyntaxFactory.Token(declared.GetLeadingTrivia(), SyntaxKind.InKeyword, [SyntaxFactory.Space])])))
            : null;
    }

    // An initializer of a thread-static field runs on one thread only: such a field needs more than the attribute.
    private static (string, SyntaxNode)? OneForEachThread(SyntaxNode root, SyntaxNode node)
    {
        if (node.FirstAncestorOrSelf<FieldDeclarationSyntax>() is not { Declaration.Variables.Count: 1 } field || field.Declaration.Variables[0].Initializer is not null
            || field.Modifiers.Any(SyntaxKind.ReadOnlyKeyword) || !field.Modifiers.Any(SyntaxKind.StaticKeyword)
            || !field.Declaration.Variables[0].Span.Contains(node.Span) || field.Declaration.Type is GenericNameSyntax or QualifiedNameSyntax { Right: GenericNameSyntax })
        {
            return null;
        }

        SyntaxTriviaList leading = field.GetLeadingTrivia();
        AttributeListSyntax attribute = SyntaxFactory.AttributeList([SyntaxFactory.Attribute(SyntaxFactory.ParseName("System.ThreadStatic"))])
            .WithLeadingTrivia(leading)
            .WithTrailingTrivia(SyntaxFactory.ElasticCarriageReturnLineFeed);
        return ("Make it one for each thread", root.ReplaceNode(
            field,
            field.WithoutLeadingTrivia().WithAttributeLists(field.AttributeLists.Insert(0, attribute)).WithAdditionalAnnotations(Formatter.Annotation)));
    }
}
