using HeadToHead;

namespace SwmrKit.Tests;

public sealed class ComparisonTests : IClassFixture<SharedMachine>
{
    private const string Peer = "the peer";

    private static readonly Row s_row = new("area", "job", 1, static () => []);

    [Fact]
    public void It_compares_round_by_round()
    {
        // The machine slows down steadily; within each round we take half of the peer's time.
        double[] theirs = [.. Enumerable.Range(1, 21).Select(static i => 10.0 * i)];
        double[] ours = [.. theirs.Select(static time => time / 2)];
        Comparison comparison = Compare(ours, theirs);
        Assert.Equal(new Sample(0.5, 0.5, 0.5), comparison.Ratio);
        Assert.Equal(-55, comparison.Extra.Median);
        Assert.Equal(55, comparison.Ours.Median);
        Assert.Equal(110, comparison.Theirs.Median);
    }

    [Theory]
    [InlineData(TargetKind.Ratio, 0.5, "pass")]
    [InlineData(TargetKind.Ratio, 0.499, "MISS")]
    [InlineData(TargetKind.ExtraNanoseconds, -10, "pass")]
    [InlineData(TargetKind.ExtraNanoseconds, -10.01, "MISS")]
    internal void A_target_is_met_up_to_its_limit(TargetKind kind, double most, string verdict) =>
        Assert.Equal(verdict, Compare(Steady(10), Steady(20), Limit(kind, most)).Verdict);

    [Theory]
    [InlineData(TargetKind.Ratio, 0.50, "MISS")]
    [InlineData(TargetKind.Ratio, 0.52, "pass")]
    [InlineData(TargetKind.ExtraNanoseconds, -10, "MISS")]
    [InlineData(TargetKind.ExtraNanoseconds, -9.6, "pass")]
    internal void The_upper_end_of_the_interval_counts_not_the_median(TargetKind kind, double most, string verdict)
    {
        Comparison comparison = Compare(Spread(10, 0.4), Steady(20), Limit(kind, most));
        Assert.Equal(0.5, comparison.Ratio.Median, 9);
        Assert.Equal(0.52, comparison.Ratio.High, 9);
        Assert.Equal(verdict, comparison.Verdict);
    }

    [Theory]
    [InlineData(TargetKind.Ratio, 1_000)]
    [InlineData(TargetKind.Ratio, 0)]
    [InlineData(TargetKind.ExtraNanoseconds, 1_000)]
    [InlineData(TargetKind.ExtraNanoseconds, -1_000)]
    internal void Too_wide_an_interval_is_noisy_whatever_the_limit(TargetKind kind, double most)
    {
        Comparison comparison = Compare(Spread(10, 2), Steady(20), Limit(kind, most));
        Assert.True(comparison.IsNoisy);
        Assert.Equal("noisy", comparison.Verdict);
    }

    [Fact]
    public void Noise_is_weighed_against_the_ratio_or_against_our_own_time()
    {
        // A peer that takes next to no time: a trembling of it swings the ratio, yet hardly moves the difference.
        double[] theirs = Spread(0.5, 0.1);
        Assert.Equal("noisy", Compare(Steady(10), theirs, Limit(TargetKind.Ratio, 100)).Verdict);
        Assert.Equal("pass", Compare(Steady(10), theirs, Limit(TargetKind.ExtraNanoseconds, 100)).Verdict);

        // A slow peer that trembles: the ratio is small and steady enough, the difference is not.
        theirs = Spread(1_000, 20);
        Assert.Equal("pass", Compare(Steady(10), theirs, Limit(TargetKind.Ratio, 1)).Verdict);
        Assert.Equal("noisy", Compare(Steady(10), theirs, Limit(TargetKind.ExtraNanoseconds, 1)).Verdict);
    }

    [Fact]
    public void Without_a_target_there_is_no_verdict_but_noise_is_said()
    {
        Assert.Equal("", Compare(Steady(10), Steady(20)).Verdict);
        Assert.Equal("noisy", Compare(Spread(10, 2), Steady(20)).Verdict);
    }

    [Fact]
    public void It_takes_the_target_of_its_row_and_peer()
    {
        Target mine = Limit(TargetKind.Ratio, 0.9);
        Target ofAnotherRow = mine with { Row = "area/job-x2" };
        Target ofAnotherPeer = mine with { Peer = "another" };
        Assert.Same(mine, Compare(Steady(10), Steady(20), ofAnotherRow, ofAnotherPeer, mine).Target);
        Assert.Null(Compare(Steady(10), Steady(20), ofAnotherRow, ofAnotherPeer).Target);
    }

    private static Comparison Compare(double[] ours, double[] theirs, params Target[] targets) => new(s_row, Peer, ours, theirs, targets);

    private static Target Limit(TargetKind kind, double most) => new(s_row.Id, kind, most, Peer);

    private static double[] Steady(double time) => [.. Enumerable.Repeat(time, 21)];

    /// <summary>Times whose interval reaches so far to either side of their median.</summary>
    private static double[] Spread(double median, double reach) => [.. Enumerable.Range(-10, 21).Select(i => median + (Math.Clamp(i, -5, 5) * reach / 5))];
}
