using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace SwmrKit.Tests;

/// <summary>
/// What users of options rely on. The same tests run against Microsoft's registration and against ours: what passes under the one and not under the other is a difference.
/// </summary>
public abstract class OptionsBehaviour : IClassFixture<SharedMachine>
{
    private readonly TestConfiguration _configuration = new();

    private protected abstract void Register(IServiceCollection services);

    [Fact]
    public void The_current_value_stays_one_object_until_a_change()
    {
        using ServiceProvider provider = Build(_configuration.Services());
        IOptionsMonitor<Settings> monitor = Monitor(provider);
        Settings first = monitor.CurrentValue;
        Assert.Equal(1, first.First);
        Assert.Same(first, monitor.CurrentValue);
        Assert.Same(first, monitor.Get(Options.DefaultName));
        Assert.Same(first, monitor.Get(null));
        _configuration.Change(2);
        Assert.Equal(2, monitor.CurrentValue.First);
        Assert.NotSame(first, monitor.CurrentValue);
        Assert.Equal(1, first.First);
    }

    [Fact]
    public void A_change_that_is_not_reported_is_not_seen()
    {
        using ServiceProvider provider = Build(_configuration.Services());
        Settings first = Monitor(provider).CurrentValue;
        _configuration.Write(2);
        Assert.Same(first, Monitor(provider).CurrentValue);
    }

    [Fact]
    public void When_a_reload_has_returned_the_value_is_new_and_the_listeners_were_told()
    {
        using ServiceProvider provider = Build(_configuration.Services());
        IOptionsMonitor<Settings> monitor = Monitor(provider);
        var told = new List<(int, string?, int)>();
        monitor.OnChange((settings, name) => told.Add((settings.First, name, monitor.CurrentValue.First)));
        _ = monitor.CurrentValue;
        _configuration.Change(2);
        _configuration.Change(3);
        Assert.Equal([(2, "", 2), (3, "", 3)], told);
    }

    [Fact]
    public void A_change_is_told_although_nobody_has_read_the_value()
    {
        using ServiceProvider provider = Build(_configuration.Services());
        var told = new List<int>();
        Monitor(provider).OnChange(settings => told.Add(settings.First));
        _configuration.Change(2);
        Assert.Equal([2], told);
    }

    [Fact]
    public void Listeners_are_called_in_their_order_until_they_are_disposed()
    {
        using ServiceProvider provider = Build(_configuration.Services());
        IOptionsMonitor<Settings> monitor = Monitor(provider);
        var told = new List<string>();
        using IDisposable first = monitor.OnChange(settings => told.Add($"first {settings.First}"))!;
        using IDisposable second = monitor.OnChange(settings => told.Add($"second {settings.First}"))!;
        _configuration.Change(2);
        first.Dispose();
        first.Dispose();
        _configuration.Change(3);
        second.Dispose();
        _configuration.Change(4);
        Assert.Equal(["first 2", "second 2", "second 3"], told);
    }

    [Fact]
    public void Names_are_apart_and_tell_their_case()
    {
        using ServiceProvider provider = Build(_configuration.Services("a", "b"));
        IOptionsMonitor<Settings> monitor = Monitor(provider);
        var told = new List<(string?, int)>();
        monitor.OnChange((settings, name) => told.Add((name, settings.First)));
        _configuration.Write(7, "a");
        Assert.Equal((7, 1, 0, 0), (monitor.Get("a").First, monitor.Get("b").First, monitor.Get("A").First, monitor.Get("none").First));
        Assert.Same(monitor.Get("none"), monitor.Get("none"));
        Settings none = monitor.Get("none");
        _configuration.Change(8, "a");
        Assert.Contains(("a", 8), told);
        Assert.Equal(8, monitor.Get("a").First);
        Assert.Same(none, monitor.Get("none")); // Bound to nothing that changes.
    }

