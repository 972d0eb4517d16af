using HeadToHead;

namespace SwmrKit.Tests;

/// <summary>The hit rates in docs/caching.md can be had again.</summary>
public sealed class HitRatesTests : IClassFixture<SharedMachine>
{
    [Fact]
    public void A_trace_and_its_hit_rate_are_the_same_in_every_run()
    {
        int[] keys = Traces.All.First().Keys;
        Assert.Equal(keys, Traces.All.First().Keys);
        Assert.Equal(HitRates.Of<OurTypedCache<int>>(keys, 1_000), HitRates.Of<OurTypedCache<int>>(keys, 1_000));
    }

    [Fact]
    public void Ours_answers_more_of_skewed_look_ups_than_a_least_recently_used_one()
    {
        int[] keys = Traces.All.First().Keys;
        Assert.InRange(HitRates.Of<OurTypedCache<int>>(keys, 1_000) - HitRates.Of<LruTypedCache<int>>(keys, 1_000), 0.02, 0.05);
    }
}
