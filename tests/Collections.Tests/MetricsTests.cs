using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace SwmrKit.Tests;

/// <summary>The meter "SwmrKit", read as a service reads it.</summary>
public sealed class MetricsTests : IClassFixture<SharedMachine>
{
    [Fact]
    public void OpenTelemetry_reads_what_a_domain_does()
    {
        var exported = new List<Metric>();
        using MeterProvider provider = Sdk.CreateMeterProviderBuilder().AddMeter("SwmrKit").AddInMemoryExporter(exported).Build();
        using var domain = new RetirementDomain(new RetirementOptions
        {
            Name = "telemetry",
            BatchSize = 2,
            FlushDelay = TimeSpan.FromHours(1),
            StalledReaderAge = TimeSpan.FromTicks(1),
        });
        using var cell = new SwmrCell<Canary>(new Canary(), domain);
        domain.Retire(new Canary());
        domain.Retire(new Canary()); // A batch.
        domain.Retire(domain, static _ => throw new InvalidOperationException("a failure to count"));
        domain.TryReclaim();
        domain.Retire(new Canary(), bytes: 1_234); // Pending.
        using Lease<Canary> lease = cell.Lease();
        using (StalledReader.In(domain))
        {
            domain.GetStalledReaders(TimeSpan.Zero);
            Assert.True(provider.ForceFlush());
        }

        Assert.Equal(4, Sum("swmrkit.retirement.retired"));
        Assert.Equal(3, Sum("swmrkit.retirement.reclaimed"));
        Assert.Equal(1, Sum("swmrkit.retirement.pending"));
        Assert.Equal(1_234, Sum("swmrkit.retirement.pending.size"));
        Assert.Equal(2, Sum("swmrkit.retirement.heavy"));
        Assert.Equal(1, Sum("swmrkit.retirement.callback_failures"));
        Assert.Equal(0, Sum("swmrkit.retirement.reclaim_failures"));
        Assert.Equal(0, Sum("swmrkit.retirement.abandoned"));
        Assert.Equal(1, Sum("swmrkit.readers.registered"));
        Assert.Equal(1, Sum("swmrkit.readers.stalled"));
        Assert.Equal(1, Sum("swmrkit.leases.held"));
        Assert.Equal(0, Sum("swmrkit.leases.leaked"));
        Assert.Equal(3, Point("swmrkit.retirement.delay").GetHistogramCount());
        Assert.Equal(2, Point("swmrkit.retirement.heavy.duration").GetHistogramCount());
        Assert.InRange(Point("swmrkit.retirement.heavy.duration").GetHistogramSum(), 1e-9, 60);

        long Sum(string name) => Point(name).GetSumLong();

        MetricPoint Point(string name)
        {
            foreach (MetricPoint point in exported.Single(metric => metric.Name == name).GetMetricPoints())
            {
                foreach (KeyValuePair<string, object?> tag in point.Tags)
                {
                    if (tag is { Key: "swmrkit.domain", Value: "telemetry" })
                    {
                        return point;
                    }
                }
            }

            throw new InvalidOperationException("no point of this domain for " + name);
        }
    }

    [Fact]
    public void A_collected_domain_is_shown_no_more()
    {
        string name = CreateAndDrop();
        Wait.Until(
            () =>
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
                return !Names().Contains(name);
            },
            "the end of the domain");

        [MethodImpl(MethodImplOptions.NoInlining)]
        static string CreateAndDrop()
        {
            var domain = new RetirementDomain();
            Assert.Contains(domain.Name, Names()); // It is shown before.
            GC.KeepAlive(domain);
            return domain.Name;
        }
    }

    private static List<string> Names()
    {
        var names = new List<string>();
        using var listener = new MeterListener
        {
            InstrumentPublished = static (instrument, listener) =>
            {
                if (instrument is { Meter.Name: "SwmrKit", Name: "swmrkit.retirement.pending" })
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((_, _, tags, _) => names.Add((string)tags[0].Value!));
        listener.Start();
        listener.RecordObservableInstruments();
        return names;
    }
}
