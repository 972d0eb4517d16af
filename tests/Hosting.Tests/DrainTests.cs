using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace SwmrKit.Tests;

/// <summary>The stop of a host, and what is pending then.</summary>
public sealed class DrainTests : IClassFixture<SharedMachine>
{
    private static readonly TimeSpan s_never = TimeSpan.FromDays(1);

    private readonly LogRecorder _log = new();

    [Fact]
    public async Task What_a_service_retires_while_it_stops_is_reclaimed_before_the_host_has_stopped()
    {
        var last = new MemoryStream();
        using IHost host = Build(services => services.AddSwmrRetirement(Slow).AddHostedService(provider => new LastWord(provider.GetRequiredService<RetirementDomain>(), last)));
        await host.StartAsync();
        Assert.True(last.CanRead);
        await host.StopAsync();
        Assert.False(last.CanRead);
        Assert.Empty(_log.Entries);
    }

    [Fact]
    public async Task Control_without_the_drain_it_is_still_pending_then()
    {
        var last = new MemoryStream();
        var options = new RetirementOptions();
        Slow(options);
        using var domain = new RetirementDomain(options);
        using IHost host = Build(services => services.AddSingleton(domain).AddHostedService(_ => new LastWord(domain, last)));
        await host.StartAsync();
        await host.StopAsync();
        Assert.True(last.CanRead);
    }

    [Fact]
    public async Task It_waits_for_a_reader_that_leaves()
    {
        using IHost host = Build(static services => services.AddSwmrRetirement());
        await host.StartAsync();
        RetirementDomain domain = host.Services.GetRequiredService<RetirementDomain>();
        var value = new MemoryStream();
        Task stop;
        using (StalledReader.In(domain))
        {
            domain.Retire(value);
            stop = host.StopAsync();
            long barriers = domain.Statistics.HeavyBarriers;
            Wait.Until(() => domain.Statistics.HeavyBarriers > barriers + 1, "passes while the host waits");
            Assert.False(stop.IsCompleted);
            Assert.True(value.CanRead);
        }

        await stop.WaitAsync(TimeSpan.FromMinutes(1));
        Assert.False(value.CanRead);
        Assert.Empty(_log.Entries);
    }

    [Fact]
    public async Task When_the_time_runs_out_one_warning_a_domain_names_what_is_left_and_the_other_domains_are_drained()
    {
        using var timeRunsOut = new CancellationTokenSource();
        using IHost host = Build(
            static services => services.AddSwmrRetirement(static options => options.Name = "stuck").AddKeyedSwmrRetirement("fine", Slow).AddKeyedSwmrRetirement("idle"));
        await host.StartAsync();
        RetirementDomain stuck = host.Services.GetRequiredService<RetirementDomain>();
        RetirementDomain fine = host.Services.GetRequiredKeyedService<RetirementDomain>("fine");
        using var cell = new SwmrCell<MemoryStream>(new MemoryStream(), stuck);
        using (cell.Lease())
        using (StalledReader.In(stuck))
        {
            cell.Publish(new MemoryStream());
            stuck.Retire(new MemoryStream(), bytes: 100);
            fine.Retire(new MemoryStream());
            Task stop = host.StopAsync(timeRunsOut.Token);
            Wait.Until(() => fine.Statistics.Pending == 0, "the other domain is drained beside the one that is stuck");
            Assert.False(stop.IsCompleted);
            await timeRunsOut.CancelAsync();
            await stop.WaitAsync(TimeSpan.FromMinutes(1));

            (LogLevel level, string text, Exception? exception) = Assert.Single(_log.Entries);
            Assert.Equal(LogLevel.Warning, level);
            Assert.Contains("'stuck' is not drained: 2 pending (100 bytes), leases held: 1, readers inside: stalled (", text, StringComparison.Ordinal);
            Assert.Null(exception);
        }
    }

