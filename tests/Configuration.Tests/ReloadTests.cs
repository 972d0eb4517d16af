using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace SwmrKit.Tests;

/// <summary>What a reload does here and not in Microsoft's monitor: no noise, no half, no bad value, no change lost.</summary>
public sealed class ReloadTests : IClassFixture<SharedMachine>
{
    private readonly TestConfiguration _configuration = new();
    private readonly LogRecorder _log = new();
    private readonly ManualTime _time = new();
    private readonly List<OptionsReloadFailure> _failures = [];

    [Fact]
    public void A_change_is_told_once_however_often_it_is_reported_and_a_change_to_the_same_not_at_all()
    {
        IServiceCollection services = _configuration.Services();
        services.Configure<Settings>(_configuration.Root.GetSection("Other")); // A second source of the same changes.
        using ServiceProvider provider = Build(services);
        IOptionsMonitor<Settings> monitor = Monitor(provider);
        List<int> told = Told(monitor);
        Settings first = monitor.CurrentValue;
        _configuration.Report(times: 3);
        Assert.Same(first, monitor.CurrentValue);
        _configuration.Change(2, times: 3);
        _configuration.Change(2);
        Assert.Equal([2], told);
    }

    [Fact]
    public void Control_microsofts_monitor_tells_every_report_of_each_source()
    {
        IServiceCollection services = _configuration.Services();
        services.Configure<Settings>(_configuration.Root.GetSection("Other"));
        using ServiceProvider provider = services.BuildServiceProvider();
        List<int> told = Told(Monitor(provider));
        _configuration.Report(times: 3);
        Assert.Equal([1, 1, 1, 1, 1, 1], told);
    }

    [Fact]
    public void Without_the_gate_every_report_publishes()
    {
        using ServiceProvider provider = Build(_configuration.Services(), static reload => reload.Comparer = ReferenceEqualityComparer.Instance);
        IOptionsMonitor<Settings> monitor = Monitor(provider);
        List<int> told = Told(monitor);
        Settings first = monitor.CurrentValue;
        _configuration.Report(times: 2);
        Assert.Equal([1, 1], told);
        Assert.NotSame(first, monitor.CurrentValue);
    }

    [Fact]
    public void A_comparer_of_ones_own_decides_and_one_that_throws_fails_the_reload()
    {
        bool throws = false;
        using ServiceProvider provider = Build(
            _configuration.Services(),
            reload => reload.Comparer = EqualityComparer<Settings>.Create((x, y) => throws ? throw new NotSupportedException("no comparing") : x!.Second / 10 == y!.Second / 10));
        List<int> told = Told(Monitor(provider));
        _ = Monitor(provider).CurrentValue;
        _configuration.Change(2);
        _configuration.Change(30);
        Assert.Equal([30], told);
        throws = true;
        _configuration.Change(40);
        Assert.Equal(30, Monitor(provider).CurrentValue.First);
        Assert.Equal("no comparing", Assert.Single(_failures).Exception.Message);
    }

