using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace SwmrKit.Tests;

/// <summary>What meets in time: first readers of many names, a reload and the end of its container, a listener that ends others or the container.</summary>
public sealed class ConcurrentLifeTests : IClassFixture<SharedMachine>
{
    private readonly TestConfiguration _configuration = new();

    [Fact]
    public void A_name_that_several_ask_for_at_once_is_built_once()
    {
        const int Names = 500;
        var built = new ConcurrentDictionary<string, int>();
        IServiceCollection services = _configuration.Services();
        services.AddSwmrOptions<Settings>();
        services.AddSingleton<IConfigureOptions<Settings>>(new ConfigureEach((name, _) => built.AddOrUpdate(name, 1, static (_, count) => count + 1)));
        using ServiceProvider provider = services.BuildServiceProvider();
        IOptionsMonitor<Settings> monitor = Monitor(provider);
        var seen = new ConcurrentDictionary<string, Settings>();
        int different = 0;
        Thread[] readers = [.. Enumerable.Range(0, 4).Select(_ => new Thread(() =>
        {
            for (int i = 0; i < Names; i++)
            {
                Settings settings = monitor.Get($"name {i}");
                if (!ReferenceEquals(seen.GetOrAdd($"name {i}", settings), settings))
                {
                    Interlocked.Increment(ref different);
                }
            }
        }))];
        Array.ForEach(readers, static reader => reader.Start());
        Array.ForEach(readers, static reader => reader.Join());
        Assert.Equal(0, different);
        Assert.Equal(Names, built.Count);
        Assert.All(built.Values, static count => Assert.Equal(1, count));
    }

    [Fact]
    public async Task A_container_that_is_disposed_during_a_reload_waits_for_it_and_keeps_no_resource()
    {
        var made = new ConcurrentQueue<Resource>();
        using var isBuilding = new ManualResetEventSlim();
        using var mayBuild = new ManualResetEventSlim();
        IServiceCollection services = _configuration.Services().AddSingleton<RetirementDomain>();
        services.AddSwmrOptions<Settings>().AddSnapshot(settings =>
        {
            if (settings.First == 2)
            {
                isBuilding.Set();
                mayBuild.Wait();
            }

            var resource = new Resource();
            made.Enqueue(resource);
            return resource;
        });
        ServiceProvider provider = services.BuildServiceProvider();
        ISnapshot<Resource> snapshot = provider.GetRequiredService<ISnapshot<Resource>>();
        var failures = new ConcurrentQueue<OptionsReloadFailure>();
        provider.GetRequiredService<OptionsReloadStatus>().ReloadFailed += (_, args) => failures.Enqueue(args.Failure);
        Task reload = Task.Run(() => _configuration.Change(2));
        isBuilding.Wait();
        Task disposal = Task.Run(provider.Dispose);
        mayBuild.Set();
        await Task.WhenAll(reload, disposal).WaitAsync(TimeSpan.FromMinutes(1));
        snapshot.Domain.Synchronize(TimeSpan.FromMinutes(1));
        Assert.Empty(failures);
        Assert.Equal(2, made.Count);
        Assert.All(made, static resource => Assert.Equal(1, resource.Disposals));
        _configuration.Change(3);
        Assert.Equal(2, made.Count);
    }

    [Fact]
    public void A_listener_may_end_another_itself_and_the_container()
    {
        IServiceCollection services = _configuration.Services().AddSingleton<RetirementDomain>();
        services.AddSwmrOptions<Settings>().AddSnapshot(static _ => new Resource());
        ServiceProvider provider = services.BuildServiceProvider();
        _ = provider.GetRequiredService<ISnapshot<Resource>>();
        var told = new List<string>();
        IDisposable? second = null;
        IDisposable? first = null;
        first = Monitor(provider).OnChange(_ =>
        {
            told.Add("first");
            first!.Dispose();
            second!.Dispose();
            provider.Dispose();
        });
        second = Monitor(provider).OnChange(_ => told.Add("second"));
        Monitor(provider).OnChange(settings => told.Add($"third {settings.First}"));
        Wait.OnThread(() => _configuration.Change(2));
        Wait.OnThread(() => _configuration.Change(3));
        Assert.Equal(["first", "third 2"], told);
    }

    [Fact]
    public void Thousands_of_reloads_leave_one_registration_with_each_who_reports()
    {
        var watched = new Watched();
        IServiceCollection services = _configuration.Services().AddSingleton<RetirementDomain>();
        services.AddSwmrOptions<Settings>().AddSnapshot(static _ => new Resource(), _ => watched);
        using (ServiceProvider provider = services.BuildServiceProvider())
        {
            ISnapshot<Resource> snapshot = provider.GetRequiredService<ISnapshot<Resource>>();
            for (int i = 2; i < 2_000; i++)
            {
                _configuration.Change(i);
            }

            Assert.Equal(1_999, snapshot.Version);
            Wait.Until(() => watched.Registered == 1, "the registrations of the resources before are disposed");
        }

        Wait.Until(() => watched.Registered == 0, "the last one is disposed");
    }

    private static IOptionsMonitor<Settings> Monitor(IServiceProvider provider) => provider.GetRequiredService<IOptionsMonitor<Settings>>();

    private sealed class Resource : IDisposable
    {
        private int _disposals;

        public int Disposals => Volatile.Read(ref _disposals);

        public void Dispose() => Interlocked.Increment(ref _disposals);
    }

    private sealed class ConfigureEach(Action<string, Settings> configure) : IConfigureNamedOptions<Settings>
    {
        public void Configure(string? name, Settings options) => configure(name!, options);

        public void Configure(Settings options) => configure("", options);
    }

    private sealed class Watched : Microsoft.Extensions.Primitives.IChangeToken
    {
        private int _registered;

        public int Registered => Volatile.Read(ref _registered);

        public bool HasChanged => false;

        public bool ActiveChangeCallbacks => true;

        public IDisposable RegisterChangeCallback(Action<object?> callback, object? state)
        {
            Interlocked.Increment(ref _registered);
            return new Registration(this);
        }

        private sealed class Registration(Watched watched) : IDisposable
        {
            private int _isDisposed;

            public void Dispose()
            {
                if (Interlocked.Exchange(ref _isDisposed, 1) == 0)
                {
                    Interlocked.Decrement(ref watched._registered);
                }
            }
        }
    }
}
