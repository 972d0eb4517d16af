using System.Linq;
using Microsoft.CodeAnalysis;

namespace SwmrKit.Analyzers;

/// <summary>What some members of the base class library do with what they are given.</summary>
internal static class Framework
{
    private static readonly string[] s_adds =
    [
        "Add", "AddFirst", "AddLast", "AddOrUpdate", "Enqueue", "GetOrAdd", "Insert", "Push", "SetResult", "SetValue", "TryAdd", "TryEnqueue", "TrySetResult", "TryWrite",
        "WriteAsync",
    ];

    private static readonly string[] s_waits = ["Wait", "GetAwaiter", "GetResult", "Result", "Join", "RunSynchronously"];

    /// <summary>Whether the call runs a delegate that it is given on another thread.</summary>
    public static bool RunsElsewhere(IMethodSymbol method) => FullName(method.ContainingType) switch
    {
        "System.Threading.Tasks.Task" => method.Name is "Run" or "ContinueWith" or ".ctor",
        "System.Threading.Tasks.TaskFactory" => true,
        "System.Threading.Tasks.Parallel" => true,
        "System.Threading.Thread" => method.MethodKind == MethodKind.Constructor,
        "System.Threading.ThreadPool" => true,
        "System.Threading.Timer" => method.MethodKind == MethodKind.Constructor,
        "System.Linq.ParallelEnumerable" => true,
        _ => false,
    };

    /// <summary>Whether what the call or constructor returns is work that goes on after it.</summary>
    public static bool ReturnsWork(IMethodSymbol method)
    {
        ITypeSymbol type = method.MethodKind == MethodKind.Constructor ? method.ContainingType : method.ReturnType;
        return FullName(type) is "System.Threading.Tasks.Task" or "System.Threading.Tasks.ValueTask"
                or "System.Runtime.CompilerServices.ConfiguredTaskAwaitable" or "System.Runtime.CompilerServices.ConfiguredValueTaskAwaitable"
                or "System.Collections.Generic.IAsyncEnumerable"
            || (method.MethodKind == MethodKind.Constructor && RunsElsewhere(method));
    }

    /// <summary>Whether the call hands work over and returns nothing to wait for it by.</summary>
    public static bool ForgetsWork(IMethodSymbol method) => FullName(method.ContainingType) == "System.Threading.ThreadPool";

    /// <summary>Whether the member of a task or thread waits for it.</summary>
    public static bool WaitsFor(ISymbol member) => s_waits.Contains(member.Name);

    /// <summary>Whether the instance keeps what this call is given: a collection, a channel, a completion source.</summary>
    public static bool Keeps(IMethodSymbol method) => !method.IsStatic && s_adds.Contains(method.Name) && IsContainer(method.ContainingType)
        && !SymbolEqualityComparer.Default.Equals(method.ReturnType, method.ContainingType);

    /// <summary>Whether the call only notes what to do, and does it when the result is enumerated.</summary>
    public static bool IsLazy(IMethodSymbol method) => FullName(method.ContainingType) == "System.Linq.Enumerable" && method.ReturnType.TypeKind == TypeKind.Interface;

    public static bool ComparesReferences(IMethodSymbol method) => method.Name == nameof(ReferenceEquals) && method.ContainingType.SpecialType == SpecialType.System_Object;

    public static bool IsThreadStatic(ISymbol field) => field.GetAttributes().Any(static attribute => FullName(attribute.AttributeClass) == "System.ThreadStaticAttribute");

    public static bool IsAsyncLocalOf(ITypeSymbol type, out ITypeSymbol? argument)
    {
        argument = FullName(type) == "System.Threading.AsyncLocal" && type is INamedTypeSymbol named ? named.TypeArguments[0] : null;
        return argument is not null;
    }

    private static bool IsContainer(INamedTypeSymbol type) =>
        type.AllInterfaces.Any(static one => one.SpecialType == SpecialType.System_Collections_IEnumerable)
        || FullName(type) is "System.Threading.Channels.ChannelWriter" or "System.Threading.Tasks.TaskCompletionSource" or "System.Threading.ThreadLocal";

    private static string FullName(ITypeSymbol? type) => type is null ? "" : $"{type.ContainingNamespace?.ToDisplayString()}.{type.Name}";
}
