using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Options;

namespace SwmrKit;

/// <summary>The values in force when a scope first asked for them, and for that scope from then on.</summary>
internal sealed class SwmrOptionsSnapshot<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicParameterlessConstructor)] TOptions>(IOptionsMonitor<TOptions> monitor)
    : IOptionsSnapshot<TOptions>
    where TOptions : class
{
    private TOptions? _value;
    private ConcurrentDictionary<string, TOptions>? _named;

    public TOptions Value => Volatile.Read(ref _value) ?? First();

    public TOptions Get(string? name) =>
        string.IsNullOrEmpty(name) ? Value : Named.GetOrAdd(name, static (name, monitor) => monitor.Get(name), monitor);

    private ConcurrentDictionary<string, TOptions> Named => LazyInitializer.EnsureInitialized(ref _named, static () => new ConcurrentDictionary<string, TOptions>(StringComparer.Ordinal));

    private TOptions First()
    {
        TOptions value = monitor.CurrentValue;
        return Interlocked.CompareExchange(ref _value, value, null) ?? value; // A scope may be used by several threads.
    }
}
