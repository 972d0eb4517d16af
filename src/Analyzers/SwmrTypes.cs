using System.Linq;
using Microsoft.CodeAnalysis;

namespace SwmrKit.Analyzers;

/// <summary>The types of SwmrKit that the rules are about, as one compilation sees them. A type that its version of the library lacks is null, and matches nothing.</summary>
internal sealed class SwmrTypes
{
    private readonly INamedTypeSymbol _guard;
    private readonly INamedTypeSymbol? _read;
    private readonly INamedTypeSymbol? _dictionaryRead;
    private readonly INamedTypeSymbol? _lease;
    private readonly INamedTypeSymbol? _handle;
    private readonly INamedTypeSymbol? _cell;
    private readonly INamedTypeSymbol? _domain;
    private readonly INamedTypeSymbol? _registry;
    private readonly INamedTypeSymbol? _detached;
    private readonly INamedTypeSymbol? _disposable;
    private readonly INamedTypeSymbol? _asyncDisposable;

    private SwmrTypes(Compilation compilation, INamedTypeSymbol guard)
    {
        _guard = guard;
        _read = compilation.GetTypeByMetadataName("SwmrKit.CellRead`1");
        _dictionaryRead = compilation.GetTypeByMetadataName("SwmrKit.DictionaryRead`2");
        _lease = compilation.GetTypeByMetadataName("SwmrKit.Lease`1");
        _handle = compilation.GetTypeByMetadataName("SwmrKit.ReaderHandle");
        _cell = compilation.GetTypeByMetadataName("SwmrKit.SwmrCell`1");
        _domain = compilation.GetTypeByMetadataName("SwmrKit.RetirementDomain");
        _registry = compilation.GetTypeByMetadataName("SwmrKit.ReaderRegistry");
        _detached = compilation.GetTypeByMetadataName("SwmrKit.Detached`1");
        _disposable = compilation.GetTypeByMetadataName("System.IDisposable");
        _asyncDisposable = compilation.GetTypeByMetadataName("System.IAsyncDisposable");
    }

    /// <summary>Null where the compilation does not use SwmrKit: there is nothing to look for.</summary>
    public static SwmrTypes? In(Compilation compilation) =>
        compilation.GetTypeByMetadataName("SwmrKit.ReadGuard") is { } guard ? new SwmrTypes(compilation, guard) : null;

    public bool IsReadGuard(ITypeSymbol? type) => Is(type, _guard);

    public bool IsDictionaryRead(ITypeSymbol? type) => Is(type, _dictionaryRead);

    /// <summary>A <c>ReadGuard</c>, a <c>CellRead</c> or a <c>DictionaryRead</c>: a ref struct that is a read section.</summary>
    public bool IsGuard(ITypeSymbol? type) => Is(type, _guard) || Is(type, _read) || IsDictionaryRead(type);

    public bool IsLease(ITypeSymbol? type) => Is(type, _lease);

    /// <summary>What protects values until it is disposed.</summary>
    public bool IsProtector(ITypeSymbol? type) => IsGuard(type) || IsLease(type);

    public bool IsHandle(ITypeSymbol? type) => Is(type, _handle);

    public bool IsCell(ITypeSymbol? type) => Is(type, _cell);

    public bool IsDomain(ITypeSymbol? type) => Is(type, _domain);

    public bool IsRegistry(ITypeSymbol? type) => Is(type, _registry);

    public bool IsDetached(ITypeSymbol? type) => Is(type, _detached);

    public bool IsOfInterest(ITypeSymbol? type) => IsProtector(type) || IsHandle(type) || IsDetached(type);

    /// <summary>
    /// Whether what a cell of this type holds is ever disposed. The cell asks the object; here only its type is known, so that an interface, a
    /// type parameter or <c>object</c> may be one that is. A class of one's own that is not disposable is left to the garbage collector.
    /// </summary>
    public bool MayBeDisposed(ITypeSymbol type) => type.TypeKind switch
    {
        TypeKind.TypeParameter => true,
        TypeKind.Interface => IsDisposable(type) || !IsOfFramework(type),
        TypeKind.Class => IsDisposable(type) || type.SpecialType == SpecialType.System_Object || (type.IsAbstract && !IsOfFramework(type)),
        _ => false,
    };

    private bool IsDisposable(ITypeSymbol type) =>
        Is(type, _disposable) || Is(type, _asyncDisposable) || type.AllInterfaces.Any(one => Is(one, _disposable) || Is(one, _asyncDisposable));

    private static bool IsOfFramework(ITypeSymbol type)
    {
        INamespaceSymbol? name = type.ContainingNamespace;
        while (name is { IsGlobalNamespace: false })
        {
            if (name is { Name: "System", ContainingNamespace.IsGlobalNamespace: true })
            {
                return true;
            }

            name = name.ContainingNamespace;
        }

        return false;
    }

    private static bool Is(ITypeSymbol? type, INamedTypeSymbol? wanted) =>
        wanted is not null && SymbolEqualityComparer.Default.Equals(type?.OriginalDefinition, wanted);
}
