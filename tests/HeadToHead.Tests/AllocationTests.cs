using HeadToHead;

namespace SwmrKit.Tests;

public sealed class AllocationTests : IClassFixture<SharedMachine>
{
    private static readonly Row s_row = new("area", "job", 1, static () => []);

    [Theory]
    [InlineData(0.5, "pass")]
    [InlineData(0.499, "MISS")]
    public void A_target_is_met_up_to_its_limit(double most, string verdict)
    {
        Allocation allocation = Compare(52, 104, most);
        Assert.Equal(new Sample(0.5, 0.5, 0.5), allocation.Ratio);
        Assert.Equal(verdict, allocation.Verdict);
    }

    [Fact]
    public void A_line_says_what_either_allocates() => Assert.Equal(
        "bytesRatio area/job the-peer 2.000   [2.000 2.000]  ours 208 bytes, peer 104   at most 1 MISS", Report.Line(Compare(208, 104, 1)));

    [Fact]
    public void What_limits_the_bytes_does_not_limit_the_time()
    {
        var ofBytes = new Target(s_row.Id, TargetKind.BytesRatio, 1, "the peer");
        double[] times = [.. Enumerable.Repeat(1.0, 21)];
        Assert.Null(new Comparison(s_row, "the peer", times, times, [ofBytes]).Target);
    }

    private static Allocation Compare(double ours, double theirs, double most) => new(
        s_row, [.. Enumerable.Repeat(ours, 21)], [.. Enumerable.Repeat(theirs, 21)], new Target(s_row.Id, TargetKind.BytesRatio, most, "the peer"));
}
