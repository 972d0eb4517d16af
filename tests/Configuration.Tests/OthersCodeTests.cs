using System.Runtime.CompilerServices;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace SwmrKit.Tests;

/// <summary>What others' code does at the edges: throws where we call it, calls back at once, lives longer than the container. No change is lost by it, and nothing is kept.</summary>
public sealed class OthersCodeTests : IClassFixture<SharedMachine>
{
    private readonly TestConfiguration _configuration = new();
    private readonly List<OptionsReloadFailure> _failures = [];

    [Fact]
    public void When_asking_what_to_watch_throws_the_change_that_was_watched_is_not_forgotten()
    {
        var file = new Notice();
        int content = 1;
        bool throws = false;
        using ServiceProvider provider = Build(builder => builder.AddSnapshot(
            _ => new Resource(content), _ => throws ? throw new DirectoryNotFoundException("nothing to watch") : file.Token));
        ISnapshot<Resource> snapshot = provider.GetRequiredService<ISnapshot<Resource>>();
        throws = true;
        content = 2;
        file.Report();
        Assert.Equal("nothing to watch", Assert.Single(_failures).Exception.Message);
        throws = false;
        _configuration.Report(); // The options are the same as before.
        Assert.Equal(2, Current(snapshot));
        content = 3;
        file.Report();
        Assert.Equal(3, Current(snapshot));
    }

    [Fact]
    public void A_token_that_cannot_be_listened_to_is_reported_and_keeps_neither_the_other_resources_nor_the_listeners_from_the_change()
    {
        IChangeToken? token = null;
        using ServiceProvider provider = Build(builder => builder
            .AddSnapshot(settings => new Resource(settings.First), _ => token)
            .AddSnapshot(static settings => new Other(settings.First)));
        ISnapshot<Resource> snapshot = provider.GetRequiredService<ISnapshot<Resource>>();
        ISnapshot<Other> other = provider.GetRequiredService<ISnapshot<Other>>();
        var told = new List<int>();
        Monitor(provider).OnChange(settings => told.Add(settings.First));
        token = new DeafToken();
        _configuration.Change(2);
        Assert.Equal([2], told);
        Assert.Equal((2, 2, 2L), (Monitor(provider).CurrentValue.First, Current(snapshot), other.Version));
        Assert.Equal("deaf", Assert.Single(_failures).Exception.Message);
        token = null;
        _configuration.Change(3);
        Assert.Equal((3, 3L), (Current(snapshot), other.Version));
    }

    [Fact]
    public void The_first_token_that_cannot_be_listened_to_is_reported_and_the_resource_serves()
    {
        using ServiceProvider provider = Build(static builder => builder.AddSnapshot(static settings => new Resource(settings.First), static _ => new DeafToken()));
        ISnapshot<Resource> snapshot = provider.GetRequiredService<ISnapshot<Resource>>();
        Assert.Equal(1, Current(snapshot));
        Assert.Equal("deaf", Assert.Single(_failures).Exception.Message);
        _configuration.Change(2);
        Assert.Equal(2, Current(snapshot));
    }

    [Fact]
    public void What_goes_wrong_while_resources_are_replaced_is_reported_outside_the_lock_of_the_options()
    {
        var domain = new RetirementDomain();
        var owned = new Resource(7);
        using var cell = new SwmrCell<Resource>(owned, domain);
        using ServiceProvider provider = Build(builder => builder.AddSnapshot(settings => settings.First == 7 ? owned : new Resource(settings.First)));
        _ = provider.GetRequiredService<ISnapshot<Resource>>();
        IOptionsMonitorCache<Settings> cache = provider.GetRequiredService<IOptionsMonitorCache<Settings>>();
        int inside = 0;
        provider.GetRequiredService<OptionsReloadStatus>().ReloadFailed += (_, _) => Wait.OnThread(() => inside += cache.TryAdd(null, new Settings()) ? 0 : 1);
        _configuration.Change(7);
        Assert.Equal(1, inside);
    }

    [Fact]
    public void A_token_that_has_always_changed_already_makes_no_endless_loop()
    {
        int built = 0;
        using ServiceProvider provider = Build(builder => builder.AddSnapshot(_ => new Resource(++built), static _ => new CancellationChangeToken(new CancellationToken(canceled: true))));
        ISnapshot<Resource> snapshot = provider.GetRequiredService<ISnapshot<Resource>>();
        Assert.InRange(snapshot.Version, 2, 40);
        _configuration.Change(2);
        Assert.InRange(built, 3, 80);
        Assert.Equal(2, Monitor(provider).CurrentValue.First);
    }

