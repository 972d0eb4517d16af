using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace SwmrKit.Tests;

/// <summary>Domains in a service container.</summary>
public sealed class RegistrationTests : IClassFixture<SharedMachine>
{
    private enum Key
    {
        Orders,
    }

    [Fact]
    public void The_domain_is_a_singleton_made_from_the_options()
    {
        using ServiceProvider provider = new ServiceCollection().AddSwmrRetirement(static options => options.Name = "mine").BuildServiceProvider(validateScopes: true);
        using IServiceScope scope = provider.CreateScope();
        RetirementDomain domain = provider.GetRequiredService<RetirementDomain>();
        Assert.Equal("mine", domain.Name);
        Assert.Same(domain, scope.ServiceProvider.GetRequiredService<RetirementDomain>());
        Assert.Equal("mine", provider.GetRequiredService<IOptions<RetirementOptions>>().Value.Name);
    }

    [Fact]
    public void Calling_it_again_adds_what_is_configured_and_no_second_domain()
    {
        var services = new ServiceCollection();
        services.Configure<RetirementOptions>(static options => options.FlushDelay = TimeSpan.FromSeconds(3));
        services.AddSwmrRetirement(static options => options.Name = "first").AddSwmrRetirement(static options => options.BatchSize = 7).AddSwmrRetirement();
        services.AddLogging();
        using ServiceProvider provider = services.BuildServiceProvider();
        Assert.Single(provider.GetServices<RetirementDomain>());
        Assert.Single(provider.GetServices<IHostedService>());
        RetirementOptions options = provider.GetRequiredService<IOptions<RetirementOptions>>().Value;
        Assert.Equal(("first", 7, TimeSpan.FromSeconds(3)), (options.Name, options.BatchSize, options.FlushDelay));
    }

    [Fact]
    public void Keyed_domains_have_options_and_a_name_of_their_own()
    {
        var services = new ServiceCollection();
        services.AddKeyedSwmrRetirement("a", static options => options.BatchSize = 7).AddKeyedSwmrRetirement(Key.Orders).AddSwmrRetirement();
        services.Configure<RetirementOptions>("Orders", static options => options.BatchSize = 9);
        using ServiceProvider provider = services.BuildServiceProvider();
        RetirementDomain a = provider.GetRequiredKeyedService<RetirementDomain>("a");
        RetirementDomain orders = provider.GetRequiredKeyedService<RetirementDomain>(Key.Orders);
        RetirementDomain plain = provider.GetRequiredService<RetirementDomain>();
        Assert.Equal(("a", "Orders"), (a.Name, orders.Name));
        Assert.Equal(3, new[] { a, orders, plain }.Distinct().Count());
        IOptionsMonitor<RetirementOptions> all = provider.GetRequiredService<IOptionsMonitor<RetirementOptions>>();
        Assert.Equal((7, 9, 64), (all.Get("a").BatchSize, all.Get("Orders").BatchSize, all.CurrentValue.BatchSize));
    }

    [Fact]
    public void The_time_is_the_containers_unless_the_options_name_another()
    {
        var containers = new ManualTime();
        var own = new ManualTime();
        var services = new ServiceCollection();
        services.AddSwmrRetirement().AddKeyedSwmrRetirement("own", options => options.TimeProvider = own).AddSingleton<TimeProvider>(containers);
        using ServiceProvider provider = services.BuildServiceProvider();
        RetirementDomain domain = provider.GetRequiredService<RetirementDomain>();
        RetirementDomain other = provider.GetRequiredKeyedService<RetirementDomain>("own");
        domain.Retire(new MemoryStream());
        Assert.NotNull(containers.NextDue);
        Assert.Null(own.NextDue);
        containers.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(0, domain.Statistics.Pending);
        other.Retire(new MemoryStream());
        Assert.NotNull(own.NextDue);
        own.Advance(TimeSpan.FromSeconds(1));
    }

    [Fact]
    public void The_container_disposes_its_domain_after_the_cells_in_it()
    {
        var value = new MemoryStream();
        var services = new ServiceCollection();
        services.AddSwmrRetirement().AddSingleton(provider => new SwmrCell<MemoryStream>(value, provider.GetRequiredService<RetirementDomain>()));
        ServiceProvider provider = services.BuildServiceProvider();
        SwmrCell<MemoryStream> cell = provider.GetRequiredService<SwmrCell<MemoryStream>>();
        RetirementDomain domain = cell.Domain;
        Assert.True(value.CanRead);
        provider.Dispose();
        Assert.False(value.CanRead);
        Assert.Equal((1, 0), (domain.Statistics.Reclaimed, domain.Statistics.Pending));
        Assert.Throws<ObjectDisposedException>(() => domain.Enter());
    }