    [Fact]
    public async Task A_reload_that_fails_keeps_the_old_value_is_reported_once_and_the_next_good_one_works()
    {
        using ServiceProvider provider = Build(Validated());
        IOptionsMonitor<Settings> monitor = Monitor(provider);
        List<int> told = Told(monitor);
        Settings first = monitor.CurrentValue;
        Assert.Equal(HealthStatus.Healthy, (await Check(provider)).Status);

        _configuration.Change(-1, times: 3);
        Assert.Same(first, monitor.CurrentValue);
        Assert.Empty(told);
        OptionsReloadFailure failure = Assert.Single(_failures);
        Assert.Equal((typeof(Settings), "", null), (failure.OptionsType, failure.OptionsName, failure.File));
        Assert.Equal(["negative: -1"], Assert.IsType<OptionsValidationException>(failure.Exception).Failures);
        (LogLevel level, string text, Exception? exception) = Assert.Single(_log.Entries);
        Assert.Equal((LogLevel.Error, "Reload failed, the last valid values stay in force: options SwmrKit.Tests.Settings: negative: -1"), (level, text));
        Assert.Same(failure.Exception, exception);
        HealthReportEntry health = await Check(provider);
        Assert.Equal((HealthStatus.Degraded, "Not in force, because they are not valid or cannot be read: options SwmrKit.Tests.Settings: negative: -1"), (health.Status, health.Description));
        Assert.Equal("negative: -1", Assert.Single(health.Data).Value);
        Assert.Same(failure.Exception, health.Exception);
        using (IServiceScope scope = provider.CreateScope())
        {
            Assert.Same(first, scope.ServiceProvider.GetRequiredService<IOptionsSnapshot<Settings>>().Value); // No request meets the error.
        }

        _configuration.Change(-2);
        Assert.Equal(2, _failures.Count); // Another failure.
        _configuration.Change(5);
        Assert.Equal(5, monitor.CurrentValue.First);
        Assert.Equal([5], told);
        Assert.Equal(HealthStatus.Healthy, (await Check(provider)).Status);
        _configuration.Change(-2);
        Assert.Equal(3, _failures.Count); // The same as before, but there was a good one in between.
        Assert.Equal(5, monitor.CurrentValue.First);
    }

