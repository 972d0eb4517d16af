using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace SwmrKit.Tests;

/// <summary>The code in docs/operations.md about hosting stands here, and runs.</summary>
public sealed class OperationsPageTests : IClassFixture<SharedMachine>
{
    [Fact]
    public async Task The_host_of_the_page_starts_is_healthy_and_stops_with_everything_disposed()
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services.AddSwmrRetirement(options => options.MaxPending = 10_000);
        builder.Services.AddKeyedSwmrRetirement("indexes", options => options.FlushDelay = TimeSpan.FromSeconds(1));
        builder.Services.AddSingleton(services => new SwmrCell<Certificate>(Certificate.Load(), services.GetRequiredService<RetirementDomain>()));
        builder.Services.AddHealthChecks()
            .AddSwmrRetirement(configure: options => options.MaxPending = 5_000)
            .AddSwmrRetirement("swmrkit-indexes", serviceKey: "indexes", configure: options => options.StalledReaderAge = TimeSpan.FromMinutes(1));
        var first = Certificate.Load();
        var second = Certificate.Load();
        using (IHost host = builder.Build())
        {
            await host.StartAsync();
            SwmrCell<Certificate> cell = host.Services.GetRequiredService<SwmrCell<Certificate>>();
            HealthReport report = await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync();
            Assert.Equal(["swmrkit", "swmrkit-indexes"], report.Entries.Keys.Order());
            Assert.Equal(HealthStatus.Healthy, report.Status);
            cell.Publish(first);
            cell.Publish(second);
            await host.StopAsync();
            Assert.True(first.IsDisposed);
            Assert.False(second.IsDisposed); // The cell is not disposed yet.
        }

        Assert.True(second.IsDisposed);
    }

    [Fact]
    public void The_code_of_the_page_is_the_code_above()
    {
        string[] snippets =
        [
            .. Snippets.Of(Path.Combine(Snippets.Repository, "docs", "operations.md")).Where(static snippet => snippet.Contains("SwmrRetirement(", StringComparison.Ordinal)),
        ];
        string code = Path.Combine(Snippets.Repository, "tests", "Hosting.Tests", nameof(OperationsPageTests) + ".cs");
        Assert.NotEmpty(snippets);
        Assert.All(snippets, snippet => Assert.True(Snippets.IsIn(snippet, code), snippet));
    }

    private sealed class Certificate : IDisposable
    {
        public bool IsDisposed { get; private set; }

        public static Certificate Load() => new();

        public void Dispose() => IsDisposed = true;
    }
}
