using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace SwmrKit.Tests;

/// <summary>Who serves which options, whatever the order of registration.</summary>
public sealed class RegistrationTests : IClassFixture<SharedMachine>
{
    public static TheoryData<string> Orders => ["before", "after", "between", "twice", "keyed beside"];

    [Theory]
    [MemberData(nameof(Orders))]
    public void The_monitor_of_every_type_is_ours_in_every_order(string order)
    {
        var services = new ServiceCollection();
        switch (order)
        {
            case "before":
                services.UseSwmrOptionsMonitor().AddOptions();
                break;
            case "after":
                services.AddOptions().UseSwmrOptionsMonitor();
                break;
            case "between":
                services.AddOptions().UseSwmrOptionsMonitor().AddOptions();
                break;
            case "twice":
                services.UseSwmrOptionsMonitor().AddOptions().UseSwmrOptionsMonitor();
                break;
            case "keyed beside":
                services.AddKeyedSingleton(typeof(IOptionsMonitor<>), "key", typeof(OptionsMonitor<>));
                services.AddKeyedSingleton<IOptionsMonitor<Settings>>("key", static (_, _) => throw new NotSupportedException());
                services.AddKeyedSingleton<IOptionsMonitorCache<Settings>, OptionsCache<Settings>>("key");
                services.AddOptions().UseSwmrOptionsMonitor();
                break;
        }

        Assert.Single(services, static service => !service.IsKeyedService && service.ServiceType == typeof(IOptionsMonitor<>));
        using ServiceProvider provider = services.BuildServiceProvider();
        Assert.IsType<SwmrOptionsMonitor<Settings>>(provider.GetRequiredService<IOptionsMonitor<Settings>>());
        Assert.IsType<SwmrOptionsCache<Settings>>(provider.GetRequiredService<IOptionsMonitorCache<Settings>>());
        Assert.IsNotType<SwmrOptionsSnapshot<Settings>>(provider.CreateScope().ServiceProvider.GetRequiredService<IOptionsSnapshot<Settings>>());
    }

    [Fact]
    public void One_type_is_ours_and_another_stays_microsofts()
    {
        var services = new ServiceCollection();
        services.AddSwmrOptions<Settings>();
        int count = services.Count;
        services.AddSwmrOptions<Settings>();
        Assert.Equal(count, services.Count);
        using ServiceProvider provider = services.BuildServiceProvider();
        Assert.IsType<SwmrOptionsMonitor<Settings>>(provider.GetRequiredService<IOptionsMonitor<Settings>>());
        Assert.IsType<SwmrOptionsSnapshot<Settings>>(provider.CreateScope().ServiceProvider.GetRequiredService<IOptionsSnapshot<Settings>>());
        Assert.IsType<OptionsMonitor<object>>(provider.GetRequiredService<IOptionsMonitor<object>>());
    }

    [Fact]
    public void A_monitor_registered_before_by_other_means_is_replaced_for_the_type_that_is_added()
    {
        var services = new ServiceCollection();
        services.AddSingleton<IOptionsMonitor<Settings>, OptionsMonitor<Settings>>();
        services.AddSwmrOptions<Settings>();
        using ServiceProvider provider = services.BuildServiceProvider();
        Assert.IsType<SwmrOptionsMonitor<Settings>>(provider.GetRequiredService<IOptionsMonitor<Settings>>());
    }

    [Fact]
    public void Named_options_are_services_under_their_key()
    {
        var configuration = new TestConfiguration();
        IServiceCollection services = configuration.Services("east", "west");
        services.AddKeyedSwmrOptions<Settings>("east").Configure(static settings => settings.Names.Add("of the builder"));
        services.AddKeyedSwmrOptions<Settings>("east");
        services.AddKeyedSwmrOptions<Settings>("west");
        using ServiceProvider provider = services.BuildServiceProvider(validateScopes: true);
        configuration.Change(2, "east");
        IOptionsMonitor<Settings> east = provider.GetRequiredKeyedService<IOptionsMonitor<Settings>>("east");
        IOptionsMonitor<Settings> all = provider.GetRequiredService<IOptionsMonitor<Settings>>();
        Assert.Same(all.Get("east"), east.CurrentValue);
        Assert.Same(all.Get("west"), east.Get("west"));
        Assert.Equal(["name 2", "of the builder"], east.CurrentValue.Names);
        Assert.Equal((2, 1), (east.CurrentValue.First, provider.GetRequiredKeyedService<IOptionsMonitor<Settings>>("west").CurrentValue.First));
        IOptions<Settings> fixedEast = provider.GetRequiredKeyedService<IOptions<Settings>>("east");
        Assert.Equal(2, fixedEast.Value.First);
        using IServiceScope scope = provider.CreateScope();
        IOptionsSnapshot<Settings> snapshot = scope.ServiceProvider.GetRequiredKeyedService<IOptionsSnapshot<Settings>>("east");
        Assert.Equal((2, 1), (snapshot.Value.First, snapshot.Get("west").First));
        var told = new List<(string?, int)>();
        east.OnChange((settings, name) => told.Add((name, settings.First)));
        configuration.Write(4, "west");
        configuration.Change(3, "east");
        Assert.Equal([("east", 3)], told);
        Assert.Equal((3, 2, 2), (east.CurrentValue.First, snapshot.Value.First, fixedEast.Value.First));
    }

