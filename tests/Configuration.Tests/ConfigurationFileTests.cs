using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.Json;
using Microsoft.Extensions.Configuration.Memory;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace SwmrKit.Tests;

/// <summary>Files that are malformed, missing or cannot be opened: the old snapshot stays, the error is clear, the next good reload works.</summary>
public sealed class ConfigurationFileTests : IClassFixture<SharedMachine>, IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("swmrkit-configuration");
    private readonly LogRecorder _log = new();
    private readonly List<OptionsReloadFailure> _failures = [];

    public void Dispose() => _directory.Delete(recursive: true);

    [Theory]
    [InlineData("{ \"Settings\": { \"First\": 2, \"Sec")]
    [InlineData("")]
    [InlineData("not JSON")]
    public void A_half_written_file_changes_nothing_and_is_reported_once(string content)
    {
        Write(1);
        using ServiceProvider provider = Build(FromFile());
        Settings first = Monitor(provider).CurrentValue;
        int told = 0;
        Monitor(provider).OnChange((_, name) => told += name == "" ? 1 : 0);

        File.WriteAllText(FilePath, content);
        Wait.Until(() => !_log.Entries.IsEmpty, "the failure is reported");
        Assert.Same(first, Monitor(provider).CurrentValue);
        OptionsReloadFailure failure = Failure();
        Assert.Equal(("settings.json", (Type?)null), (failure.File, failure.OptionsType));
        Assert.Contains("configuration file 'settings.json'", failure.ToString(), StringComparison.Ordinal);
        Assert.Contains(failure.Exception.GetBaseException().Message, failure.ToString(), StringComparison.Ordinal); // What is wrong, and where.
        Assert.NotSame(failure.Exception, failure.Exception.GetBaseException());
        Assert.Contains("LineNumber", Assert.Single(_log.Entries).Text, StringComparison.Ordinal);
        Assert.StartsWith("Reload failed, the last valid values stay in force: configuration file 'settings.json': ", Assert.Single(_log.Entries).Text, StringComparison.Ordinal);
        Assert.Equal("settings.json", Assert.Single(provider.GetRequiredService<OptionsReloadStatus>().Failures).File);

        Write(3);
        Wait.Until(() => Monitor(provider).CurrentValue.First == 3, "the next good file is taken in");
        Assert.Equal(1, told);
        Assert.Empty(provider.GetRequiredService<OptionsReloadStatus>().Failures);
        Assert.True(Failures() == 1, string.Join('\n', _failures.Select(static failure => failure.Exception)));
    }

    [Fact]
    public void While_a_file_is_malformed_another_source_changes_nothing_and_nobody_gets_what_is_left()
    {
        Write(1);
        var other = new TestConfiguration(1);
        IConfigurationRoot root = new ConfigurationBuilder().AddConfiguration(other.Root).Add(JsonFile()).Build();
        using ServiceProvider provider = Build(root);
        Assert.Equal(1, Monitor(provider).CurrentValue.First);
        File.WriteAllText(FilePath, "{");
        Wait.Until(() => Failures() > 0, "the failure is reported");
        other.Change(7); // What is left would be valid: 7 and 7.
        Assert.Equal(1, Monitor(provider).CurrentValue.First);
        Assert.Contains("'settings.json' could not be loaded", Assert.Throws<ConfigurationFileException>(() => Monitor(provider).Get("bound")).Message, StringComparison.Ordinal);
        Assert.NotNull(Monitor(provider).Get("not bound to any configuration"));
        Assert.Equal(1, Failures());
        Write(2);
        Wait.Until(() => Monitor(provider).CurrentValue.First == 2, "the next good file is taken in");
        Assert.Equal(2, Monitor(provider).Get("bound").First);
    }

    [Fact]
    public void Control_microsofts_monitor_publishes_what_is_left_of_a_malformed_file()
    {
        Write(1);
        var other = new TestConfiguration(7);
        IConfigurationRoot root = new ConfigurationBuilder().AddConfiguration(other.Root).Add(JsonFile()).Build();
        using ServiceProvider provider = new ServiceCollection().Configure<Settings>(root.GetSection("Settings")).BuildServiceProvider();
        Assert.Equal(1, Monitor(provider).CurrentValue.First);
        File.WriteAllText(FilePath, "{");
        Wait.Until(
            () =>
            {
                other.Report();
                return Monitor(provider).CurrentValue.First == 7;
            },
            "the other source shines through");
    }

    [Fact]
    public void A_required_file_that_is_gone_changes_nothing_and_is_taken_in_when_it_is_back()
    {
        Write(1);
        using ServiceProvider provider = Build(FromFile());
        Settings first = Monitor(provider).CurrentValue;
        File.Delete(FilePath);
        Wait.Until(() => Failures() > 0, "the failure is reported");
        Assert.IsType<FileNotFoundException>(Failure().Exception);
        Assert.Same(first, Monitor(provider).CurrentValue);
        Write(2);
        Wait.Until(() => Monitor(provider).CurrentValue.First == 2, "the file is taken in");
        Assert.Empty(provider.GetRequiredService<OptionsReloadStatus>().Failures);
    }

    [Fact]
    public void An_optional_file_may_go()
    {
        Write(1);
        using ServiceProvider provider = Build(new ConfigurationBuilder().Add(JsonFile(optional: true)).Build());
        Assert.Equal(1, Monitor(provider).CurrentValue.First);
        File.Delete(FilePath);
        Wait.Until(() => Monitor(provider).CurrentValue.First == 0, "the defaults");
        Assert.Equal(0, Failures());
    }

    [Fact]
    public void A_file_that_cannot_be_opened_changes_nothing_and_is_reported()
    {
        var files = new MemoryFile(Json(1));
        using ServiceProvider provider = Build(new ConfigurationBuilder().Add(JsonFile(files)).Build());
        Settings first = Monitor(provider).CurrentValue;
        files.Refuse();
        Wait.Until(() => Failures() > 0, "the failure is reported");
        Assert.IsType<UnauthorizedAccessException>(Failure().Exception);
        Assert.Same(first, Monitor(provider).CurrentValue);
        Assert.Single(provider.GetRequiredService<OptionsReloadStatus>().Failures);
        files.Write(Json(2));
        Wait.Until(() => Monitor(provider).CurrentValue.First == 2, "the next good file is taken in");
        Assert.Empty(provider.GetRequiredService<OptionsReloadStatus>().Failures);
    }

    [Fact]
    public void A_reload_asked_for_by_the_application_fails_there_and_changes_nothing()
    {
        Write(1);
        IConfigurationRoot root = new ConfigurationBuilder().Add(JsonFile(reload: false)).Build();
        using ServiceProvider provider = Build(root);
        Settings first = Monitor(provider).CurrentValue;
        File.WriteAllText(FilePath, "{");
        Assert.Throws<InvalidDataException>(root.Reload);
        Assert.Same(first, Monitor(provider).CurrentValue);
        Assert.Equal("settings.json", Failure().File);
        Write(2);
        root.Reload();
        Assert.Equal(2, Monitor(provider).CurrentValue.First);
    }

    [Fact]
    public void A_file_removed_after_it_was_loaded_for_good_is_not_missed()
    {
        Write(1);
        var other = new TestConfiguration(1);
        IConfigurationRoot root = new ConfigurationBuilder().Add(JsonFile(reload: false)).AddConfiguration(other.Root).Build();
        using ServiceProvider provider = Build(root);
        _ = Monitor(provider).CurrentValue;
        File.Delete(FilePath);
        other.Change(2);
        Assert.Equal(2, Monitor(provider).CurrentValue.First);
    }

    [Fact]
    public void Who_ignores_the_error_is_obeyed()
    {
        Write(1);
        int asked = 0;
        JsonConfigurationSource source = JsonFile();
        source.OnLoadException = context =>
        {
            asked++;
            context.Ignore = true;
        };
        using ServiceProvider provider = Build(new ConfigurationBuilder().Add(source).Build());
        Assert.Equal(1, Monitor(provider).CurrentValue.First);
        File.WriteAllText(FilePath, "{");
        Wait.Until(() => Monitor(provider).CurrentValue.First == 0, "the file is taken for empty");
        Assert.True(asked > 0);
        Assert.Equal(0, Failures());
    }

    [Fact]
    public void A_configuration_that_is_not_the_containers_is_watched_when_it_is_named()
    {
        Write(1);
        IConfigurationRoot root = FromFile();
        IServiceCollection services = new ServiceCollection().Configure<Settings>(root.GetSection("Settings")).AddSwmrConfigurationFiles(root);
        using ServiceProvider provider = Build(services);
        Settings first = Monitor(provider).CurrentValue;
        File.WriteAllText(FilePath, "{");
        Wait.Until(() => Failures() > 0, "the failure is reported");
        Assert.Same(first, Monitor(provider).CurrentValue);
    }

    [Fact]
    public void A_file_in_a_configuration_within_the_configuration_is_watched()
    {
        Write(1);
        using ServiceProvider provider = Build(new ConfigurationBuilder().AddConfiguration(FromFile()).Build());
        _ = Monitor(provider).CurrentValue;
        File.WriteAllText(FilePath, "{");
        Wait.Until(() => Failures() > 0, "the failure is reported");
    }

    [Fact]
    public void A_malformed_file_that_is_read_by_another_provider_since_or_by_none_is_no_failure_any_longer()
    {
        Write(1);
        using var configuration = new ConfigurationManager();
        ((IConfigurationBuilder)configuration).Add(JsonFile(reload: false));
        IServiceCollection services = new ServiceCollection().AddSingleton<IConfiguration>(configuration);
        services.AddSwmrOptions<Settings>().BindConfiguration("Settings");
        using ServiceProvider provider = Build(services);
        Assert.Equal(1, Monitor(provider).CurrentValue.First);

        Break();
        Write(2);
        ((IConfigurationBuilder)configuration).Sources.Insert(0, new MemoryConfigurationSource()); // Makes the providers of all sources anew.
        Assert.Equal(2, Monitor(provider).CurrentValue.First);
        Assert.Empty(provider.GetRequiredService<OptionsReloadStatus>().Failures);

        Break();
        configuration.Sources.RemoveAt(configuration.Sources.Count - 1);
        Assert.Equal(0, Monitor(provider).CurrentValue.First);
        Assert.Empty(provider.GetRequiredService<OptionsReloadStatus>().Failures);

        void Break()
        {
            File.WriteAllText(FilePath, "{");
            Assert.Throws<InvalidDataException>(((IConfigurationRoot)configuration).Reload);
            Assert.Equal("settings.json", Assert.Single(provider.GetRequiredService<OptionsReloadStatus>().Failures).File);
        }
    }

    [Fact]
    public void A_file_that_cannot_be_opened_is_reported_for_a_provider_that_was_made_anew_too()
    {
        var files = new MemoryFile(Json(1));
        using var configuration = new ConfigurationManager();
        ((IConfigurationBuilder)configuration).Add(JsonFile(files));
        IServiceCollection services = new ServiceCollection().AddSingleton<IConfiguration>(configuration);
        services.AddSwmrOptions<Settings>().BindConfiguration("Settings");
        using ServiceProvider provider = Build(services);
        Assert.Equal(1, Monitor(provider).CurrentValue.First);
        configuration.Sources.Insert(0, new MemoryConfigurationSource());
        files.Refuse();
        Wait.Until(() => Failures() > 0, "the failure is reported");
        Assert.Single(provider.GetRequiredService<OptionsReloadStatus>().Failures);
        files.Write(Json(2));
        Wait.Until(() => Monitor(provider).CurrentValue.First == 2, "the next good file is taken in");
        Assert.Empty(provider.GetRequiredService<OptionsReloadStatus>().Failures);
    }

    private string FilePath => Path.Combine(_directory.FullName, "settings.json");

    private static string Json(int number) =>
        string.Create(CultureInfo.InvariantCulture, $$"""{ "Settings": { "First": {{number}}, "Names": [ "name {{number}}" ], "Second": {{number}} } }""");

    /// <summary>As a careful program writes: a new file, moved over the old one.</summary>
    private void Write(int number)
    {
        File.WriteAllText(FilePath + ".new", Json(number));
        File.Move(FilePath + ".new", FilePath, overwrite: true);
    }

    private IConfigurationRoot FromFile() => new ConfigurationBuilder().Add(JsonFile()).Build();

    private JsonConfigurationSource JsonFile(bool optional = false, bool reload = true) =>
        new() { FileProvider = new PhysicalFileProvider(_directory.FullName), Path = "settings.json", Optional = optional, ReloadOnChange = reload, ReloadDelay = 20 };

    private static JsonConfigurationSource JsonFile(IFileProvider files) => new() { FileProvider = files, Path = "settings.json", ReloadOnChange = true, ReloadDelay = 1 };

    private ServiceProvider Build(IConfigurationRoot root) => Build(
        new ServiceCollection().AddSingleton<IConfiguration>(root).Configure<Settings>(root.GetSection("Settings")).Configure<Settings>("bound", root.GetSection("Settings")));

    private ServiceProvider Build(IServiceCollection services)
    {
        services.AddLogging(logging => logging.AddProvider(_log));
        services.AddSwmrOptions<Settings>();
        ServiceProvider provider = services.BuildServiceProvider();
        provider.GetRequiredService<OptionsReloadStatus>().ReloadFailed += (_, args) =>
        {
            lock (_failures)
            {
                _failures.Add(args.Failure);
            }
        };
        return provider;
    }

    private int Failures()
    {
        lock (_failures)
        {
            return _failures.Count;
        }
    }

    private OptionsReloadFailure Failure()
    {
        lock (_failures)
        {
            return _failures[0];
        }
    }

    private static IOptionsMonitor<Settings> Monitor(IServiceProvider provider) => provider.GetRequiredService<IOptionsMonitor<Settings>>();

    /// <summary>A file that a test writes, or forbids to read.</summary>
    private sealed class MemoryFile(string content) : IFileProvider, IFileInfo
    {
        private readonly Lock _lock = new();
        private CancellationTokenSource _change = new();
        private string? _content = content;

        public bool Exists => true;

        public bool IsDirectory => false;

        public DateTimeOffset LastModified => default;

        public long Length => -1;

        public string Name => "settings.json";

        public string? PhysicalPath => null;

        public void Refuse() => Set(null);

        public void Write(string content) => Set(content);

        public Stream CreateReadStream()
        {
            lock (_lock)
            {
                return new MemoryStream(System.Text.Encoding.UTF8.GetBytes(_content ?? throw new UnauthorizedAccessException("Access to the file is denied, says the test.")));
            }
        }

        public IDirectoryContents GetDirectoryContents(string subpath) => NotFoundDirectoryContents.Singleton;

        public IFileInfo GetFileInfo(string subpath) => this;

        public IChangeToken Watch(string filter)
        {
            lock (_lock)
            {
                return new CancellationChangeToken(_change.Token);
            }
        }

        private void Set(string? content)
        {
            CancellationTokenSource changed;
            lock (_lock)
            {
                _content = content;
                changed = _change;
                _change = new CancellationTokenSource();
            }

            try
            {
                changed.Cancel();
            }
            catch (AggregateException)
            {
                // The provider throws it, at whoever reports the change.
            }
        }
    }
}
