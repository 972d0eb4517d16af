using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace SwmrKit.Tests;

/// <summary>Resources built from options: replaced with them, disposed after their last reader, and none when one cannot be built.</summary>
public sealed class SnapshotTests : IClassFixture<SharedMachine>
{
    private readonly TestConfiguration _configuration = new();
    private readonly List<OptionsReloadFailure> _failures = [];
    private readonly List<Resource> _made = [];

    [Fact]
    public void A_resource_is_replaced_with_its_options_and_disposed_when_its_last_reader_has_left()
    {
        using ServiceProvider provider = Build(_configuration.Services(), static builder => builder);
        ISnapshot<Resource> snapshot = provider.GetRequiredService<ISnapshot<Resource>>();
        Assert.Equal(1, snapshot.Version);
        using (CellRead<Resource> read = snapshot.Read())
        {
            Assert.Equal((1, 1L), (read.Value.Number, read.Version));
            _configuration.Change(2);
            Assert.Equal(2, snapshot.Version);
            Assert.False(read.Value.IsDisposed);
        }

        Drain(snapshot);
        Assert.True(_made[0].IsDisposed);
        using ReaderHandle handle = snapshot.Domain.Register();
        using (CellRead<Resource> read = snapshot.Read(handle))
        {
            Assert.Equal(2, read.Value.Number);
        }
    }

    [Fact]
    public async Task A_lease_holds_its_resource_across_await_and_no_other()
    {
        using ServiceProvider provider = Build(_configuration.Services(), static builder => builder);
        ISnapshot<Resource> snapshot = provider.GetRequiredService<ISnapshot<Resource>>();
        using (Lease<Resource> lease = snapshot.Lease())
        {
            _configuration.Change(2);
            _configuration.Change(3);
            await Task.Yield();
            Wait.Until(() => _made[1].IsDisposed, "the one in between is disposed");
            Assert.False(lease.Value.IsDisposed);
        }

        Drain(snapshot);
        Assert.True(_made[0].IsDisposed);
        Assert.False(_made[2].IsDisposed);
    }