    [Fact]
    public void What_configures_runs_in_its_order_and_what_configures_afterwards_runs_last()
    {
        IServiceCollection services = _configuration.Services("n");
        services.PostConfigure<Settings>(static settings => settings.Names.Add("after"));
        services.PostConfigureAll<Settings>(static settings => settings.Names.Add("after all"));
        services.Configure<Settings>(static settings => settings.Names.Add("second"));
        services.ConfigureAll<Settings>(static settings => settings.Names.Add("all"));
        services.AddSingleton(new Suffix("service"));
        services.AddOptions<Settings>().Configure<Suffix>(static (settings, suffix) => settings.Names.Add(suffix.Text));
        using ServiceProvider provider = Build(services);
        Assert.Equal(["name 1", "second", "all", "service", "after", "after all"], Monitor(provider).CurrentValue.Names);
        Assert.Equal(["name 1", "all", "after all"], Monitor(provider).Get("n").Names);
        Assert.Equal(["all", "after all"], Monitor(provider).Get("other").Names);
    }

    [Fact]
    public void A_source_of_changes_without_a_name_is_of_the_options_without_one()
    {
        int built = 0;
        var source = new ManualSource(null);
        IServiceCollection services = new ServiceCollection().AddSingleton<IOptionsChangeTokenSource<Settings>>(source);
        services.ConfigureAll<Settings>(settings => settings.First = Interlocked.Increment(ref built));
        using ServiceProvider provider = Build(services);
        IOptionsMonitor<Settings> monitor = Monitor(provider);
        Assert.Equal((1, 2), (monitor.CurrentValue.First, monitor.Get("n").First));
        source.Report();
        Assert.Equal((3, 2), (monitor.CurrentValue.First, monitor.Get("n").First));
    }

    [Fact]
    public void Options_of_several_sections_change_with_each()
    {
        IServiceCollection services = _configuration.Services();
        var other = new TestConfiguration(5);
        services.Configure<Settings>(other.Root.GetSection("Other"));
        using ServiceProvider provider = Build(services);
        IOptionsMonitor<Settings> monitor = Monitor(provider);
        Assert.Equal(1, monitor.CurrentValue.First);
        other.Change(6, "Other");
        Assert.Equal(6, monitor.CurrentValue.First);
        _configuration.Change(2);
        Assert.Equal((6, 2), (monitor.CurrentValue.First, monitor.CurrentValue.Names.Count));
    }

    [Fact]
    public void What_is_removed_from_the_cache_is_built_anew()
    {
        using ServiceProvider provider = Build(_configuration.Services("n"));
        IOptionsMonitor<Settings> monitor = Monitor(provider);
        IOptionsMonitorCache<Settings> cache = provider.GetRequiredService<IOptionsMonitorCache<Settings>>();
        Settings first = monitor.CurrentValue;
        Settings named = monitor.Get("n");
        Assert.True(cache.TryRemove(Options.DefaultName));
        Assert.False(cache.TryRemove(Options.DefaultName));
        Assert.False(cache.TryRemove("nobody has asked for this"));
        Assert.NotSame(first, monitor.CurrentValue);
        Assert.Same(named, monitor.Get("n"));
        Assert.True(cache.TryRemove("n"));
        Assert.NotSame(named, monitor.Get("n"));
        first = monitor.CurrentValue;
        named = monitor.Get("n");
        cache.Clear();
        Assert.NotSame(first, monitor.CurrentValue);
        Assert.NotSame(named, monitor.Get("n"));
    }

