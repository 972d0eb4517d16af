using System.Buffers;
using System.ComponentModel.DataAnnotations;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace SwmrKit.Tests;

/// <summary>The code of docs/configuration.md stands here, and runs.</summary>
public sealed class ConfigurationPageTests : IClassFixture<SharedMachine>, IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("swmrkit-page");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public async Task The_certificate_of_the_page_follows_its_settings_and_its_file()
    {
        string first = WriteCertificate("first.pfx", "CN=first");
        string second = WriteCertificate("second.pfx", "CN=second");
        using var files = new PhysicalFileProvider(_directory.FullName);
        var builder = new App();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { ["Tls:Certificate"] = first, ["Tls:Port"] = "443" });
        builder.Services.AddSwmrOptions<TlsSettings>()
            .BindConfiguration("Tls")
            .ValidateDataAnnotations()
            .Validate(tls => File.Exists(tls.Certificate), "Tls:Certificate names no file.")
            .ValidateOnStart()
            .AddSnapshot(tls => X509CertificateLoader.LoadPkcs12FromFile(tls.Certificate, password: null), watch: tls => files.Watch(Path.GetFileName(tls.Certificate)));
        builder.Services.AddHealthChecks().AddSwmrOptions();
        using IHost host = builder.Build();
        await host.StartAsync();
        var app = new Routes(host.Services);
        app.MapGet("/port", (IOptionsMonitor<TlsSettings> tls) => tls.CurrentValue.Port);   // as ever
        app.MapGet("/subject", (ISnapshot<X509Certificate2> certificate) =>
        {
            using CellRead<X509Certificate2> read = certificate.Read();
            return read.Value.Subject;                                                      // not disposed under our feet
        });
        Assert.Equal((443, "CN=first"), (app.Get("/port"), app.Get("/subject")));

        Set("Tls:Certificate", second);
        Assert.Equal("CN=second", app.Get("/subject"));
        WriteCertificate("second.pfx", "CN=renewed");
        Wait.Until(() => app.Get("/subject") is "CN=renewed", "the file is noticed");

        Set("Tls:Port", "0");
        Set("Tls:Certificate", "nowhere.pfx");
        Assert.Equal((443, "CN=renewed"), (app.Get("/port"), app.Get("/subject")));
        Assert.Equal(HealthStatus.Degraded, (await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync()).Status);
        Set("Tls:Certificate", first);
        Set("Tls:Port", "8443");
        Assert.Equal((8443, "CN=first"), (app.Get("/port"), app.Get("/subject")));
        Assert.Equal(HealthStatus.Healthy, (await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync()).Status);

        void Set(string key, string value)
        {
            builder.Configuration[key] = value;
            ((IConfigurationRoot)builder.Configuration).Reload();
        }
    }

    [Fact]
    public void The_settings_of_reloads_and_the_status_are_as_the_page_has_them()
    {
        var builder = new App();
        builder.Services.UseSwmrOptionsMonitor(reload => reload.Debounce = TimeSpan.FromMilliseconds(200));
        IServiceCollection collection = builder.Services;
        Configure(collection);
        using ServiceProvider services = collection.BuildServiceProvider();
        var alerts = new Alerts();
        OptionsReloadStatus status = services.GetRequiredService<OptionsReloadStatus>();
        status.ReloadFailed += (_, failed) => alerts.Raise(failed.Failure.ToString());
        status.ReportFailure(new OptionsReloadFailure(typeof(PageSettings), "", null, new InvalidDataException("because")));
        Assert.Equal("options SwmrKit.Tests.ConfigurationPageTests+PageSettings: because", alerts.Raised);
        using Lease<HttpClient> client = services.GetRequiredService<ISnapshot<HttpClient>>().Lease();
        using Lease<byte[]> buffer = services.GetRequiredService<ISnapshot<byte[]>>().Lease();
        Assert.Equal(("http://localhost/", true), (client.Value.BaseAddress!.ToString(), buffer.Value.Length >= 100));
        Assert.Equal(TimeSpan.FromMilliseconds(200), services.GetRequiredService<IOptions<OptionsReloadSettings<PageSettings>>>().Value.Debounce);
    }

    [Fact]
    public async Task Resources_by_key_and_the_wait_for_the_next_are_as_the_page_has_them()
    {
        using ServiceProvider services = Keyed(new ServiceCollection().AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(
            new Dictionary<string, string?> { ["Upstreams:East:Server"] = "http://east/" }).Build())).BuildServiceProvider();
        ISnapshot<HttpClient> client = services.GetRequiredKeyedService<ISnapshot<HttpClient>>("east");
        using var stopping = new CancellationTokenSource();
        var seen = new List<string>();
        Task following = Follow(client, http =>
        {
            seen.Add(http.BaseAddress!.Host);
            stopping.Cancel();
        }, stopping.Token);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => following.WaitAsync(TimeSpan.FromMinutes(1)));
        Assert.Equal(["east"], seen);
        static IServiceCollection Keyed(IServiceCollection services)
        {
            services.AddKeyedSwmrOptions<PageSettings>("east")
                .BindConfiguration("Upstreams:East")
                .AddSnapshot(settings => new HttpClient { BaseAddress = settings.Server });
            return services;
        }

        static async Task Follow(ISnapshot<HttpClient> client, Action<HttpClient> use, CancellationToken stopping)
        {
            long version = 0;
            while (true)
            {
                version = await client.WaitForChangeAsync(version, stopping);
                using Lease<HttpClient> lease = client.Lease();
                use(lease.Value);
            }
        }
    }

    [Fact]
    public void The_code_of_the_page_is_the_code_above()
    {
        string[] snippets = Snippets.Of(Path.Combine(Snippets.Repository, "docs", "configuration.md"));
        string code = Path.Combine(Snippets.Repository, "tests", "Configuration.Tests", nameof(ConfigurationPageTests) + ".cs");
        Assert.NotEmpty(snippets);
        Assert.All(snippets, snippet => Assert.True(Snippets.IsIn(snippet.Replace("<Settings>", "<PageSettings>", StringComparison.Ordinal), code), snippet));
    }

    private static void Configure(IServiceCollection services)
    {
        services.AddSwmrOptions<PageSettings>().ConfigureReload(reload =>
        {
            reload.Debounce = TimeSpan.FromMilliseconds(200);
            reload.Comparer = ReferenceEqualityComparer.Instance;
        });
        services.AddSwmrOptions<PageSettings>()
            .AddSnapshot(settings => new HttpClient { BaseAddress = settings.Server })
            .AddSnapshot(settings => ArrayPool<byte>.Shared.Rent(settings.BufferSize), reclaim: buffer => ArrayPool<byte>.Shared.Return(buffer));
    }

    private string WriteCertificate(string file, string subject)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 certificate = new CertificateRequest(subject, key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UtcNow, DateTimeOffset.UtcNow.AddDays(1));
        string path = Path.Combine(_directory.FullName, file);
        File.WriteAllBytes(path + ".new", certificate.Export(X509ContentType.Pkcs12));
        File.Move(path + ".new", path, overwrite: true);
        return path;
    }

    private sealed class TlsSettings
    {
        [Required]
        public string Certificate { get; set; } = "";

        [Range(1, 65_535)]
        public int Port { get; set; }
    }

    private sealed class PageSettings
    {
        public Uri Server { get; set; } = new("http://localhost/");

        public int BufferSize { get; set; } = 100;
    }

    private sealed class Alerts
    {
        public string? Raised { get; private set; }

        public void Raise(string text) => Raised = text;
    }

    /// <summary>A host's builder as the page calls it, without what a default one brings.</summary>
    private sealed class App
    {
        private readonly HostApplicationBuilder _builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());

        public IServiceCollection Services => _builder.Services;

        public ConfigurationManager Configuration => _builder.Configuration;

        public IHost Build() => _builder.Build();
    }

    /// <summary>Routes as ASP.NET Core has them, as far as the page goes.</summary>
    private sealed class Routes(IServiceProvider services)
    {
        private readonly Dictionary<string, Func<object>> _routes = [];

        public void MapGet<TService, TResult>(string path, Func<TService, TResult> handler)
            where TService : notnull
            where TResult : notnull => _routes[path] = () => handler(services.GetRequiredService<TService>());

        public object Get(string path) => _routes[path]();
    }
}