    [Fact]
    public void A_failed_change_that_is_taken_back_leaves_the_resource_as_it_was()
    {
        using ServiceProvider provider = Build(static builder => builder.AddSnapshot(static settings => new Resource(settings.First)).AddSnapshot(static settings => new Other(settings.First)));
        ISnapshot<Other> other = provider.GetRequiredService<ISnapshot<Other>>(); // Built, and for nothing, before the one that fails.
        ISnapshot<Resource> snapshot = provider.GetRequiredService<ISnapshot<Resource>>();
        _configuration.Change(-1);
        _configuration.Change(1);
        Assert.Empty(provider.GetRequiredService<OptionsReloadStatus>().Failures);
        Assert.Equal((1L, 1L), (snapshot.Version, other.Version));
        _configuration.Change(2);
        Assert.Equal((2L, 2L), (snapshot.Version, other.Version));
    }

    [Fact]
    public void A_source_of_changes_that_throws_is_the_callers_error_and_leaves_nothing_listening()
    {
        var good = new CountedSource();
        IServiceCollection services = new ServiceCollection()
            .AddSingleton<IOptionsChangeTokenSource<Settings>>(good)
            .AddSingleton<IOptionsChangeTokenSource<Settings>>(new ThrowingSource());
        services.AddSwmrOptions<Settings>();
        using ServiceProvider provider = services.BuildServiceProvider();
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal("no token", Assert.Throws<InvalidOperationException>(() => Monitor(provider)).Message);
        }

