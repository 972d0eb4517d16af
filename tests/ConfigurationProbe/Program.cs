using System.ComponentModel.DataAnnotations;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace SwmrKit.Tests;

/// <summary>Options in a program compiled ahead of time, through every public way to them. It prints one <c>name: value</c> a line.</summary>
internal static class Program
{
    private static async Task<int> Main()
    {
        using var configuration = new ConfigurationManager();
        configuration.AddInMemoryCollection(Pairs(1));
        IConfigurationRoot root = configuration;

        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(configuration);
        services.AddLogging();
        services.UseSwmrOptionsMonitor();
        services.AddSwmrConfigurationFiles(root);
        services.AddSingleton<IValidateOptions<Settings>, SettingsValidator>();
        services.AddSwmrOptions<Settings>()
            .BindConfiguration("Settings")
            .ConfigureReload(static reload => reload.Debounce = TimeSpan.Zero)
            .AddSnapshot(static settings => new Resource(settings.Port));
        services.AddKeyedSwmrOptions<Settings>("east").BindConfiguration("East").AddSnapshot(static settings => new Resource(settings.Port));
        services.Configure<Plain>(configuration.GetSection("Settings"));
        services.AddHealthChecks().AddSwmrOptions();
        await using ServiceProvider provider = services.BuildServiceProvider(validateScopes: true);

        IOptionsMonitor<Settings> monitor = provider.GetRequiredService<IOptionsMonitor<Settings>>();
        ISnapshot<Resource> snapshot = provider.GetRequiredService<ISnapshot<Resource>>();
        Resource first = Current(snapshot);
        int told = 0;
        monitor.OnChange((_, name) => told += name == "" ? 1 : 0);
        Print("dynamic code", RuntimeFeature.IsDynamicCodeSupported);
        Print("first", monitor.CurrentValue.Port);
        Print("east", provider.GetRequiredKeyedService<IOptionsMonitor<Settings>>("east").CurrentValue.Port);
        Print("east resource", Current(provider.GetRequiredKeyedService<ISnapshot<Resource>>("east")).Port);
        Print("every type", provider.GetRequiredService<IOptionsMonitor<Plain>>().CurrentValue.Port);

        Set(configuration, 2);
        Print("changed", monitor.CurrentValue.Port);
        Print("every type changed", provider.GetRequiredService<IOptionsMonitor<Plain>>().CurrentValue.Port);
        Print("resource", Current(snapshot).Port);
        Print("version", snapshot.Version);
        Print("drained", snapshot.Domain.Synchronize(TimeSpan.FromMinutes(1)));
        Print("replaced is disposed", first.IsDisposed);
        using (IServiceScope scope = provider.CreateScope())
        {
            Print("scope", scope.ServiceProvider.GetRequiredService<IOptionsSnapshot<Settings>>().Value.Port);
        }

        Set(configuration, -1);
        Print("refused", monitor.CurrentValue.Port);
        HealthReport report = await provider.GetRequiredService<HealthCheckService>().CheckHealthAsync();
        Print("health", report.Status);
        Print("failures", provider.GetRequiredService<OptionsReloadStatus>().Failures.Count);
        Set(configuration, 3);
        Print("mended", monitor.CurrentValue.Port);
        root.Reload();
        Print("told", told); // The settings' own Equals finds a reload that changes nothing to be none.
        return 0;
    }

    private static Dictionary<string, string?> Pairs(int port) => new() { ["Settings:Port"] = $"{port}", ["East:Port"] = "7" };

    private static void Set(ConfigurationManager configuration, int port)
    {
        configuration["Settings:Port"] = $"{port}";
        ((IConfigurationRoot)configuration).Reload();
    }

    private static Resource Current(ISnapshot<Resource> snapshot)
    {
        using CellRead<Resource> read = snapshot.Read();
        return read.Value;
    }

    private static void Print(string name, object value) => Console.WriteLine($"{name}: {value}");
}

/// <summary>Settings with an <see cref="object.Equals(object)"/> of their own, as a program compiled ahead of time needs for the equality gate.</summary>
internal sealed record Settings
{
    [Range(0, 65_535)]
    public int Port { get; set; }
}

internal sealed class Plain
{
    public int Port { get; set; }
}

/// <summary>The data annotations as generated code.</summary>
[OptionsValidator]
internal sealed partial class SettingsValidator : IValidateOptions<Settings>;

internal sealed class Resource(int port) : IDisposable
{
    public int Port => port;

    public bool IsDisposed { get; private set; }

    public void Dispose() => IsDisposed = true;
}