    [Fact]
    public async Task Without_any_time_left_only_a_domain_with_something_pending_is_warned_of()
    {
        using IHost host = Build(static services => services.AddKeyedSwmrRetirement("idle").AddKeyedSwmrRetirement("stuck"));
        await host.StartAsync();
        RetirementDomain stuck = host.Services.GetRequiredKeyedService<RetirementDomain>("stuck");
        using (StalledReader.In(stuck))
        {
            stuck.Retire(new MemoryStream());
            await host.StopAsync(new CancellationToken(canceled: true)).WaitAsync(TimeSpan.FromMinutes(1));
            Assert.Contains("'stuck' is not drained: 1 pending", Assert.Single(_log.Entries).Text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_callback_that_does_not_return_holds_the_host_up_no_longer_than_a_reader()
    {
        using var timeRunsOut = new CancellationTokenSource();
        using IHost host = Build(static services => services.AddSwmrRetirement(Slow));
        await host.StartAsync();
        RetirementDomain domain = host.Services.GetRequiredService<RetirementDomain>();
        using var begun = new ManualResetEventSlim();
        using var release = new ManualResetEventSlim();
        domain.Retire(Tuple.Create(begun, release), static events =>
        {
            events.Item1.Set();
            events.Item2.Wait();
        });
        try
        {
            Task stop = Task.Run(() => host.StopAsync(timeRunsOut.Token));
            Wait.Until(() => begun.IsSet, "the callback runs");
            await timeRunsOut.CancelAsync();
            await stop.WaitAsync(TimeSpan.FromMinutes(1));
            Assert.Contains("1 pending (0 bytes), leases held: 0, readers inside: none.", Assert.Single(_log.Entries).Text, StringComparison.Ordinal);
        }
        finally
        {
            release.Set();
        }

        Wait.Until(() => domain.Statistics.Pending == 0, "the callback returns");
    }

    [Fact]
    public async Task A_drain_that_fails_is_logged_and_does_not_fail_the_stop()
    {
        var failing = new FailingTime();
        using var domain = new RetirementDomain(new RetirementOptions { TimeProvider = failing, Name = "failing" });
        using IHost host = Build(services => services.AddSwmrRetirement(domain));
        await host.StartAsync();
        using (StalledReader.In(domain))
        {
            domain.Retire(new MemoryStream());
            failing.Fails = true;
            await host.StopAsync().WaitAsync(TimeSpan.FromMinutes(1));
            failing.Fails = false;
            (_, string text, Exception? exception) = Assert.Single(_log.Entries);
            Assert.Contains("'failing' is not drained: 1 pending", text, StringComparison.Ordinal);
            Assert.Equal("no timer, says the test", exception?.Message);
        }
    }

    [Fact]
    public async Task A_domain_that_was_given_is_drained_and_once_under_two_keys()
    {
        var options = new RetirementOptions();
        Slow(options);
        using var domain = new RetirementDomain(options);
        using IHost host = Build(services => services.AddSwmrRetirement(domain).AddKeyedSwmrRetirement("again", domain).AddKeyedSwmrRetirement("shared", RetirementDomain.Shared));
        await host.StartAsync();
        domain.Retire(new MemoryStream());
        await host.StopAsync();
        Assert.Equal((1, 0), (domain.Statistics.Reclaimed, domain.Statistics.Pending));
    }

    /// <summary>Reclaims nothing by itself while a test lasts.</summary>
    private static void Slow(RetirementOptions options) => options.FlushDelay = s_never;

    private IHost Build(Action<IServiceCollection> configure)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Logging.AddProvider(_log);
        builder.Services.Configure<HostOptions>(static options => options.ShutdownTimeout = s_never);
        configure(builder.Services);
        return builder.Build();
    }

    private sealed class LastWord(RetirementDomain domain, IDisposable value) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken)
        {
            domain.Retire(value);
            return Task.CompletedTask;
        }
    }

    /// <summary>The system's time, in which a wait can be made to fail.</summary>
    private sealed class FailingTime : TimeProvider
    {
        public volatile bool Fails;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            Fails ? throw new InvalidOperationException("no timer, says the test") : base.CreateTimer(callback, state, dueTime, period);
    }
}
