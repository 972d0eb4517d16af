using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace SwmrKit;

/// <summary>The options monitor on published values: <see cref="CurrentValue"/> is two loads.</summary>
internal sealed class SwmrOptionsMonitor<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicParameterlessConstructor)] TOptions>
    : IOptionsMonitor<TOptions>, IDisposable
    where TOptions : class
{
    private readonly Publication<TOptions> _default;
    private readonly OptionsPublications<TOptions>? _publications;

    /// <summary>Who has put a cache of their own in place decide what it holds for whom: Microsoft's monitor serves them.</summary>
    private readonly OptionsMonitor<TOptions>? _ofOtherCache;

    public SwmrOptionsMonitor(IOptionsMonitorCache<TOptions> cache, IServiceProvider services)
    {
        if (cache is SwmrOptionsCache<TOptions> { Publications: { } publications })
        {
            _publications = publications;
            _default = publications.Default;
        }
        else
        {
            _ofOtherCache = new OptionsMonitor<TOptions>(
                services.GetRequiredService<IOptionsFactory<TOptions>>(), services.GetServices<IOptionsChangeTokenSource<TOptions>>(), cache);
            _default = new Publication<TOptions>(Options.DefaultName, null!, null!); // Stays empty.
        }
    }

    public TOptions CurrentValue => _default.Published ?? Get(Options.DefaultName);

    public TOptions Get(string? name) => _publications is null ? _ofOtherCache!.Get(name) : _publications.Of(name).Current;

    public IDisposable? OnChange(Action<TOptions, string?> listener)
    {
        ArgumentNullException.ThrowIfNull(listener);
        return _publications is null ? _ofOtherCache!.OnChange(listener) : _publications.Listen(listener);
    }

    public void Dispose() => _ofOtherCache?.Dispose();
}
