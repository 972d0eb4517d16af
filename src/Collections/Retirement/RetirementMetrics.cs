using System.Diagnostics.CodeAnalysis;
using System.Diagnostics.Metrics;
using System.Runtime.Loader;

namespace SwmrKit;

/// <summary>The instruments of the meter "SwmrKit", for every domain that is alive. Domains are held weakly.</summary>
[SuppressMessage("Design", "CA1031", Justification = "A listener's failure must not stop what it is told about.")]
internal static class RetirementMetrics
{
    public const string MeterName = "SwmrKit";

    private const string DomainTag = "swmrkit.domain";

    private static readonly Lock s_lock = new();
    private static readonly List<WeakReference<RetirementDomain>> s_domains = [];
    private static readonly Meter s_meter = CreateMeter();

    private static readonly Histogram<double>? s_heavyDuration = TryCreate(static () =>
        s_meter.CreateHistogram<double>("swmrkit.retirement.heavy.duration", "s", "How long a pass's heavy barrier took."));

    private static readonly Histogram<double>? s_delay = TryCreate(static () =>
        s_meter.CreateHistogram<double>("swmrkit.retirement.delay", "s", "From a retirement to its callback: the grace period, and the wait for a pass."));

    static RetirementMetrics()
    {
        Gauge("swmrkit.retirement.pending", "{object}", "What is retired and not yet reclaimed.", static d => d.Statistics.Pending);
        Gauge("swmrkit.retirement.pending.size", "By", "The bytes declared for it.", static d => d.Statistics.PendingBytes);
        Counter("swmrkit.retirement.retired", "{object}", "What has been retired.", static d => d.Statistics.Retired);
        Counter("swmrkit.retirement.reclaimed", "{object}", "What has been reclaimed: its callback has ended.", static d => d.Statistics.Reclaimed);
        Counter("swmrkit.retirement.abandoned", "{object}", "What was left to its finalizer, for a lease of it was dropped.", static d => d.Statistics.Abandoned);
        Counter("swmrkit.retirement.heavy", "{barrier}", "Heavy barriers issued by passes.", static d => d.Statistics.HeavyBarriers);
        Counter("swmrkit.retirement.callback_failures", "{failure}", "Callbacks that threw, and disposals that failed.", static d => d.Statistics.CallbackFailures);
        Counter("swmrkit.retirement.reclaim_failures", "{failure}", "Passes that failed.", static d => d.Statistics.ReclaimFailures);
        Gauge("swmrkit.readers.registered", "{reader}", "Readers that have a place.", static d => d.Readers.Count);
        Gauge("swmrkit.readers.stalled", "{reader}", "Readers inside one read section for longer than the domain's options say.", static d => d.StalledReaders);
        Gauge("swmrkit.leases.held", "{lease}", "Leases that are held.", static d => d.LeasesHeld);
        Counter("swmrkit.leases.leaked", "{lease}", "Leases that were dropped without being disposed.", static d => d.Statistics.LeakedLeases);
    }

    /// <summary>Whether anybody wants to know how long retirements take: only then is the time taken.</summary>
    public static bool IsDelayWanted => s_delay is { Enabled: true };

    /// <summary>Whether anybody wants to know how long heavy barriers take.</summary>
    public static bool IsHeavyDurationWanted => s_heavyDuration is { Enabled: true };

    /// <summary>Shows a domain from now on, until it is collected.</summary>
    public static void Add(RetirementDomain domain)
    {
        lock (s_lock)
        {
            if (s_domains.Count == s_domains.Capacity)
            {
                s_domains.RemoveAll(static weak => !weak.TryGetTarget(out _));
                s_domains.EnsureCapacity(s_domains.Count * 2); // Half of it is free, whatever that removed: O(1) amortised.
            }

            s_domains.Add(new WeakReference<RetirementDomain>(domain));
        }
    }

    /// <summary>Tells how long a retirement took. Listeners run in it, outside every lock; what they or the clock throw is ignored.</summary>
    public static void RecordDelay(TimeProvider time, long retiredAt, string domain)
    {
        try
        {
            s_delay?.Record(time.GetElapsedTime(retiredAt).TotalSeconds, new KeyValuePair<string, object?>(DomainTag, domain));
        }
        catch (Exception)
        {
            // The disposal is still to come.
        }
    }

    /// <summary>Tells how long a heavy barrier took, as <see cref="RecordDelay"/>.</summary>
    public static void RecordHeavy(TimeSpan duration, string domain)
    {
        try
        {
            s_heavyDuration?.Record(duration.TotalSeconds, new KeyValuePair<string, object?>(DomainTag, domain));
        }
        catch (Exception)
        {
            // The callbacks are still to come.
        }
    }

    private static Meter CreateMeter()
    {
        var meter = new Meter(MeterName, typeof(RetirementMetrics).Assembly.GetName().Version?.ToString(3));

        // The runtime keeps every meter: one in a collectible context would keep the context.
        if (AssemblyLoadContext.GetLoadContext(typeof(RetirementMetrics).Assembly) is { IsCollectible: true } context)
        {
            context.Unloading += _ => meter.Dispose();
        }

        return meter;
    }

    private static void Gauge(string name, string unit, string description, Func<RetirementDomain, long> read) =>
        TryCreate(() => s_meter.CreateObservableUpDownCounter(name, () => Measure(read), unit, description));

    private static void Counter(string name, string unit, string description, Func<RetirementDomain, long> read) =>
        TryCreate(() => s_meter.CreateObservableCounter(name, () => Measure(read), unit, description));

    /// <summary>Creates an instrument; null when a listener that is told of it throws: no domain must fail for that.</summary>
    private static T? TryCreate<T>(Func<T> create)
        where T : Instrument
    {
        try
        {
            return create();
        }
        catch (Exception)
        {
            return null;
        }
    }

    private static List<Measurement<long>> Measure(Func<RetirementDomain, long> read)
    {
        var measured = new List<Measurement<long>>();
        foreach (RetirementDomain domain in Alive())
        {
            measured.Add(new Measurement<long>(read(domain), new KeyValuePair<string, object?>(DomainTag, domain.Name)));
        }

        return measured;
    }

    private static List<RetirementDomain> Alive()
    {
        var alive = new List<RetirementDomain>();
        lock (s_lock)
        {
            foreach (WeakReference<RetirementDomain> weak in s_domains)
            {
                if (weak.TryGetTarget(out RetirementDomain? domain))
                {
                    alive.Add(domain);
                }
            }
        }

        return alive;
    }
}
