using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace HeadToHead;

/// <summary>Who serves the options. A structure each, so that each contender is code of its own: in a program there is one monitor, and the JIT finds out which.</summary>
internal interface IOptionsRegistration
{
    /// <summary>What the contender is called that does this.</summary>
    static abstract string Name(string job);

    static abstract void Register(IServiceCollection services);
}

internal readonly struct OurOptions : IOptionsRegistration
{
    public static string Name(string job) => job;

    public static void Register(IServiceCollection services) => services.AddSwmrOptions<Payload>();
}

internal readonly struct MicrosoftsOptions : IOptionsRegistration
{
    public static string Name(string job) => "Microsoft.Extensions.Options";

    public static void Register(IServiceCollection services) => services.AddOptions();
}

/// <summary>Options as a service has them: one field read through one of the three interfaces.</summary>
internal abstract class OptionsRead<TRegistration> : Contender
    where TRegistration : struct, IOptionsRegistration
{
    private readonly ServiceProvider _provider;

    protected OptionsRead(string job)
        : base(TRegistration.Name(job))
    {
        var services = new ServiceCollection();
        services.ConfigureAll<Payload>(static payload => payload.Value = 1);
        TRegistration.Register(services);
        _provider = services.BuildServiceProvider();
    }

    protected T Get<T>()
        where T : notnull => _provider.GetRequiredService<T>();

    public override void Dispose() => _provider.Dispose();
}

internal sealed class MonitorOptionsRead<TRegistration> : OptionsRead<TRegistration>
    where TRegistration : struct, IOptionsRegistration
{
    private readonly IOptionsMonitor<Payload> _monitor;

    public MonitorOptionsRead()
        : base("options monitor") => _monitor = Get<IOptionsMonitor<Payload>>();

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

internal sealed class NamedOptionsRead<TRegistration> : OptionsRead<TRegistration>
    where TRegistration : struct, IOptionsRegistration
{
    private readonly IOptionsMonitor<Payload> _monitor;

    public NamedOptionsRead()
        : base("options monitor, by name") => _monitor = Get<IOptionsMonitor<Payload>>();

    public override void Run(int iterations)
    {
        long sum = 0;
        for (int i = 0; i < iterations; i++)
        {
            sum += _monitor.Get("named").Value;
        }

        Consume(sum);
    }
}

/// <summary>A snapshot as a request has it: a scope, the service from it, its value.</summary>
internal sealed class SnapshotOptionsRead<TRegistration> : OptionsRead<TRegistration>
    where TRegistration : struct, IOptionsRegistration
{
    private readonly IServiceScopeFactory _scopes;

    public SnapshotOptionsRead()
        : base("options snapshot") => _scopes = Get<IServiceScopeFactory>();

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
internal sealed class FixedOptionsRead<TRegistration> : OptionsRead<TRegistration>
    where TRegistration : struct, IOptionsRegistration
{
    private readonly IOptions<Payload> _options;

    public FixedOptionsRead()
        : base("IOptions") => _options = Get<IOptions<Payload>>();

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
