using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace HeadToHead;

/// <summary>Options as a service has them: one field read through one of the three interfaces, in a container with Microsoft's registration or ours.</summary>
internal abstract class OptionsRead : Contender
{
    /// <summary>How Microsoft's own registration is called as a peer.</summary>
    public const string Microsofts = "Microsoft.Extensions.Options";

    public const string Named = "named";

    private readonly ServiceProvider _provider;

    protected OptionsRead(string name, bool ours)
        : base(ours ? name : Microsofts)
    {
        IServiceCollection services = new ServiceCollection().AddOptions();
        services.ConfigureAll<Payload>(static payload => payload.Value = 1);
        if (ours)
        {
            services.AddSwmrOptions<Payload>();
        }

        _provider = services.BuildServiceProvider();
    }

    protected T Get<T>()
        where T : notnull => _provider.GetRequiredService<T>();

    public override void Dispose() => _provider.Dispose();
}

internal sealed class MonitorOptionsRead : OptionsRead
{
    private readonly IOptionsMonitor<Payload> _monitor;

    public MonitorOptionsRead(bool ours)
        : base("options monitor", ours) => _monitor = Get<IOptionsMonitor<Payload>>();

    public override void Run(int iterations)
    {
        long sum = 0;
        for (int i = 0; i < iterations; i++)
        {
            sum += _monitor.CurrentValue.Value;
        }

        Consume(sum);
    }
}

internal sealed class NamedOptionsRead : OptionsRead
{
    private readonly IOptionsMonitor<Payload> _monitor;

    public NamedOptionsRead(bool ours)
        : base("options monitor, by name", ours) => _monitor = Get<IOptionsMonitor<Payload>>();

    public override void Run(int iterations)
    {
        long sum = 0;
        for (int i = 0; i < iterations; i++)
        {
            sum += _monitor.Get(Named).Value;
        }

        Consume(sum);
    }
}

/// <summary>A snapshot as a request has it: a scope, the service from it, its value.</summary>
internal sealed class SnapshotOptionsRead : OptionsRead
{
    private readonly IServiceScopeFactory _scopes;

    public SnapshotOptionsRead(bool ours)
        : base("options snapshot", ours) => _scopes = Get<IServiceScopeFactory>();

    public override void Run(int iterations)
    {
        long sum = 0;
        for (int i = 0; i < iterations; i++)
        {
            using IServiceScope scope = _scopes.CreateScope();
            sum += scope.ServiceProvider.GetRequiredService<IOptionsSnapshot<Payload>>().Value.Value;
        }

        Consume(sum);
    }
}

/// <summary>IOptions, which is Microsoft's in both containers: what a value costs that never changes.</summary>
internal sealed class FixedOptionsRead : OptionsRead
{
    private readonly IOptions<Payload> _options;

    public FixedOptionsRead(bool ours)
        : base("IOptions", ours) => _options = Get<IOptions<Payload>>();

    public override void Run(int iterations)
    {
        long sum = 0;
        for (int i = 0; i < iterations; i++)
        {
            sum += _options.Value.Value;
        }

        Consume(sum);
    }
}
