using System.Diagnostics.Metrics;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.DependencyInjection;

namespace SwmrKit.Tests;

/// <summary>What the cache reports is what happened.</summary>
public sealed class MetricsTests : IClassFixture<SharedMachine>
{
    [Fact]
    public void Requests_evictions_entries_and_size_are_measured_by_cache()
    {
        var time = new ManualTime();
        using ServiceProvider provider = new ServiceCollection().AddMetrics().AddSingleton<TimeProvider>(time)
            .AddSwmrMemoryCache(static options =>
            {
                options.TrackStatistics = true;
                options.SizeLimit = 10;
            })
            .AddKeyedSwmrMemoryCache("images", static options => options.TrackStatistics = true)
            .BuildServiceProvider();
        IMemoryCache cache = provider.GetRequiredService<IMemoryCache>();
        IMemoryCache images = provider.GetRequiredKeyedService<IMemoryCache>("images");
        cache.Set("key", 1, new MemoryCacheEntryOptions { Size = 4 });
        cache.Set("brief", 1, new MemoryCacheEntryOptions { Size = 2, AbsoluteExpirationRelativeToNow = TimeSpan.FromSeconds(1) });
        Assert.True(cache.TryGetValue("key", out _));
        Assert.False(cache.TryGetValue("other", out _));
        Assert.False(images.TryGetValue("other", out _));
        time.Advance(TimeSpan.FromMinutes(5));
        Dictionary<string, long> measured = Measure();
        Assert.Equal(
            new Dictionary<string, long>
            {
                ["dotnet.cache.requests default hit"] = 1,
                ["dotnet.cache.requests default miss"] = 1,
                ["dotnet.cache.evictions default"] = 1,
                ["dotnet.cache.entries default"] = 1,
                ["dotnet.cache.estimated_size default"] = 4,
                ["dotnet.cache.requests images hit"] = 0,
                ["dotnet.cache.requests images miss"] = 1,
                ["dotnet.cache.evictions images"] = 0,
                ["dotnet.cache.entries images"] = 0,
            }.OrderBy(static pair => pair.Key),
            measured.OrderBy(static pair => pair.Key));
    }

    private static Dictionary<string, long> Measure()
    {
        var measured = new Dictionary<string, long>();
        using var listener = new MeterListener
        {
            InstrumentPublished = static (instrument, listener) =>
            {
                if (instrument.Meter.Name == "SwmrKit.Caching")
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
            measured[string.Join(' ', [instrument.Name, .. tags.ToArray().Select(static tag => tag.Value)])] = value);
        listener.Start();
        listener.RecordObservableInstruments();
        return measured;
    }
}
