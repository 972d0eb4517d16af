using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace SwmrKit.Tests;

/// <summary>Configuration from every kind of provider, reloaded: each binds as ever.</summary>
public sealed class ProviderTests : IClassFixture<SharedMachine>, IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("swmrkit-providers");

    public static TheoryData<string> Kinds => ["in memory", "JSON file", "environment", "command line", "user-made", "chained"];

    public void Dispose() => _directory.Delete(recursive: true);

    [Theory]
    [MemberData(nameof(Kinds))]
    public void What_a_provider_has_is_bound_and_what_it_reloads_is_taken_in_once(string kind)
    {
        (Action<IConfigurationBuilder> add, Action<int>? write) = Provider(kind);
        using var configuration = new ConfigurationManager();
        add(configuration);
        IConfigurationRoot root = configuration;
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(configuration);
        services.AddSwmrOptions<Settings>().BindConfiguration("Settings").Validate(static settings => settings.IsWhole);
        using ServiceProvider provider = services.BuildServiceProvider();
        IOptionsMonitor<Settings> monitor = provider.GetRequiredService<IOptionsMonitor<Settings>>();
        var told = new List<int>();
        monitor.OnChange(settings => told.Add(settings.First));
        Assert.Equal((1, true), (monitor.CurrentValue.First, monitor.CurrentValue.IsWhole));
        root.Reload();
        Assert.Empty(told);
        if (write is not null) // A command line does not change.
        {
            write(2);
            root.Reload();
            Assert.Equal(2, monitor.CurrentValue.First);
            Assert.Equal([2], told);
        }
    }

    [Fact]
    public void A_later_provider_wins_and_one_that_is_added_later_is_taken_in()
    {
        using var configuration = new ConfigurationManager();
        configuration.AddInMemoryCollection(Pairs(1));
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(configuration);
        services.AddSwmrOptions<Settings>().BindConfiguration("Settings");
        using ServiceProvider provider = services.BuildServiceProvider();
        IOptionsMonitor<Settings> monitor = provider.GetRequiredService<IOptionsMonitor<Settings>>();
        Assert.Equal(1, monitor.CurrentValue.First);
        configuration.AddCommandLine(["--Settings:First=5", "--Settings:Second", "5"]);
        Assert.Equal(5, monitor.CurrentValue.First);
    }

    private (Action<IConfigurationBuilder> Add, Action<int>? Write) Provider(string kind)
    {
        switch (kind)
        {
            case "in memory":
                var pairs = new Pairing();
                return (builder => builder.Add(pairs), number => pairs.Current = Pairs(number));
            case "JSON file":
                string path = Path.Combine(_directory.FullName, "settings.json");
                Write(1);
                return (builder => builder.AddJsonFile(path, optional: false, reloadOnChange: false), Write);

                void Write(int number) => File.WriteAllText(path, string.Create(CultureInfo.InvariantCulture, $$"""{ "Settings": { "First": {{number}}, "Second": {{number}} } }"""));
            case "environment":
                string prefix = $"SWMRKIT_{Guid.NewGuid():N}_";
                Set(1);
                return (builder => builder.AddEnvironmentVariables(prefix), Set);

                void Set(int number)
                {
                    Environment.SetEnvironmentVariable($"{prefix}Settings__First", number.ToString(CultureInfo.InvariantCulture));
                    Environment.SetEnvironmentVariable($"{prefix}Settings__Second", number.ToString(CultureInfo.InvariantCulture));
                }

            case "command line":
                return (static builder => builder.AddCommandLine(["--Settings:First=1", "--Settings:Second=1"]), null);
            case "user-made":
                var made = new TestConfiguration();
                return (builder => builder.AddConfiguration(made.Root), number => made.Write(number));
            case "chained":
                var inner = new TestConfiguration();
                return (builder => builder.AddConfiguration(new ConfigurationBuilder().AddConfiguration(inner.Root).Build()), number => inner.Write(number));
            default:
                throw new ArgumentOutOfRangeException(nameof(kind));
        }
    }

    private static Dictionary<string, string?> Pairs(int number) => new()
    {
        ["Settings:First"] = number.ToString(CultureInfo.InvariantCulture),
        ["Settings:Second"] = number.ToString(CultureInfo.InvariantCulture),
    };

    /// <summary>The in-memory provider's data, as they are when it is loaded.</summary>
    private sealed class Pairing : IConfigurationSource
    {
        public Dictionary<string, string?> Current { get; set; } = Pairs(1);

        public IConfigurationProvider Build(IConfigurationBuilder builder) => new Reloading(this);

        private sealed class Reloading(Pairing pairing) : ConfigurationProvider
        {
            public override void Load() => Data = new Dictionary<string, string?>(pairing.Current, StringComparer.OrdinalIgnoreCase);
        }
    }
}
