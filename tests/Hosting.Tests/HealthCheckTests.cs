using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace SwmrKit.Tests;

/// <summary>The health check, asked as an application asks it.</summary>
public sealed class HealthCheckTests : IClassFixture<SharedMachine>
{
    private readonly ManualTime _time = new();

    [Fact]
    public async Task A_domain_that_reclaims_is_healthy_and_the_data_are_its_statistics()
    {
        using ServiceProvider provider = Build(static checks => checks.AddSwmrRetirement(tags: ["ready"]), static options => options.Name = "mine");
        RetirementDomain domain = provider.GetRequiredService<RetirementDomain>();
        domain.Retire(new MemoryStream(), bytes: 5);
        domain.TryReclaim();
        domain.Retire(new MemoryStream(), bytes: 100);
        HealthReportEntry entry = await Check(provider);
        Assert.Equal((HealthStatus.Healthy, "Retirement domain 'mine': 1 pending (100 bytes), no reader stalled."), (entry.Status, entry.Description));
        Assert.Equal(["ready"], entry.Tags);
        RetirementStatistics statistics = domain.Statistics;
        Assert.Equal(
            new Dictionary<string, object>
            {
                ["domain"] = "mine",
                ["pending"] = 1L,
                ["pendingBytes"] = 100L,
                ["leasesHeld"] = 0,
                ["stalledReaders"] = 0,
                ["oldestReaderSeconds"] = 0.0,
                ["retired"] = 2L,
                ["reclaimed"] = 1L,
                ["abandoned"] = 0L,
                ["leakedLeases"] = 0L,
                ["heavyBarriers"] = statistics.HeavyBarriers,
                ["callbackFailures"] = 0L,
                ["reclaimFailures"] = 0L,
            },
            entry.Data);
        domain.TryReclaim();
    }

    [Fact]
    public async Task A_reader_inside_for_the_age_is_named_from_the_second_check_on_and_until_it_leaves()
    {
        using ServiceProvider provider = Build(static checks => checks.AddSwmrRetirement(configure: static options => options.StalledReaderAge = TimeSpan.FromSeconds(30)));
        RetirementDomain domain = provider.GetRequiredService<RetirementDomain>();
        using (StalledReader.In(domain))
        {
            _time.Advance(TimeSpan.FromSeconds(60)); // Nobody has looked: the first check cannot know.
            Assert.Equal(HealthStatus.Healthy, (await Check(provider)).Status);
            _time.Advance(TimeSpan.FromSeconds(29));
            Assert.Equal(HealthStatus.Healthy, (await Check(provider)).Status);
            _time.Advance(TimeSpan.FromSeconds(2));
            HealthReportEntry entry = await Check(provider);
            Assert.Equal(HealthStatus.Degraded, entry.Status);
            Assert.Contains(": 1 reader(s) inside one read section for 30 s or longer: stalled (31.0 s).", entry.Description, StringComparison.Ordinal);
            Assert.Equal((1, 31.0), (entry.Data["stalledReaders"], entry.Data["oldestReaderSeconds"]));
        }

        Assert.Equal(HealthStatus.Healthy, (await Check(provider)).Status);
    }

    [Fact]
    public async Task Of_very_many_stalled_readers_the_first_ten_are_named()
    {
        using ServiceProvider provider = Build(static checks => checks.AddSwmrRetirement());
        RetirementDomain domain = provider.GetRequiredService<RetirementDomain>();
        StalledReader[] readers = [.. Enumerable.Range(0, 12).Select(_ => StalledReader.In(domain))];
        await Check(provider);
        _time.Advance(TimeSpan.FromSeconds(10));
        string description = (await Check(provider)).Description!;
        Assert.Equal(10, description.Split("stalled (10.0 s)").Length - 1);
        Assert.EndsWith(" and 2 more.", description, StringComparison.Ordinal);
        Array.ForEach(readers, static reader => reader.Dispose());
    }

    [Fact]
    public async Task More_pending_than_the_limits_is_reported_and_at_the_limits_nothing()
    {
        using ServiceProvider provider = Build(static checks => checks.AddSwmrRetirement(configure: static options => (options.MaxPending, options.MaxPendingBytes) = (1, 100)));
        RetirementDomain domain = provider.GetRequiredService<RetirementDomain>();
        domain.Retire(new MemoryStream(), bytes: 100);
        Assert.Equal(HealthStatus.Healthy, (await Check(provider)).Status);
        domain.Retire(new MemoryStream(), bytes: 1);
        HealthReportEntry entry = await Check(provider);
        Assert.Equal(HealthStatus.Degraded, entry.Status);
        Assert.Contains(": 2 pending, more than 1; 101 bytes pending, more than 100.", entry.Description, StringComparison.Ordinal);
        domain.TryReclaim();
        Assert.Equal(HealthStatus.Healthy, (await Check(provider)).Status);
    }

