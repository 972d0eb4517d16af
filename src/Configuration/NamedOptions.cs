using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace SwmrKit;

/// <summary>Named options, and the key whose text is their name.</summary>
internal sealed class KeyedOptionsBuilder<TOptions>(IServiceCollection services, string name, object key) : OptionsBuilder<TOptions>(services, name)
    where TOptions : class
{
    public object Key => key;
}

/// <summary>Named options as a keyed service: what has the name is what is found without one.</summary>
internal sealed class NamedOptionsMonitor<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicParameterlessConstructor)] TOptions>(IOptionsMonitor<TOptions> monitor, string name)
    : IOptionsMonitor<TOptions>
{
    public TOptions CurrentValue => monitor.Get(name);

    public TOptions Get(string? name) => monitor.Get(name);

    /// <summary>Tells of the name's changes alone: whoever listens here does not look at names.</summary>
    public IDisposable? OnChange(Action<TOptions, string?> listener)
    {
        ArgumentNullException.ThrowIfNull(listener);
        return monitor.OnChange((options, changed) =>
        {
            if (changed == name)
            {
                listener(options, changed);
            }
        });
    }
}

/// <inheritdoc cref="NamedOptionsMonitor{TOptions}"/>
internal sealed class NamedOptionsSnapshot<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicParameterlessConstructor)] TOptions>(IOptionsSnapshot<TOptions> snapshot, string name)
    : IOptionsSnapshot<TOptions>
    where TOptions : class
{
    public TOptions Value => snapshot.Get(name);

    public TOptions Get(string? name) => snapshot.Get(name);
}

/// <summary>Named options built once, when they are first asked for.</summary>
internal sealed class NamedOptions<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicParameterlessConstructor)] TOptions>(IOptionsFactory<TOptions> factory, string name)
    : IOptions<TOptions>
    where TOptions : class
{
    private readonly Lock _lock = new();
    private TOptions? _value;

    public TOptions Value
    {
        get
        {
            if (Volatile.Read(ref _value) is { } value)
            {
                return value;
            }

            lock (_lock)
            {
                if (_value is null)
                {
                    Volatile.Write(ref _value, factory.Create(name));
                }

                return _value!;
            }
        }
    }
}