        Assert.Equal(0, good.Listening);
    }

    [Fact]
    public void A_source_whose_token_has_changed_before_anybody_listens_is_a_change_like_any_other()
    {
        int built = 0;
        var source = new ImpatientSource(1);
        IServiceCollection services = new ServiceCollection().AddSingleton<IOptionsChangeTokenSource<Settings>>(source);
        services.AddSwmrOptions<Settings>().Configure(settings => settings.First = ++built);
        using ServiceProvider provider = services.BuildServiceProvider();
        Assert.Equal(1, Monitor(provider).CurrentValue.First);
        source.Report();
        Assert.Equal(2, Monitor(provider).CurrentValue.First);
    }

    [Fact]
    public void A_source_that_reports_to_whoever_has_left_builds_nothing()
    {
        int built = 0;
        var source = new ImpatientSource(0);
        IServiceCollection services = new ServiceCollection().AddSingleton<IOptionsChangeTokenSource<Settings>>(source);
        services.AddSwmrOptions<Settings>().Configure(settings => settings.First = ++built);
        ServiceProvider provider = services.BuildServiceProvider();
        IOptionsMonitor<Settings> monitor = Monitor(provider);
        Assert.Equal(1, monitor.CurrentValue.First);
        provider.Dispose();
        source.Report();
        Assert.Equal((1, 1), (monitor.CurrentValue.First, built));
    }

    [Fact]
    public void A_listener_behind_a_quiet_period_does_not_run_in_the_context_of_whoever_caused_the_first_change()
    {
        var context = new AsyncLocal<string?>();
        using ServiceProvider provider = Build(static builder => builder.ConfigureReload(static reload => reload.Debounce = TimeSpan.FromMilliseconds(1)));
        string? seen = "not told";
        int told = 0;
        Monitor(provider).OnChange(_ =>
        {
            Volatile.Write(ref seen, context.Value);
            Interlocked.Increment(ref told);
        });
        _ = Monitor(provider).CurrentValue;
        context.Value = "a request";
        _configuration.Change(2);
        context.Value = null;
        Wait.Until(() => Volatile.Read(ref told) == 1, "the listener is told");
        Assert.Null(seen);
    }

    [Fact]
    public void What_is_added_to_the_cache_ends_a_failure_and_what_is_removed_takes_its_failure_along()
    {
        var configuration = new TestConfiguration(-1);
        IServiceCollection services = configuration.Services();
        services.AddSwmrOptions<Settings>().Services.ConfigureAll<Settings>(static settings => settings.Second = settings.First == 0 ? -1 : settings.Second);
        services.AddOptions<Settings>().Services.AddSingleton<IValidateOptions<Settings>>(new ValidateOptions<Settings>(null, static settings => settings.Second >= 0, "negative"));
        using ServiceProvider provider = services.BuildServiceProvider();
        OptionsReloadStatus status = provider.GetRequiredService<OptionsReloadStatus>();
        IOptionsMonitorCache<Settings> cache = provider.GetRequiredService<IOptionsMonitorCache<Settings>>();
        Assert.Throws<OptionsValidationException>(() => Monitor(provider).CurrentValue);
        Assert.Single(status.Failures);
        Assert.True(cache.TryAdd(null, new Settings()));
        Assert.Empty(status.Failures);

        Assert.Throws<OptionsValidationException>(() => Monitor(provider).Get("of a tenant that is no more"));
        Assert.Single(status.Failures);
        Assert.False(cache.TryRemove("of a tenant that is no more"));
        Assert.Empty(status.Failures);
    }

    [Fact]
    public void A_name_that_nobody_has_asked_for_takes_no_room_when_it_is_removed()
    {
        using ServiceProvider provider = Build(static _ => { });
        IOptionsMonitorCache<Settings> cache = provider.GetRequiredService<IOptionsMonitorCache<Settings>>();
        OptionsPublications<Settings> publications = provider.GetRequiredService<OptionsPublications<Settings>>();
        int before = publications.Count;
        for (int i = 0; i < 100; i++)
        {
            Assert.False(cache.TryRemove($"name {i}"));
        }

        Assert.Equal(before, publications.Count);
    }

    [Fact]
    public void A_configuration_that_outlives_its_containers_keeps_none_of_them()
    {
        DirectoryInfo directory = Directory.CreateTempSubdirectory("swmrkit-outlives");
        try
        {
            string path = Path.Combine(directory.FullName, "settings.json");
            File.WriteAllText(path, """{ "Settings": { "First": 1 } }""");
            IConfigurationRoot root = new ConfigurationBuilder().AddJsonFile(path, optional: false, reloadOnChange: false).Build();
            WeakReference[] containers = [Use(root), Use(root), Use(root)];
            Wait.Until(
                () =>
                {
                    GC.Collect();
                    return Array.TrueForAll(containers, static container => !container.IsAlive);
                },
                "the containers are collected");
            File.WriteAllText(path, "{");
            Assert.Throws<InvalidDataException>(root.Reload);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference Use(IConfigurationRoot root)
    {
        IServiceCollection services = new ServiceCollection().AddSingleton<IConfiguration>(root);
        services.AddSwmrOptions<Settings>().BindConfiguration("Settings");
        using ServiceProvider provider = services.BuildServiceProvider();
        Assert.Equal(1, Monitor(provider).CurrentValue.First);
        return new WeakReference(provider.GetRequiredService<OptionsReloadStatus>());
    }

    private ServiceProvider Build(Action<OptionsBuilder<Settings>> more)
    {
        IServiceCollection services = _configuration.Services().AddSingleton<RetirementDomain>();
        more(services.AddSwmrOptions<Settings>());
        ServiceProvider provider = services.BuildServiceProvider(validateScopes: true);
        provider.GetRequiredService<OptionsReloadStatus>().ReloadFailed += (_, args) => _failures.Add(args.Failure);
        return provider;
    }

    private static IOptionsMonitor<Settings> Monitor(IServiceProvider provider) => provider.GetRequiredService<IOptionsMonitor<Settings>>();

    private static int Current(ISnapshot<Resource> snapshot)
    {
        using Lease<Resource> lease = snapshot.Lease();
        return lease.Value.Number;
    }

    private sealed class Resource(int number) : IDisposable
    {
        public int Number { get; } = number >= 0 ? number : throw new InvalidOperationException($"no resource of {number}");

        public void Dispose()
        {
        }
    }

    private sealed class Other(int number)
    {
        public int Number => number;
    }

    /// <summary>Something watched, as a file provider shows it.</summary>
    private sealed class Notice
    {
        private CancellationTokenSource _change = new();

        public IChangeToken Token => new CancellationChangeToken(_change.Token);

        public void Report() => Interlocked.Exchange(ref _change, new CancellationTokenSource()).Cancel();
    }

    private sealed class DeafToken : IChangeToken
    {
        public bool HasChanged => false;

        public bool ActiveChangeCallbacks => true;

        public IDisposable RegisterChangeCallback(Action<object?> callback, object? state) => throw new NotSupportedException("deaf");
    }

    private sealed class ThrowingSource : IOptionsChangeTokenSource<Settings>
    {
        public string? Name => null;

        public IChangeToken GetChangeToken() => throw new InvalidOperationException("no token");
    }

    /// <summary>Its first tokens have changed when they are given out, and whoever stops listening is called all the same.</summary>
    private sealed class ImpatientSource(int changed) : IOptionsChangeTokenSource<Settings>, IChangeToken, IDisposable
    {
        private Action? _callback;

        public string? Name => null;

        public bool HasChanged => false;

        public bool ActiveChangeCallbacks => true;

        public IChangeToken GetChangeToken() => changed-- > 0 ? new CancellationChangeToken(new CancellationToken(canceled: true)) : this;

        public IDisposable RegisterChangeCallback(Action<object?> callback, object? state)
        {
            _callback = () => callback(state);
            return this;
        }

        public void Report() => _callback!();

        public void Dispose()
        {
        }
    }

    private sealed class CountedSource : IOptionsChangeTokenSource<Settings>, IChangeToken
    {
        private int _listening;

        public int Listening => _listening;

        public string? Name => null;

        public bool HasChanged => false;

        public bool ActiveChangeCallbacks => true;

        public IChangeToken GetChangeToken() => this;

        public IDisposable RegisterChangeCallback(Action<object?> callback, object? state)
        {
            _listening++;
            return new Registration(this);
        }

        private sealed class Registration(CountedSource source) : IDisposable
        {
            private bool _isDisposed;

            public void Dispose()
            {
                source._listening -= _isDisposed ? 0 : 1;
                _isDisposed = true;
            }
        }
    }
}