    [Fact]
    public async Task Callbacks_that_failed_are_reported_once()
    {
        using ServiceProvider provider = Build(static checks => checks.AddSwmrRetirement());
        RetirementDomain domain = provider.GetRequiredService<RetirementDomain>();
        Fail(domain);
        Fail(domain);
        HealthReportEntry entry = await Check(provider);
        Assert.Equal(HealthStatus.Degraded, entry.Status);
        Assert.EndsWith(": 2 callback(s) failed since the last check.", entry.Description, StringComparison.Ordinal);
        Assert.Equal(HealthStatus.Healthy, (await Check(provider)).Status);
        Fail(domain);
        Assert.EndsWith(": 1 callback(s) failed since the last check.", (await Check(provider)).Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Passes_that_failed_are_reported_once()
    {
        using ServiceProvider provider = Build(static checks => checks.AddSwmrRetirement());
        RetirementDomain domain = provider.GetRequiredService<RetirementDomain>();
        _time.RefusesTimers = true;
        domain.Retire(new MemoryStream());
        _time.RefusesTimers = false;
        Assert.EndsWith(": 1 pass(es) failed since the last check.", (await Check(provider)).Description, StringComparison.Ordinal);
        Assert.Equal(HealthStatus.Healthy, (await Check(provider)).Status);
        domain.TryReclaim();
    }

    [Fact]
    public async Task Each_registration_has_its_own_domain_status_and_memory()
    {
        using ServiceProvider provider = Build(
            static checks => checks.AddSwmrRetirement().AddSwmrRetirement("live", HealthStatus.Unhealthy).AddSwmrRetirement("other", serviceKey: "k"));
        Fail(provider.GetRequiredService<RetirementDomain>());
        Assert.Equal(HealthStatus.Degraded, (await Check(provider)).Status);
        Assert.Equal(HealthStatus.Healthy, (await Check(provider)).Status);
        Assert.Equal(HealthStatus.Unhealthy, (await Check(provider, "live")).Status);
        Fail(provider.GetRequiredKeyedService<RetirementDomain>("k"));
        Assert.Equal(HealthStatus.Healthy, (await Check(provider, "live")).Status);
        Assert.Equal(HealthStatus.Degraded, (await Check(provider, "other")).Status);
    }

    [Fact]
    public async Task Without_a_domain_checking_fails_and_says_what_is_missing()
    {
        var services = new ServiceCollection();
        services.AddLogging().AddHealthChecks().AddSwmrRetirement();
        using ServiceProvider provider = services.BuildServiceProvider();
        InvalidOperationException exception = await Assert.ThrowsAsync<InvalidOperationException>(() => Check(provider));
        Assert.Contains(nameof(RetirementDomain), exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Arguments_are_checked()
    {
        IHealthChecksBuilder checks = new ServiceCollection().AddHealthChecks();
        int count = checks.Services.Count;
        Assert.Throws<ArgumentNullException>("builder", () => ((IHealthChecksBuilder)null!).AddSwmrRetirement());
        Assert.Throws<ArgumentNullException>("name", () => checks.AddSwmrRetirement(null!));
        Assert.Throws<ArgumentOutOfRangeException>("StalledReaderAge", () => checks.AddSwmrRetirement(configure: static options => options.StalledReaderAge = TimeSpan.Zero));
        Assert.Throws<ArgumentOutOfRangeException>("MaxPending", () => checks.AddSwmrRetirement(configure: static options => options.MaxPending = -1));
        Assert.Throws<ArgumentOutOfRangeException>("MaxPendingBytes", () => checks.AddSwmrRetirement(configure: static options => options.MaxPendingBytes = -1));
        Assert.Equal(count, checks.Services.Count);
    }

    private static void Fail(RetirementDomain domain)
    {
        domain.Retire("", static _ => throw new InvalidOperationException("meant to fail"));
        domain.TryReclaim();
    }

    private static async Task<HealthReportEntry> Check(ServiceProvider provider, string name = "swmrkit")
    {
        HealthReport report = await provider.GetRequiredService<HealthCheckService>().CheckHealthAsync(registration => registration.Name == name);
        return Assert.Single(report.Entries).Value;
    }

    private ServiceProvider Build(Action<IHealthChecksBuilder> add, Action<RetirementOptions>? configure = null)
    {
        var services = new ServiceCollection();
        services.AddLogging().AddSingleton<TimeProvider>(_time).AddSwmrRetirement(configure).AddKeyedSwmrRetirement("k");
        add(services.AddHealthChecks());
        return services.BuildServiceProvider();
    }
}
