using System.Diagnostics.Metrics;

namespace SwmrKit;

/// <summary>The measurements of a cache, under the names that Microsoft's uses since its version 11. They do not keep the cache alive.</summary>
internal static class CacheMetrics
{
    public const string MeterName = "SwmrKit.Caching";

    public static void Create(Meter meter, string name, IMeasuredCache cache, bool hasSizes)
    {
        var weak = new WeakReference<IMeasuredCache>(cache);
        var tag = new KeyValuePair<string, object?>("dotnet.cache.name", name);
        KeyValuePair<string, object?>[] hit = [tag, new("dotnet.cache.request.result", "hit")];
        KeyValuePair<string, object?>[] miss = [tag, new("dotnet.cache.request.result", "miss")];
        meter.CreateObservableCounter(
            "dotnet.cache.requests",
            () => weak.TryGetTarget(out IMeasuredCache? measured) && measured.Requests is var (hits, misses) ? [new Measurement<long>(hits, hit), new Measurement<long>(misses, miss)] : (Measurement<long>[])[],
            "{request}", "Look-ups.");
        meter.CreateObservableCounter("dotnet.cache.evictions", () => Of(static measured => measured.Evictions), "{eviction}", "Entries that expired, or went for want of room.");
        meter.CreateObservableUpDownCounter("dotnet.cache.entries", () => Of(static measured => measured.Count), "{entry}", "Entries there are.");
        if (hasSizes)
        {
            meter.CreateObservableUpDownCounter(
                "dotnet.cache.estimated_size", () => Of(static measured => measured.Size), "By", "The sum of the entries' sizes, in the units of the size limit.");
        }

        Measurement<long>[] Of(Func<IMeasuredCache, long> measure) => weak.TryGetTarget(out IMeasuredCache? measured) ? [new Measurement<long>(measure(measured), tag)] : [];
    }
}