    [Fact]
    public void A_domain_that_was_given_is_not_disposed()
    {
        using var keyed = new RetirementDomain();
        var services = new ServiceCollection();
        services.AddSwmrRetirement(RetirementDomain.Shared).AddSwmrRetirement(RetirementDomain.Shared).AddSwmrRetirement().AddKeyedSwmrRetirement("k", keyed);
        ServiceProvider provider = services.BuildServiceProvider();
        Assert.Same(RetirementDomain.Shared, Assert.Single(provider.GetServices<RetirementDomain>()));
        Assert.Same(keyed, provider.GetRequiredKeyedService<RetirementDomain>("k"));
        provider.Dispose();
        RetirementDomain.Shared.Enter().Dispose();
        keyed.Enter().Dispose();
    }

    [Fact]
    public async Task An_option_out_of_range_fails_the_start_of_the_host()
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services.AddSwmrRetirement(static options => options.BatchSize = 0);
        using IHost host = builder.Build();
        ArgumentOutOfRangeException exception = await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => host.StartAsync());
        Assert.Equal(nameof(RetirementOptions.BatchSize), exception.ParamName);
    }

    [Fact]
    public void Arguments_are_checked()
    {
        var services = new ServiceCollection();
        IServiceCollection none = null!;
        Assert.Throws<ArgumentNullException>("services", () => none.AddSwmrRetirement());
        Assert.Throws<ArgumentNullException>("services", () => none.AddSwmrRetirement(RetirementDomain.Shared));
        Assert.Throws<ArgumentNullException>("services", () => none.AddKeyedSwmrRetirement("k"));
        Assert.Throws<ArgumentNullException>("services", () => none.AddKeyedSwmrRetirement("k", RetirementDomain.Shared));
        Assert.Throws<ArgumentNullException>("domain", () => services.AddSwmrRetirement((RetirementDomain)null!));
        Assert.Throws<ArgumentNullException>("domain", () => services.AddKeyedSwmrRetirement("k", (RetirementDomain)null!));
        Assert.Throws<ArgumentNullException>("serviceKey", () => services.AddKeyedSwmrRetirement(null!));
        Assert.Throws<ArgumentException>("serviceKey", () => services.AddKeyedSwmrRetirement(""));
        Assert.Throws<ArgumentException>("serviceKey", () => services.AddKeyedSwmrRetirement(KeyedService.AnyKey));
        Assert.Empty(services);
    }

    [Fact]
    public void Two_keys_of_one_text_would_share_their_options_and_are_refused()
    {
        IServiceCollection services = new ServiceCollection().AddKeyedSwmrRetirement("Orders");
        int count = services.Count;
        ArgumentException exception = Assert.Throws<ArgumentException>("serviceKey", () => services.AddKeyedSwmrRetirement(Key.Orders));
        Assert.Contains("'Orders'", exception.Message, StringComparison.Ordinal);
        Assert.Equal(count, services.Count);
    }

    [Fact]
    public void What_contradicts_an_earlier_registration_is_refused()
    {
        using var domain = new RetirementDomain();
        Refused("registered as that of the application already", new ServiceCollection().AddSwmrRetirement(), services => services.AddSwmrRetirement(domain));
        Refused("registered as 'k' already", new ServiceCollection().AddKeyedSwmrRetirement("k", RetirementDomain.Shared), services => services.AddKeyedSwmrRetirement("k", domain));
        Refused("exists already", new ServiceCollection().AddSwmrRetirement(domain), services => services.AddSwmrRetirement(static options => options.BatchSize = 7));
        Refused("by other means", new ServiceCollection().AddSingleton(domain), services => services.AddSwmrRetirement());
        Refused("by other means", new ServiceCollection().AddKeyedSingleton("k", domain), services => services.AddKeyedSwmrRetirement("k"));
        new ServiceCollection().AddKeyedSingleton("k", domain).AddSwmrRetirement(); // Another key is another domain.
    }

    private static void Refused(string reason, IServiceCollection services, Action<IServiceCollection> add)
    {
        int count = services.Count;
        Assert.Contains(reason, Assert.Throws<InvalidOperationException>(() => add(services)).Message, StringComparison.Ordinal);
        Assert.Equal(count, services.Count);
    }
}
