using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace SwmrKit.Tests;

/// <summary>What docs/configuration.md says of Microsoft's monitor where ours differs: seen here, beside the tests of ours.</summary>
public sealed class MicrosoftsDifferencesTests : IClassFixture<SharedMachine>
{
    private readonly TestConfiguration _configuration = new();

    [Fact]
    public void A_reload_that_fails_takes_the_value_away_and_throws_at_whoever_reports_and_at_whoever_reads()
    {
        using ServiceProvider provider = Build(static services => services.AddSingleton<IValidateOptions<Settings>, Validator>());
        _ = Monitor(provider).CurrentValue;
        Assert.ThrowsAny<Exception>(() => _configuration.Change(-1));
        Assert.Throws<OptionsValidationException>(() => Monitor(provider).CurrentValue);
        Assert.Throws<OptionsValidationException>(() => Monitor(provider).CurrentValue);
        using IServiceScope scope = provider.CreateScope();
        Assert.Throws<OptionsValidationException>(() => scope.ServiceProvider.GetRequiredService<IOptionsSnapshot<Settings>>().Value);
    }

    [Fact]
    public void A_first_value_that_is_refused_stays_refused_until_a_change_is_reported()
    {
        _configuration.Write(-1);
        using ServiceProvider provider = Build(static services => services.AddSingleton<IValidateOptions<Settings>, Validator>());
        Assert.Throws<OptionsValidationException>(() => Monitor(provider).CurrentValue);
        _configuration.Write(3);
        Assert.Throws<OptionsValidationException>(() => Monitor(provider).CurrentValue);
        _configuration.Report();
        Assert.Equal(3, Monitor(provider).CurrentValue.First);
    }

    [Fact]
    public void A_listener_that_throws_keeps_the_later_ones_from_being_called_and_throws_at_whoever_reports()
    {
        using ServiceProvider provider = Build();
        int later = 0;
        Monitor(provider).OnChange(static _ => throw new InvalidDataException("from the listener"));
        Monitor(provider).OnChange(_ => later++);
        Assert.ThrowsAny<Exception>(() => _configuration.Change(2));
        Assert.Equal(0, later);
    }

    [Fact]
    public void A_listener_that_causes_a_change_has_the_later_ones_told_in_the_wrong_order()
    {
        var other = new TestConfiguration();
        using ServiceProvider provider = Build(services => services.Configure<Settings>(other.Root.GetSection("Other")));
        var told = new List<int>();
        Monitor(provider).OnChange(settings =>
        {
            if (settings.First == 2)
            {
                other.Change(3, "Other");
            }
        });
        Monitor(provider).OnChange(settings => told.Add(settings.First));
        _configuration.Change(2);
        Assert.Equal([3, 2], told);
    }

    [Fact]
    public void A_change_while_the_first_value_is_built_leaves_its_reader_with_half_of_the_old()
    {
        int built = 0;
        using ServiceProvider provider = Build(services => services.Configure<Settings>(settings =>
        {
            if (++built == 1)
            {
                settings.First = 1;
                Wait.OnThread(() => _configuration.Change(2)); // Comes between the halves.
                settings.Second = 2;
            }
        }));
        Assert.False(Monitor(provider).CurrentValue.IsWhole);
        Assert.Equal((2, true), (Monitor(provider).CurrentValue.First, Monitor(provider).CurrentValue.IsWhole)); // Whoever comes later.
    }

    private ServiceProvider Build(Action<IServiceCollection>? configure = null)
    {
        IServiceCollection services = _configuration.Services();
        configure?.Invoke(services);
        return services.AddOptions().BuildServiceProvider();
    }

    private static IOptionsMonitor<Settings> Monitor(IServiceProvider provider) => provider.GetRequiredService<IOptionsMonitor<Settings>>();

    private sealed class Validator : IValidateOptions<Settings>
    {
        public ValidateOptionsResult Validate(string? name, Settings options) => options.First >= 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail("negative");
    }
}
