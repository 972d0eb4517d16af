using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace SwmrKit.Tests;

/// <summary>Configuration from every kind of provider, reloaded: each binds as ever.</summary>
public sealed class ProviderTests : IClassFixture<SharedMachine>, IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("swmrkit-providers");
    private string? _file;

    public static TheoryData<string> Kinds =>
        ["in memory", "JSON file", "XML file", "INI file", "user secrets", "key per file", "environment", "command line", "user-made", "chained"];

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

    [Theory]
    [InlineData("JSON file", "{")]
    [InlineData("XML file", "<configuration><Settings>")]
    [InlineData("INI file", "[Settings")]
    [InlineData("user secrets", "{")]
    public void A_file_of_every_kind_that_is_half_written_changes_nothing_although_another_source_reloads(string kind, string half)
    {
        (Action<IConfigurationBuilder> add, Action<int>? write) = Provider(kind);
        var other = new TestConfiguration(7); // What is left without the file.
        var builder = new ConfigurationBuilder();
        builder.AddConfiguration(other.Root);
        add(builder);
        IConfigurationRoot root = builder.Build();
        IServiceCollection services = new ServiceCollection().AddSingleton<IConfiguration>(root);
        services.AddSwmrOptions<Settings>().BindConfiguration("Settings").Validate(static settings => settings.IsWhole);
        using ServiceProvider provider = services.BuildServiceProvider();
        IOptionsMonitor<Settings> monitor = provider.GetRequiredService<IOptionsMonitor<Settings>>();
        Settings first = monitor.CurrentValue;
        Assert.Equal(1, first.First);
        File.WriteAllText(_file!, half);
        Assert.ThrowsAny<Exception>(root.Reload);
        other.Change(8);
        Assert.Same(first, monitor.CurrentValue);
        Assert.Equal(Path.GetFileName(_file), Assert.Single(provider.GetRequiredService<OptionsReloadStatus>().Failures).File);
        write!(2);
        root.Reload();
        Assert.Equal(2, monitor.CurrentValue.First);
        Assert.Empty(provider.GetRequiredService<OptionsReloadStatus>().Failures);
    }

    [Fact]
    public void Files_of_keys_are_taken_in_when_their_directory_changes()
    {
        WriteKeys(1);
        IConfigurationRoot root = new ConfigurationBuilder().AddKeyPerFile(_directory.FullName, optional: false, reloadOnChange: true).Build();
        IServiceCollection services = new ServiceCollection().AddSingleton<IConfiguration>(root);
        services.AddSwmrOptions<Settings>().BindConfiguration("Settings").Validate(static settings => settings.IsWhole, "half");
        using ServiceProvider provider = services.BuildServiceProvider();
        IOptionsMonitor<Settings> monitor = provider.GetRequiredService<IOptionsMonitor<Settings>>();
        Assert.Equal(1, monitor.CurrentValue.First);
        WriteKeys(2); // One file after the other: what is in force is never half of it.
        Wait.Until(
            () =>
            {
                Settings settings = monitor.CurrentValue;
                Assert.True(settings.IsWhole);
                return settings.First == 2;
            },
            "both files are taken in");
        ((IDisposable)root).Dispose();
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
                return InFile("settings.json", static (builder, path) => builder.AddJsonFile(path), static number => $$"""{ "Settings": { "First": {{number}}, "Second": {{number}} } }""");
            case "XML file":
                return InFile("settings.xml", static (builder, path) => builder.AddXmlFile(path), static number => $"<configuration><Settings><First>{number}</First><Second>{number}</Second></Settings></configuration>");
            case "INI file":
                return InFile("settings.ini", static (builder, path) => builder.AddIniFile(path), static number => $"[Settings]\nFirst={number}\nSecond={number}\n");
            case "user secrets":
                return InFile(Path.Combine("Microsoft", "UserSecrets", "swmrkit", "secrets.json"), AddSecrets, static number => $$"""{ "Settings:First": "{{number}}", "Settings:Second": "{{number}}" }""");

                void AddSecrets(IConfigurationBuilder builder, string path)
                {
                    string? before = Environment.GetEnvironmentVariable("APPDATA"); // Where secrets are looked for first.
                    Environment.SetEnvironmentVariable("APPDATA", _directory.FullName);
                    try
                    {
                        builder.AddUserSecrets("swmrkit", reloadOnChange: false);
                    }
                    finally
                    {
                        Environment.SetEnvironmentVariable("APPDATA", before);
                    }
                }

            case "key per file":
                WriteKeys(1);
                return (builder => builder.AddKeyPerFile(_directory.FullName), WriteKeys);
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

    /// <summary>A provider that reads a file, which is written here.</summary>
    private (Action<IConfigurationBuilder> Add, Action<int> Write) InFile(string name, Action<IConfigurationBuilder, string> add, Func<int, string> content)
    {
        string path = _file = Path.Combine(_directory.FullName, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        Write(1);
        return (builder => add(builder, path), Write);

        void Write(int number) => File.WriteAllText(path, content(number));
    }

    private void WriteKeys(int number)
    {
        File.WriteAllText(Path.Combine(_directory.FullName, "Settings__First"), $"{number}");
        File.WriteAllText(Path.Combine(_directory.FullName, "Settings__Second"), $"{number}");
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