    [Fact]
    public void What_is_added_to_the_cache_is_what_the_monitor_shows_until_a_change()
    {
        using ServiceProvider provider = Build(_configuration.Services());
        IOptionsMonitorCache<Settings> cache = provider.GetRequiredService<IOptionsMonitorCache<Settings>>();
        var added = new Settings { First = 99 };
        Assert.True(cache.TryAdd(Options.DefaultName, added));
        Assert.False(cache.TryAdd(Options.DefaultName, new Settings()));
        Assert.Same(added, Monitor(provider).CurrentValue);
        Assert.Same(added, cache.GetOrAdd(Options.DefaultName, static () => new Settings()));
        var other = new Settings();
        Assert.Same(other, cache.GetOrAdd("other", () => other));
        Assert.Same(other, Monitor(provider).Get("other"));
        _configuration.Change(2);
        Assert.Equal(2, Monitor(provider).CurrentValue.First);
        Assert.Throws<ArgumentNullException>(() => cache.TryAdd("x", null!));
        Assert.Throws<ArgumentNullException>(() => cache.GetOrAdd("x", null!));
    }

    [Fact]
    public void A_cache_of_ones_own_decides_what_the_monitor_shows()
    {
        IServiceCollection services = _configuration.Services();
        var cache = new FixedCache();
        services.AddSingleton<IOptionsMonitorCache<Settings>>(cache);
        using ServiceProvider provider = Build(services);
        Assert.Same(cache.Value, Monitor(provider).CurrentValue);
        Assert.Same(cache.Value, Monitor(provider).Get("n"));
    }

    [Fact]
    public void A_factory_of_ones_own_makes_the_options()
    {
        IServiceCollection services = _configuration.Services();
        services.AddTransient<IOptionsFactory<Settings>, FixedFactory>();
        using ServiceProvider provider = Build(services);
        Assert.Equal((42, 43), (Monitor(provider).CurrentValue.First, Monitor(provider).Get("n").First));
    }

    [Fact]
    public void Validators_of_every_kind_refuse_the_first_value_with_all_their_reasons()
    {
        var configuration = new TestConfiguration(-1);
        IServiceCollection services = configuration.Services();
        services.AddOptions<Settings>().Validate(static settings => settings.First >= 0, "first is negative").Validate<Suffix>(static (settings, _) => settings.Second >= 0, "second is negative");
        services.AddSingleton(new Suffix("")).AddSingleton<IValidateOptions<Settings>, Validator>();
        using ServiceProvider provider = Build(services);
        OptionsValidationException exception = Assert.Throws<OptionsValidationException>(() => Monitor(provider).CurrentValue);
        Assert.Equal(["first is negative", "second is negative", "never negative"], exception.Failures);
        Assert.Equal((typeof(Settings), Options.DefaultName), (exception.OptionsType, exception.OptionsName));
        Assert.Throws<OptionsValidationException>(() => Monitor(provider).CurrentValue);
        Assert.Equal("n", Assert.Throws<OptionsValidationException>(() => Monitor(provider).Get("n")).OptionsName is var name ? name : null);
    }