    [Fact]
    public void Logging_and_the_monitor_do_not_need_each_other_in_a_circle()
    {
        IServiceCollection services = new TestConfiguration().Services();
        services.UseSwmrOptionsMonitor().AddLogging();
        using ServiceProvider provider = services.BuildServiceProvider(new ServiceProviderOptions { ValidateOnBuild = true, ValidateScopes = true });
        Assert.NotNull(provider.GetRequiredService<ILoggerFactory>());
        Assert.IsType<SwmrOptionsMonitor<LoggerFilterOptions>>(provider.GetRequiredService<IOptionsMonitor<LoggerFilterOptions>>());
    }

    [Fact]
    public async Task A_host_with_all_its_options_ours_starts_changes_its_log_level_and_stops()
    {
        HostApplicationBuilder builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { ContentRootPath = AppContext.BaseDirectory });
        var log = new LogRecorder();
        builder.Logging.ClearProviders().AddProvider(log);
        builder.Configuration["Logging:LogLevel:Default"] = "Warning";
        builder.Services.UseSwmrOptionsMonitor();
        using IHost host = builder.Build();
        await host.StartAsync();
        ILogger logger = host.Services.GetRequiredService<ILoggerFactory>().CreateLogger("SwmrKit.Tests");
        Assert.False(logger.IsEnabled(LogLevel.Information));
        builder.Configuration["Logging:LogLevel:Default"] = "Debug";
        ((IConfigurationRoot)builder.Configuration).Reload();
        Assert.True(logger.IsEnabled(LogLevel.Information)); // The logging of .NET listens to the monitor.
        await host.StopAsync();
        Assert.Empty(host.Services.GetRequiredService<OptionsReloadStatus>().Failures);
    }

    [Fact]
    public void A_debounce_out_of_range_is_refused_by_name()
    {
        var services = new ServiceCollection();
        services.AddSwmrOptions<Settings>().ConfigureReload(static reload => reload.Debounce = TimeSpan.FromSeconds(-1));
        using ServiceProvider provider = services.BuildServiceProvider();
        InvalidOperationException exception = Assert.Throws<InvalidOperationException>(() => provider.GetRequiredService<IOptionsMonitor<Settings>>());
        Assert.Contains("debounce of options SwmrKit.Tests.Settings", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Arguments_are_checked()
    {
        var services = new ServiceCollection();
        IServiceCollection none = null!;
        OptionsBuilder<Settings> noBuilder = null!;
        Assert.Throws<ArgumentNullException>("services", () => none.AddSwmrOptions<Settings>());
        Assert.Throws<ArgumentNullException>("services", () => none.UseSwmrOptionsMonitor());
        Assert.Throws<ArgumentNullException>("services", () => none.AddKeyedSwmrOptions<Settings>("k"));
        Assert.Throws<ArgumentNullException>("services", () => none.AddSwmrConfigurationFiles(new ConfigurationManager()));
        Assert.Throws<ArgumentNullException>("serviceKey", () => services.AddKeyedSwmrOptions<Settings>(null!));
        Assert.Throws<ArgumentException>("serviceKey", () => services.AddKeyedSwmrOptions<Settings>(""));
        Assert.Throws<ArgumentException>("serviceKey", () => services.AddKeyedSwmrOptions<Settings>(KeyedService.AnyKey));
        Assert.Throws<ArgumentNullException>("configuration", () => services.AddSwmrConfigurationFiles(null!));
        Assert.Throws<ArgumentNullException>("builder", () => noBuilder.ConfigureReload(static _ => { }));
        Assert.Throws<ArgumentNullException>("builder", () => noBuilder.AddSnapshot(static _ => new object()));
        Assert.Throws<ArgumentNullException>("builder", () => SwmrOptionsHealthChecksBuilderExtensions.AddSwmrOptions(null!));
        Assert.Empty(services);
        OptionsBuilder<Settings> builder = new ServiceCollection().AddSwmrOptions<Settings>();
        Assert.Throws<ArgumentNullException>("configure", () => builder.ConfigureReload(null!));
        Assert.Throws<ArgumentNullException>("create", () => builder.AddSnapshot((Func<Settings, object>)null!));
        using ServiceProvider provider = builder.Services.BuildServiceProvider();
        Assert.Throws<ArgumentNullException>("listener", () => provider.GetRequiredService<IOptionsMonitor<Settings>>().OnChange((Action<Settings, string?>)null!));
    }
}
