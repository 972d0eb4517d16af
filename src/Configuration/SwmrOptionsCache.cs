using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Options;

namespace SwmrKit;

/// <summary>The monitor's cache as others see it, who remove what is to be built anew, or add what they have built.</summary>
internal sealed class SwmrOptionsCache<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicParameterlessConstructor)] TOptions>(OptionsPublications<TOptions> publications)
    : IOptionsMonitorCache<TOptions>
    where TOptions : class
{
    public OptionsPublications<TOptions> Publications => publications;

    public TOptions GetOrAdd(string? name, Func<TOptions> createOptions)
    {
        ArgumentNullException.ThrowIfNull(createOptions);
        return publications.Of(name).GetOrAdd(createOptions);
    }

    public bool TryAdd(string? name, TOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return publications.Of(name).TryAdd(options);
    }

    public bool TryRemove(string? name) => publications.TryRemove(name);

    public void Clear() => publications.Clear();
}
