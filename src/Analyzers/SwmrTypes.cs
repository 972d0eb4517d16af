using System.Linq;
using Microsoft.CodeAnalysis;

namespace SwmrKit.Analyzers;

/// <summary>The types of SwmrKit that the rules are about, as one compilation sees them. A type that its version of the library lacks is null, and matches nothing.</summary>
internal sealed class SwmrTypes
{
    private readonly INamedTypeSymbol _guard;
    private readonly INamedTypeSymbol? _read;
    private readonly INamedTypeSymbol? _dictionaryRead;
    private readonly INamedTypeSymbol? _leftRightRead;
    private readonly INamedTypeSymbol? _lockRead;
    private readonly INamedTypeSymbol? _lockWrite;
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
        _leftRightRead = compilation.GetTypeByMetadataName("SwmrKit.LeftRightRead`1");
        _lockRead = compilation.GetTypeByMetadataName("SwmrKit.LockRead");
        _lockWrite = compilation.GetTypeByMetadataName("SwmrKit.LockWrite");
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

    /// <summary>A <c>ReadGuard</c>, a <c>CellRead</c> or a <c>DictionaryRead</c>, or what a lock or left-right structure gives out: a ref struct that is a section.</summary>
    public bool IsGuard(ITypeSymbol? type) => Is(type, _guard) || Is(type, _read) || IsDictionaryRead(type) || IsLockSection(type);

    /// <summary>A section whose readers, or writer, no domain knows: it keeps others out instead of holding disposals back.</summary>
    public bool IsLockSection(ITypeSymbol? type) => Is(type, _leftRightRead) || Is(type, _lockRead) || Is(type, _lockWrite);

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
