using Microsoft.Extensions.DependencyInjection;

namespace SwmrKit.Tests;

/// <summary>Microsoft's own registration: what the tests say is so.</summary>
public sealed class MicrosoftsOptionsTests : OptionsBehaviour
{
    private protected override void Register(IServiceCollection services) => services.AddOptions();
}

/// <summary>Options of the types named.</summary>
public sealed class SwmrOptionsTests : OptionsBehaviour
{
    private protected override void Register(IServiceCollection services)
    {
        services.AddSwmrOptions<Settings>();
        services.AddSwmrOptions<Annotated>();
    }
}

/// <summary>The monitor replaced for all types.</summary>
public sealed class SwmrOptionsMonitorTests : OptionsBehaviour
{
    private protected override void Register(IServiceCollection services) => services.UseSwmrOptionsMonitor();
}

/// <summary>Registered first, before anything that adds options, and in both ways.</summary>
public sealed class SwmrOptionsMonitorFirstTests : OptionsBehaviour
{
    private protected override void Register(IServiceCollection services)
    {
        IServiceCollection first = new ServiceCollection().UseSwmrOptionsMonitor().AddOptions().UseSwmrOptionsMonitor();
        first.AddSwmrOptions<Settings>();
        first.AddSwmrOptions<Settings>();
        ServiceDescriptor[] later = [.. services];
        services.Clear();
        foreach (ServiceDescriptor service in first.Concat(later))
        {
            services.Add(service);
        }

        services.AddOptions();
    }
}