    [Fact]
    public async Task A_change_can_be_waited_for()
    {
        using ServiceProvider provider = Build(_configuration.Services(), static builder => builder);
        ISnapshot<Resource> snapshot = provider.GetRequiredService<ISnapshot<Resource>>();
        Task<long> change = snapshot.WaitForChangeAsync(snapshot.Version);
        using var given = new CancellationTokenSource();
        Task<long> givenUp = snapshot.WaitForChangeAsync(snapshot.Version, given.Token);
        await given.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => givenUp);
        Assert.False(change.IsCompleted);
        _configuration.Report();
        Assert.False(change.IsCompleted); // Nothing new.
        _configuration.Change(2);
        Assert.Equal(2, await change.WaitAsync(TimeSpan.FromMinutes(1)));
        Assert.Equal(2, await snapshot.WaitForChangeAsync(1));
    }

    [Fact]
    public void When_the_resource_cannot_be_built_its_options_are_not_in_force_either()
    {
        using ServiceProvider provider = Build(_configuration.Services(), static builder => builder);
        ISnapshot<Resource> snapshot = provider.GetRequiredService<ISnapshot<Resource>>();
        IOptionsMonitor<Settings> monitor = provider.GetRequiredService<IOptionsMonitor<Settings>>();
        int told = 0;
        monitor.OnChange(_ => told++);
        _configuration.Change(-1, times: 2);
        Assert.Equal((1, 1L, 0), (monitor.CurrentValue.First, snapshot.Version, told));
        Assert.Equal("no resource of -1", Assert.Single(_failures).Exception.Message);
        _configuration.Change(3);
        Assert.Equal((3, 2L, 1), (monitor.CurrentValue.First, snapshot.Version, told));
    }

    [Fact]
    public void Of_several_resources_all_are_replaced_or_none_and_what_was_built_for_nothing_is_disposed()
    {
        var others = new List<Other>();
        using ServiceProvider provider = Build(
            _configuration.Services(),
            builder => builder.AddSnapshot(settings =>
            {
                others.Add(new Other(settings.First));
                return others[^1];
            }));
        ISnapshot<Other> other = provider.GetRequiredService<ISnapshot<Other>>();
        ISnapshot<Resource> snapshot = provider.GetRequiredService<ISnapshot<Resource>>();
        _configuration.Change(-1);
        Assert.Equal((1L, 1L), (other.Version, snapshot.Version));
        Assert.Equal([(1, false), (-1, true)], others.Select(static other => (other.Number, other.IsDisposed)));
        _configuration.Change(2);
        Assert.Equal((2L, 2L), (other.Version, snapshot.Version));
        Assert.Equal(2, Value(other).Number);
    }

    [Fact]
    public void A_first_resource_that_cannot_be_built_is_the_callers_error_and_tried_again()
    {
        _configuration.Write(-1);
        using ServiceProvider provider = Build(_configuration.Services(), static builder => builder);
        Assert.Equal("no resource of -1", Assert.Throws<InvalidOperationException>(() => provider.GetRequiredService<ISnapshot<Resource>>()).Message);
        _configuration.Change(2);
        Assert.Equal(1, provider.GetRequiredService<ISnapshot<Resource>>().Version);
        Assert.Empty(_failures);
    }

    [Fact]
    public void A_resource_that_is_owned_elsewhere_is_refused_and_the_old_one_stays()
    {
        var domain = new RetirementDomain();
        var owned = new Resource(7, _made);
        using var cell = new SwmrCell<Resource>(owned, domain);
        IServiceCollection services = _configuration.Services();
        services.AddSingleton(domain);
        services.AddSwmrOptions<Settings>().AddSnapshot(settings => settings.First == 7 ? owned : new Resource(settings.First, _made));
        using ServiceProvider provider = Build(services);
        ISnapshot<Resource> snapshot = provider.GetRequiredService<ISnapshot<Resource>>();
        _configuration.Change(7);
        Assert.Contains("in a cell or a dictionary already", Assert.Single(_failures).Exception.Message, StringComparison.Ordinal);
        Assert.Equal(1, snapshot.Version);
        Assert.False(owned.IsDisposed);
        _configuration.Change(8);
        Assert.Equal(2, snapshot.Version);
    }

    [Fact]
    public void What_is_watched_builds_the_resource_anew_although_the_options_have_not_changed()
    {
        var file = new Watched();
        int told = 0;
        IServiceCollection services = _configuration.Services();
        services.AddSwmrOptions<Settings>().AddSnapshot(settings => new Resource(file.Content, _made), _ => file.Token);
        using ServiceProvider provider = Build(services);
        ISnapshot<Resource> snapshot = provider.GetRequiredService<ISnapshot<Resource>>();
        Settings settings = provider.GetRequiredService<IOptionsMonitor<Settings>>().CurrentValue;
        provider.GetRequiredService<IOptionsMonitor<Settings>>().OnChange(_ => told++);
        file.Write(5);
        Assert.Equal((2L, 5, 0), (snapshot.Version, Current(snapshot), told));
        Assert.Same(settings, provider.GetRequiredService<IOptionsMonitor<Settings>>().CurrentValue);
        file.Write(-1); // Half-written.
        Assert.Equal((2L, 5), (snapshot.Version, Current(snapshot)));
        Assert.Single(_failures);
        file.Write(6);
        Assert.Equal((3L, 6), (snapshot.Version, Current(snapshot)));
        _configuration.Change(2);
        Assert.Equal((4L, 6, 1), (snapshot.Version, Current(snapshot), told));
        _configuration.Report(times: 3);
        Assert.Equal(4, snapshot.Version);
    }

    [Fact]
    public void What_is_missing_is_watched_and_taken_in_when_it_comes()
    {
        var file = new Watched();
        IServiceCollection services = _configuration.Services();
        services.AddSwmrOptions<Settings>().AddSnapshot(settings => new Resource(settings.First == 2 ? file.Content : 1, _made), _ => file.Token);
        using ServiceProvider provider = Build(services);
        ISnapshot<Resource> snapshot = provider.GetRequiredService<ISnapshot<Resource>>();
        file.Write(-1);
        _configuration.Change(2); // Names a file that does not exist yet.
        Assert.Equal(1, provider.GetRequiredService<IOptionsMonitor<Settings>>().CurrentValue.First);
        file.Write(9);
        Assert.Equal((2, 9), (provider.GetRequiredService<IOptionsMonitor<Settings>>().CurrentValue.First, Current(snapshot)));
        Assert.Empty(provider.GetRequiredService<OptionsReloadStatus>().Failures);
    }

    [Fact]
    public void What_changes_while_the_first_resource_is_built_from_it_is_taken_in()
    {
        var file = new Watched();
        int built = 0;
        IServiceCollection services = _configuration.Services();
        services.AddSwmrOptions<Settings>().AddSnapshot(
            _ =>
            {
                var resource = new Resource(file.Content, _made);
                if (++built == 1)
                {
                    file.Write(5);
                }

                return resource;
            },
            _ => file.Token);
        using ServiceProvider provider = Build(services);
        Assert.Equal(5, Current(provider.GetRequiredService<ISnapshot<Resource>>()));
    }

    [Fact]
    public void Options_that_are_taken_out_of_the_cache_bring_a_new_resource_with_them()
    {
        using ServiceProvider provider = Build(_configuration.Services(), static builder => builder);
        ISnapshot<Resource> snapshot = provider.GetRequiredService<ISnapshot<Resource>>();
        Assert.True(provider.GetRequiredService<IOptionsMonitorCache<Settings>>().TryRemove(Options.DefaultName));
        _configuration.Write(2);
        Assert.Equal(1, Current(snapshot)); // Nobody has asked for the options.
        Assert.Equal(2, provider.GetRequiredService<IOptionsMonitor<Settings>>().CurrentValue.First);
        Assert.Equal(2, Current(snapshot));
    }

    [Fact]
    public void A_named_one_is_a_keyed_service()
    {
        IServiceCollection services = _configuration.Services("east", "west");
        foreach (string name in new[] { "east", "west" })
        {
            services.AddSwmrOptions<Settings>(name).AddSnapshot(settings => new Resource(settings.First, _made));
        }

        using ServiceProvider provider = Build(services);
        ISnapshot<Resource> east = provider.GetRequiredKeyedService<ISnapshot<Resource>>("east");
        ISnapshot<Resource> west = provider.GetRequiredKeyedService<ISnapshot<Resource>>("west");
        Assert.Null(provider.GetService<ISnapshot<Resource>>());
        _configuration.Change(2, "east");
        Assert.Equal((2, 1), (Current(east), Current(west)));
    }

    [Theory]
    [InlineData("East")]
    [InlineData(Region.East)]
    public void One_of_keyed_options_has_their_key_whatever_its_type(object key)
    {
        IServiceCollection services = _configuration.Services("East");
        services.AddKeyedSwmrOptions<Settings>(key).Validate(static settings => settings.IsWhole).AddSnapshot(settings => new Resource(settings.First, _made));
        using ServiceProvider provider = Build(services);
        ISnapshot<Resource> snapshot = provider.GetRequiredKeyedService<ISnapshot<Resource>>(key);
        _configuration.Change(2, "East");
        Assert.Equal((2, 2), (Current(snapshot), provider.GetRequiredKeyedService<IOptionsMonitor<Settings>>(key).CurrentValue.First));
    }

    [Fact]
    public void The_options_themselves_are_never_disposed()
    {
        IServiceCollection services = new ServiceCollection();
        var configuration = new TestConfiguration();
        services.Configure<DisposableSettings>(configuration.Root.GetSection("Settings")).AddSwmrOptions<DisposableSettings>();
        var seen = new List<DisposableSettings>();
        using (ServiceProvider provider = services.BuildServiceProvider())
        {
            IOptionsMonitor<DisposableSettings> monitor = provider.GetRequiredService<IOptionsMonitor<DisposableSettings>>();
            seen.Add(monitor.CurrentValue);
            using (IServiceScope scope = provider.CreateScope())
            {
                seen.Add(scope.ServiceProvider.GetRequiredService<IOptionsSnapshot<DisposableSettings>>().Value);
            }

            configuration.Change(2);
            seen.Add(monitor.CurrentValue);
            RetirementDomain.Shared.Synchronize(TimeSpan.FromSeconds(60));
        }

        Assert.All(seen, static settings => Assert.False(settings.IsDisposed));
    }

    [Fact]
    public async Task With_the_container_the_last_one_goes_and_later_reads_are_refused()
    {
        ServiceProvider provider = Build(_configuration.Services(), static builder => builder);
        ISnapshot<Resource> snapshot = provider.GetRequiredService<ISnapshot<Resource>>();
        Task<long> waiting = snapshot.WaitForChangeAsync(1);
        await provider.DisposeAsync();
        Drain(snapshot);
        Assert.True(Assert.Single(_made).IsDisposed);
        Assert.Throws<ObjectDisposedException>(() => snapshot.Lease());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting);
        _configuration.Change(2);
        Assert.Single(_made);
    }

    [Fact]
    public void Without_a_domain_in_the_container_the_shared_one_disposes_them()
    {
        IServiceCollection services = _configuration.Services();
        services.AddSwmrOptions<Settings>().AddSnapshot(settings => new Resource(settings.First, _made));
        using ServiceProvider provider = services.BuildServiceProvider();
        Assert.Same(RetirementDomain.Shared, provider.GetRequiredService<ISnapshot<Resource>>().Domain);
    }

    [Fact]
    public async Task In_a_host_the_domain_of_the_application_disposes_them_and_is_drained()
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services.Configure<Settings>(_configuration.Root.GetSection("Settings"));
        builder.Services.AddSwmrOptions<Settings>().AddSnapshot(settings => new Resource(settings.First, _made));
        builder.Services.AddSwmrRetirement(static options => options.FlushDelay = TimeSpan.FromDays(1));
        using IHost host = builder.Build();
        await host.StartAsync();
        ISnapshot<Resource> snapshot = host.Services.GetRequiredService<ISnapshot<Resource>>();
        Assert.Same(host.Services.GetRequiredService<RetirementDomain>(), snapshot.Domain);
        _configuration.Change(2);
        Assert.False(_made[0].IsDisposed);
        await host.StopAsync();
        Assert.True(_made[0].IsDisposed);
    }

    [Fact]
    public void A_domain_that_has_room_for_nothing_more_does_not_keep_a_resource_from_being_replaced()
    {
        IServiceCollection services = _configuration.Services();
        services.AddSwmrRetirement(static options => (options.BatchSize, options.MaxPending, options.Overflow) = (1, 1, RetirementOverflow.Throw));
        using ServiceProvider provider = Build(services, static builder => builder);
        ISnapshot<Resource> snapshot = provider.GetRequiredService<ISnapshot<Resource>>();
        using (StalledReader.In(snapshot.Domain))
        {
            for (int i = 2; i < 6; i++)
            {
                _configuration.Change(i);
            }

            Assert.Equal(5, Current(snapshot));
        }

        Drain(snapshot);
        Assert.Equal(4, _made.Count(static resource => resource.IsDisposed));
    }

    private ServiceProvider Build(IServiceCollection services, Func<OptionsBuilder<Settings>, OptionsBuilder<Settings>>? more = null)
    {
        if (more is not null)
        {
            more(services.AddSwmrOptions<Settings>()).AddSnapshot(settings => new Resource(settings.First, _made));
        }

        services.TryAddSingleton<RetirementDomain>(); // Of the test's own: it waits for no other's readers.
        ServiceProvider provider = services.BuildServiceProvider(validateScopes: true);
        provider.GetRequiredService<OptionsReloadStatus>().ReloadFailed += (_, args) => _failures.Add(args.Failure);
        return provider;
    }

    private static int Current(ISnapshot<Resource> snapshot)
    {
        using CellRead<Resource> read = snapshot.Read();
        Assert.False(read.Value.IsDisposed);
        return read.Value.Number;
    }

    private static T Value<T>(ISnapshot<T> snapshot)
        where T : class
    {
        using Lease<T> lease = snapshot.Lease();
        return lease.Value;
    }

    private static void Drain<T>(ISnapshot<T> snapshot)
        where T : class => Assert.True(snapshot.Domain.Synchronize(TimeSpan.FromSeconds(60)));

    private sealed class Resource : IDisposable
    {
        private int _disposals;

        public Resource(int number, List<Resource> made)
        {
            Number = number >= 0 ? number : throw new InvalidOperationException($"no resource of {number}");
            made.Add(this);
        }

        public int Number { get; }

        public bool IsDisposed => Volatile.Read(ref _disposals) > 0;

        public void Dispose() => Assert.Equal(1, Interlocked.Increment(ref _disposals));
    }

    private enum Region
    {
        East,
    }

    private sealed class Other(int number) : IDisposable
    {
        public int Number => number;

        public bool IsDisposed { get; private set; }

        public void Dispose() => IsDisposed = true;
    }

    private sealed class DisposableSettings : IDisposable
    {
        public int First { get; set; }

        public bool IsDisposed { get; private set; }

        public void Dispose() => IsDisposed = true;
    }

    /// <summary>A file as a file provider shows it.</summary>
    private sealed class Watched
    {
        private CancellationTokenSource _change = new();

        public int Content { get; private set; } = 1;

        public IChangeToken Token => new CancellationChangeToken(_change.Token);

        public void Write(int content)
        {
            Content = content;
            Interlocked.Exchange(ref _change, new CancellationTokenSource()).Cancel();
        }
    }
}