    [Fact]
    public async Task A_failure_of_a_name_is_that_names_alone()
    {
        using ServiceProvider provider = Build(Validated("n"));
        IOptionsMonitor<Settings> monitor = Monitor(provider);
        _ = monitor.Get("n");
        _configuration.Write(-7, "n");
        _configuration.Change(2);
        Assert.Equal((2, 1), (monitor.CurrentValue.First, monitor.Get("n").First));
        Assert.Equal("n", Assert.Single(_failures).OptionsName);
        Assert.Contains("options SwmrKit.Tests.Settings 'n': negative: -7", (await Check(provider)).Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_first_value_that_is_refused_is_the_callers_error_and_tried_again_at_the_next_access()
    {
        int built = 0;
        _configuration.Write(-1);
        IServiceCollection services = Validated();
        services.Configure<Settings>(_ => built++);
        using ServiceProvider provider = Build(services);
        Assert.Throws<OptionsValidationException>(() => Monitor(provider).CurrentValue);
        Assert.Throws<OptionsValidationException>(() => Monitor(provider).CurrentValue);
        Assert.Equal(2, built);
        Assert.Empty(_failures);
        Assert.Empty(_log.Entries);
        Assert.Equal(HealthStatus.Degraded, (await Check(provider)).Status);
        _configuration.Write(3); // Mended, and not reported.
        Assert.Equal(3, Monitor(provider).CurrentValue.First);
        Assert.Equal(HealthStatus.Healthy, (await Check(provider)).Status);
    }

    [Fact]
    public void A_reload_that_fails_where_there_is_no_value_yet_is_reported()
    {
        using ServiceProvider provider = Build(Validated());
        _ = Monitor(provider);
        _configuration.Change(-1);
        Assert.Single(_failures);
        Assert.Throws<OptionsValidationException>(() => Monitor(provider).CurrentValue);
        _configuration.Change(2);
        Assert.Equal(2, Monitor(provider).CurrentValue.First);
    }

    [Fact]
    public void What_a_listener_throws_reaches_neither_the_others_nor_the_one_who_reloads()
    {
        using ServiceProvider provider = Build(_configuration.Services());
        IOptionsMonitor<Settings> monitor = Monitor(provider);
        var failed = new List<OptionsReloadFailure>();
        provider.GetRequiredService<OptionsReloadStatus>().ListenerFailed += (_, args) => failed.Add(args.Failure);
        List<int> before = Told(monitor);
        monitor.OnChange(static _ => throw new InvalidDataException("from the listener"));
        List<int> after = Told(monitor);
        _ = monitor.CurrentValue;
        _configuration.Change(2);
        _configuration.Change(3);
        Assert.Equal([2, 3], before);
        Assert.Equal([2, 3], after);
        Assert.Equal(["from the listener", "from the listener"], failed.Select(static failure => failure.Exception.Message));
        Assert.Equal(2, _log.Entries.Count);
        Assert.All(_log.Entries, static entry => Assert.Equal("A listener failed to take in a change; the others have been told: options SwmrKit.Tests.Settings", entry.Text));
        Assert.Empty(_failures);
    }

    [Fact]
    public void What_a_handler_of_the_status_throws_is_ignored()
    {
        using ServiceProvider provider = Build(Validated());
        provider.GetRequiredService<OptionsReloadStatus>().ReloadFailed += static (_, _) => throw new InvalidDataException("from the handler");
        int told = 0;
        provider.GetRequiredService<OptionsReloadStatus>().ReloadFailed += (_, _) => told++;
        _ = Monitor(provider).CurrentValue;
        _configuration.Change(-1);
        Assert.Equal(1, told);
        _configuration.Change(2);
        Assert.Equal(2, Monitor(provider).CurrentValue.First);
    }

    [Fact]
    public void A_listener_that_causes_a_change_is_told_of_it_after_everybody_was_told_of_the_one_before()
    {
        using ServiceProvider provider = Build(_configuration.Services());
        IOptionsMonitor<Settings> monitor = Monitor(provider);
        var told = new List<string>();
        monitor.OnChange((settings, name) =>
        {
            told.Add($"first {settings.First}");
            if (settings.First == 2)
            {
                // A provider reports a change within its report only afterwards; another thread's, at once.
                Wait.OnThread(() => provider.GetRequiredService<AnotherSource>().Change(() => _configuration.Write(3)));
            }
        });
        monitor.OnChange(settings => told.Add($"second {settings.First}"));
        _ = monitor.CurrentValue;
        _configuration.Change(2);
        Assert.Equal(["first 2", "second 2", "first 3", "second 3"], told);
    }

    [Fact]
    public void A_change_from_inside_the_building_of_the_first_value_is_taken_in()
    {
        bool changed = false;
        IServiceCollection services = _configuration.Services();
        services.AddOptions<Settings>().PostConfigure(_ =>
        {
            if (!changed)
            {
                changed = true;
                _configuration.Change(2);
            }
        });
        using ServiceProvider provider = Build(services);
        Assert.Equal(2, Monitor(provider).CurrentValue.First);
    }

    [Fact]
    public void A_value_half_of_which_is_older_is_built_again_before_it_is_published()
    {
        int built = 0;
        IServiceCollection services = _configuration.Services();
        Action<int> report = static _ => { };
        services.Configure<Settings>(settings =>
        {
            if (++built == 1)
            {
                settings.First = 1;
                Wait.OnThread(() => report(2)); // Comes between the halves.
                settings.Second = 2;
            }
        });
        using ServiceProvider provider = Build(services);
        report = Report;
        IOptionsMonitor<Settings> monitor = Monitor(provider);
        Settings first = monitor.CurrentValue;
        Assert.True(first.IsWhole);
        Assert.Equal(2, first.First);

        // The change is reported by another thread, which is to answer it, while the first reader builds.
        void Report(int number)
        {
            _configuration.Write(number);
            provider.GetRequiredService<OptionsPublications<Settings>>().Default.Signal();
        }
    }

    [Fact]
    public void Changes_in_a_quiet_period_are_one_and_a_stream_without_a_pause_is_cut()
    {
        using ServiceProvider provider = Build(_configuration.Services(), static reload => reload.Debounce = TimeSpan.FromSeconds(1));
        IOptionsMonitor<Settings> monitor = Monitor(provider);
        List<int> told = Told(monitor);
        _ = monitor.CurrentValue;
        _configuration.Change(2);
        _time.Advance(TimeSpan.FromSeconds(0.9));
        _configuration.Change(3, times: 5);
        _time.Advance(TimeSpan.FromSeconds(0.9));
        Assert.Equal(1, monitor.CurrentValue.First);
        _time.Advance(TimeSpan.FromSeconds(0.1));
        Assert.Equal(3, monitor.CurrentValue.First);
        Assert.Equal([3], told);

        for (int i = 0; i < 40; i++)
        {
            _configuration.Change(10 + i);
            _time.Advance(TimeSpan.FromSeconds(0.5));
        }

        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal([3, 29, 49], told); // Ten periods of a second after the first change of the stream, at the latest.
        Assert.Null(_time.NextDue);
    }

    [Fact]
    public void Where_a_timer_cannot_be_set_a_change_is_taken_in_at_once()
    {
        using ServiceProvider provider = Build(_configuration.Services(), static reload => reload.Debounce = TimeSpan.FromSeconds(1));
        _ = Monitor(provider).CurrentValue;
        _time.RefusesTimers = true;
        _configuration.Change(2);
        Assert.Equal(2, Monitor(provider).CurrentValue.First);
        _time.RefusesTimers = false;
        _configuration.Change(3);
        Assert.Equal(2, Monitor(provider).CurrentValue.First);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(3, Monitor(provider).CurrentValue.First);
    }

    [Fact]
    public void The_debounce_of_all_types_holds_for_those_that_set_none()
    {
        IServiceCollection services = _configuration.Services();
        services.UseSwmrOptionsMonitor(static reload => reload.Debounce = TimeSpan.FromSeconds(1));
        using ServiceProvider provider = Build(services);
        _ = Monitor(provider).CurrentValue;
        _configuration.Change(2);
        Assert.Equal(1, Monitor(provider).CurrentValue.First);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(2, Monitor(provider).CurrentValue.First);
    }

    [Fact]
    public void After_the_container_has_been_disposed_a_quiet_period_ends_in_nothing()
    {
        ServiceProvider provider = Build(_configuration.Services(), static reload => reload.Debounce = TimeSpan.FromSeconds(1));
        IOptionsMonitor<Settings> monitor = Monitor(provider);
        _ = monitor.CurrentValue;
        _configuration.Change(2);
        provider.Dispose();
        Assert.Null(_time.NextDue);
        Assert.Equal(1, monitor.CurrentValue.First);
    }

    private IServiceCollection Validated(params string[] names)
    {
        IServiceCollection services = _configuration.Services(names);
        return services.AddSingleton<IValidateOptions<Settings>, Saying>();
    }

    private ServiceProvider Build(IServiceCollection services, Action<OptionsReloadSettings<Settings>>? reload = null)
    {
        OptionsBuilder<Settings> builder = services.AddSwmrOptions<Settings>();
        if (reload is not null)
        {
            builder.ConfigureReload(reload);
        }

        services.AddSingleton<TimeProvider>(_time).AddLogging(logging => logging.AddProvider(_log)).AddSingleton<AnotherSource>();
        services.AddHealthChecks().AddSwmrOptions();
        ServiceProvider provider = services.BuildServiceProvider(validateScopes: true);
        provider.GetRequiredService<OptionsReloadStatus>().ReloadFailed += (_, args) => _failures.Add(args.Failure);
        return provider;
    }

    private static IOptionsMonitor<Settings> Monitor(IServiceProvider provider) => provider.GetRequiredService<IOptionsMonitor<Settings>>();

    private static List<int> Told(IOptionsMonitor<Settings> monitor)
    {
        var told = new List<int>();
        monitor.OnChange(settings => told.Add(settings.First));
        return told;
    }

    private static async Task<HealthReportEntry> Check(IServiceProvider provider) =>
        (await provider.GetRequiredService<HealthCheckService>().CheckHealthAsync()).Entries["swmrkit-options"];

    /// <summary>A change as another source would report it.</summary>
    private sealed class AnotherSource(OptionsPublications<Settings> publications)
    {
        public void Change(Action write)
        {
            write();
            publications.Change("");
        }
    }

    private sealed class Saying : IValidateOptions<Settings>
    {
        public ValidateOptionsResult Validate(string? name, Settings options) => options.First >= 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail($"negative: {options.First}");
    }
}
