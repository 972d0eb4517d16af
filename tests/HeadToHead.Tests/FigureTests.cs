using HeadToHead;

namespace SwmrKit.Tests;

public sealed class FigureTests : IClassFixture<SharedMachine>
{
    private static readonly Row s_row = new("area", "job", 1, static () => []);

    [Theory]
    [InlineData(TargetKind.Nanoseconds, 10, "pass")]
    [InlineData(TargetKind.Nanoseconds, 9.99, "MISS")]
    [InlineData(TargetKind.Bytes, 24, "pass")]
    [InlineData(TargetKind.Bytes, 0, "MISS")]
    internal void A_target_is_met_up_to_its_limit(TargetKind kind, double most, string verdict) =>
        Assert.Equal(verdict, Figure(Steady(10), Steady(24), kind, most).Verdict);

    [Fact]
    public void The_upper_end_of_the_interval_counts_not_the_median()
    {
        Figure figure = Figure(Spread(10, 0.4), Steady(0), TargetKind.Nanoseconds, 10);
        Assert.Equal(10, figure.Value.Median, 9);
        Assert.Equal("MISS", figure.Verdict);
    }

    [Fact]
    public void Too_wide_an_interval_of_times_is_noisy_whatever_the_limit() =>
        Assert.Equal("noisy", Figure(Spread(10, 2), Steady(0), TargetKind.Nanoseconds, 1_000).Verdict);

    [Fact]
    public void No_interval_of_bytes_is_noisy() => Assert.Equal("MISS", Figure(Steady(10), Spread(10, 2), TargetKind.Bytes, 10).Verdict);

    private static Figure Figure(double[] nanoseconds, double[] bytes, TargetKind kind, double most) =>
        new(s_row, new Series(nanoseconds, bytes), new Target(s_row.Id, kind, most));

    private static double[] Steady(double value) => [.. Enumerable.Repeat(value, 21)];

    /// <summary>Values whose interval reaches so far to either side of their median.</summary>
    private static double[] Spread(double median, double reach) => [.. Enumerable.Range(-10, 21).Select(i => median + (Math.Clamp(i, -5, 5) * reach / 5))];
}