    [Fact]
    public void Data_annotations_refuse_the_first_value()
    {
        IServiceCollection services = new ServiceCollection();
        services.AddOptions<Annotated>().Configure(static annotated => annotated.Port = 70_000).ValidateDataAnnotations();
        using ServiceProvider provider = Build(services);
        OptionsValidationException exception = Assert.Throws<OptionsValidationException>(() => provider.GetRequiredService<IOptionsMonitor<Annotated>>().CurrentValue);
        Assert.Contains("Port", Assert.Single(exception.Failures), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Options_that_are_validated_on_start_fail_the_start_of_the_host()
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services.AddOptions<Settings>().Validate(static _ => false, "never good").ValidateOnStart();
        Register(builder.Services);
        using IHost host = builder.Build();
        Assert.Contains("never good", (await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_change_makes_a_value_that_was_refused_good()
    {
        var configuration = new TestConfiguration(-1);
        IServiceCollection services = configuration.Services();
        services.AddSingleton<IValidateOptions<Settings>, Validator>();
        using ServiceProvider provider = Build(services);
        Assert.Throws<OptionsValidationException>(() => Monitor(provider).CurrentValue);
        configuration.Change(1);
        Assert.Equal(1, Monitor(provider).CurrentValue.First);
    }

    [Fact]
    public void IOptions_keeps_its_first_value()
    {
        using ServiceProvider provider = Build(_configuration.Services());
        IOptions<Settings> options = provider.GetRequiredService<IOptions<Settings>>();
        Assert.Equal(1, options.Value.First);
        Settings first = options.Value;
        _configuration.Change(2);
        Assert.Same(first, options.Value);
        Assert.Equal(1, options.Value.First);
    }

    [Fact]
    public void A_snapshot_stays_within_its_scope_and_is_the_newest_in_the_next()
    {
        using ServiceProvider provider = Build(_configuration.Services("n"));
        using (IServiceScope scope = provider.CreateScope())
        {
            IOptionsSnapshot<Settings> snapshot = scope.ServiceProvider.GetRequiredService<IOptionsSnapshot<Settings>>();
            Settings value = snapshot.Value;
            Settings named = snapshot.Get("n");
            Assert.Equal((1, 1), (value.First, named.First));
            _configuration.Write(2, "n");
            _configuration.Change(2);
            Assert.Same(value, snapshot.Value);
            Assert.Same(value, snapshot.Get(Options.DefaultName));
            Assert.Same(value, snapshot.Get(null));
            Assert.Same(named, snapshot.Get("n"));
            Assert.Same(snapshot, scope.ServiceProvider.GetRequiredService<IOptionsSnapshot<Settings>>());
            Assert.Equal(2, Monitor(provider).CurrentValue.First);
        }

        using IServiceScope next = provider.CreateScope();
        IOptionsSnapshot<Settings> later = next.ServiceProvider.GetRequiredService<IOptionsSnapshot<Settings>>();
        Assert.Equal((2, 2), (later.Value.First, later.Get("n").First));
    }

    [Fact]
    public void A_snapshot_is_not_given_to_a_singleton()
    {
        IServiceCollection services = _configuration.Services();
        Register(services);
        services.AddSingleton<TakesSnapshot>();
        Assert.Throws<AggregateException>(() => services.BuildServiceProvider(new ServiceProviderOptions { ValidateScopes = true, ValidateOnBuild = true }));
    }

    [Fact]
    public void All_services_can_be_made_and_scopes_are_right()
    {
        IServiceCollection services = _configuration.Services();
        Register(services);
        services.AddScoped<TakesSnapshot>().AddSingleton<TakesMonitor>();
        using ServiceProvider provider = services.BuildServiceProvider(new ServiceProviderOptions { ValidateScopes = true, ValidateOnBuild = true });
        Assert.Same(Monitor(provider), provider.GetRequiredService<TakesMonitor>().Monitor);
        Assert.Same(Monitor(provider), provider.CreateScope().ServiceProvider.GetRequiredService<IOptionsMonitor<Settings>>());
    }

    [Fact]
    public void After_the_container_has_been_disposed_nobody_is_told_and_the_value_stays()
    {
        ServiceProvider provider = Build(_configuration.Services());
        IOptionsMonitor<Settings> monitor = Monitor(provider);
        int told = 0;
        monitor.OnChange(_ => told++);
        Settings last = monitor.CurrentValue;
        provider.Dispose();
        _configuration.Change(2);
        Assert.Equal(0, told);
        Assert.Same(last, monitor.CurrentValue);
    }

    [Fact]
    public void Concurrent_first_readers_get_one_object()
    {
        IServiceCollection services = _configuration.Services();
        int built = 0;
        services.Configure<Settings>(_ =>
        {
            Interlocked.Increment(ref built);
            Thread.Sleep(20);
        });
        using ServiceProvider provider = Build(services);
        IOptionsMonitor<Settings> monitor = Monitor(provider);
        using var together = new Barrier(4);
        var found = new Settings[4];
        Thread[] threads = [.. Enumerable.Range(0, 4).Select(i => new Thread(() =>
        {
            together.SignalAndWait();
            found[i] = monitor.CurrentValue;
        }))];
        Array.ForEach(threads, static thread => thread.Start());
        Array.ForEach(threads, static thread => thread.Join());
        Assert.All(found, settings => Assert.Same(found[0], settings));
        Assert.Equal(1, built);
    }

    [Fact]
    public void A_change_while_the_first_value_is_built_is_taken_in()
    {
        using var isBuilding = new ManualResetEventSlim();
        using var goesOn = new ManualResetEventSlim();
        IServiceCollection services = _configuration.Services();
        services.PostConfigure<Settings>(_ =>
        {
            isBuilding.Set();
            goesOn.Wait();
        });
        using ServiceProvider provider = Build(services);
        IOptionsMonitor<Settings> monitor = Monitor(provider);
        var reader = new Thread(() => _ = monitor.CurrentValue);
        var writer = new Thread(() => _configuration.Change(2));
        reader.Start();
        isBuilding.Wait();
        _configuration.Write(2);
        writer.Start();
        goesOn.Set();
        reader.Join();
        writer.Join();
        Assert.Equal(2, monitor.CurrentValue.First);
    }

    [Fact]
    public void Options_may_be_made_of_other_options()
    {
        IServiceCollection services = _configuration.Services();
        services.AddOptions<Annotated>().Configure<IOptionsMonitor<Settings>>(static (annotated, settings) => annotated.Port = settings.CurrentValue.First);
        using ServiceProvider provider = Build(services);
        Assert.Equal(1, provider.GetRequiredService<IOptionsMonitor<Annotated>>().CurrentValue.Port);
    }

    [Fact]
    public void Options_that_ask_for_themselves_while_they_are_built_are_refused()
    {
        IServiceCollection services = _configuration.Services();
        services.AddOptions<Settings>().Configure<IServiceProvider>(static (_, provider) => _ = Monitor(provider).CurrentValue);
        using ServiceProvider provider = Build(services);
        Assert.Throws<InvalidOperationException>(() => Monitor(provider).CurrentValue);
    }

    private protected static IOptionsMonitor<Settings> Monitor(IServiceProvider provider) => provider.GetRequiredService<IOptionsMonitor<Settings>>();

    private ServiceProvider Build(IServiceCollection services)
    {
        Register(services);
        return services.BuildServiceProvider(validateScopes: true);
    }

    public sealed class Annotated
    {
        [Range(1, 65_535)]
        public int Port { get; set; }
    }

    private sealed record Suffix(string Text);

    private sealed record TakesSnapshot(IOptionsSnapshot<Settings> Snapshot);

    private sealed record TakesMonitor(IOptionsMonitor<Settings> Monitor);

    private sealed class Validator : IValidateOptions<Settings>
    {
        public ValidateOptionsResult Validate(string? name, Settings options) =>
            options.First < 0 || name == "n" ? ValidateOptionsResult.Fail("never negative") : ValidateOptionsResult.Success;
    }

    private sealed class FixedCache : IOptionsMonitorCache<Settings>
    {
        public Settings Value { get; } = new();

        public void Clear()
        {
        }

        public Settings GetOrAdd(string? name, Func<Settings> createOptions) => Value;

        public bool TryAdd(string? name, Settings options) => false;

        public bool TryRemove(string? name) => false;
    }

    private sealed class FixedFactory : IOptionsFactory<Settings>
    {
        public Settings Create(string name) => new() { First = name.Length == 0 ? 42 : 43 };
    }

    private sealed class ManualSource(string? name) : IOptionsChangeTokenSource<Settings>
    {
        private CancellationTokenSource _change = new();

        public string? Name => name;

        public IChangeToken GetChangeToken() => new CancellationChangeToken(_change.Token);

        public void Report() => Interlocked.Exchange(ref _change, new CancellationTokenSource()).Cancel();
    }
}
