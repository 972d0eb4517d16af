using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace SwmrKit.Tests;

/// <summary>Settings whose two halves always belong together: who finds them different has got a half-bound object.</summary>
internal sealed class Settings
{
    public int First { get; set; }

    public List<string> Names { get; set; } = [];

    public int Second { get; set; }

    public bool IsWhole => First == Second;
}

/// <summary>A configuration that a test changes, in memory.</summary>
internal sealed class TestConfiguration
{
    private readonly Provider _provider = new();

    public TestConfiguration(int number = 1)
    {
        Write(number);
        Root = new ConfigurationBuilder().Add(new Source(_provider)).Build();
    }

    public IConfigurationRoot Root { get; }

    /// <summary>Sets both halves, and reports nothing.</summary>
    public void Write(int number, string section = "Settings") => _provider.Replace(section, number, number);

    /// <summary>Sets both halves and reports it as often as asked.</summary>
    public void Change(int number, string section = "Settings", int times = 1)
    {
        Write(number, section);
        Report(times);
    }

    public void Report(int times = 1)
    {
        for (int i = 0; i < times; i++)
        {
            _provider.Report();
        }
    }

    /// <summary>A container in which options are bound to this, without a name and under the names.</summary>
    public IServiceCollection Services(params string[] names)
    {
        IServiceCollection services = new ServiceCollection().AddSingleton<IConfiguration>(Root);
        services.Configure<Settings>(Root.GetSection("Settings"));
        foreach (string name in names)
        {
            Write(1, name);
            services.Configure<Settings>(name, Root.GetSection(name));
        }

        return services;
    }

    private sealed class Source(Provider provider) : IConfigurationSource
    {
        public IConfigurationProvider Build(IConfigurationBuilder builder) => provider;
    }

    private sealed class Provider : ConfigurationProvider
    {
        /// <summary>Another object, as a file provider makes one: readers go on reading the old.</summary>
        public void Replace(string section, int first, int second) => Data = new Dictionary<string, string?>(Data, StringComparer.OrdinalIgnoreCase)
        {
            [$"{section}:First"] = first.ToString(CultureInfo.InvariantCulture),
            [$"{section}:Names:0"] = $"name {first}",
            [$"{section}:Second"] = second.ToString(CultureInfo.InvariantCulture),
        };

        public void Report() => OnReload();
    }
}
