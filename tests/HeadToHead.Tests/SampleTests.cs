using HeadToHead;

namespace SwmrKit.Tests;

public sealed class SampleTests : IClassFixture<SharedMachine>
{
    private const int Trials = 20_000;

    // Three standard errors of a share of 0.95 estimated from that many trials, and a little.
    private const double Margin = 0.005;

    [Fact]
    public void The_median_of_an_odd_number_of_values_is_the_middle_one() => Assert.Equal(4, Sample.Of([9, 1, 5, 4, 3, 2, 8]).Median);

    [Fact]
    public void The_median_of_an_even_number_of_values_is_the_mean_of_the_middle_two() => Assert.Equal(4.5, Sample.Of([9, 1, 5, 4, 3, 2, 8, 7]).Median);

    [Fact]
    public void Neither_the_order_of_the_values_nor_the_array_matters()
    {
        double[] values = [.. Enumerable.Range(1, 21).Select(static i => (double)i)];
        Sample ordered = Sample.Of(values);
        new Random(1).Shuffle(values);
        double[] before = [.. values];
        Assert.Equal(ordered, Sample.Of(values));
        Assert.Equal(before, values);
    }

    [Theory]
    [InlineData(6, 0)]
    [InlineData(8, 0)]
    [InlineData(9, 1)]
    [InlineData(20, 5)]
    [InlineData(21, 5)]
    [InlineData(63, 23)]
    public void The_intervals_ends_are_the_values_of_this_rank_from_either_side(int n, int rank)
    {
        Assert.Equal(rank, Sample.LowerRank(n));
        Sample sample = Sample.Of([.. Enumerable.Range(0, n).Select(static i => (double)i)]);
        Assert.Equal(rank, sample.Low);
        Assert.Equal(n - 1 - rank, sample.High);
        Assert.Equal(n - 1 - (2 * rank), sample.Width);
    }

    [Fact]
    public void Every_rank_keeps_the_confidence_and_the_next_would_not()
    {
        for (int n = Sample.LeastValues; n <= 1_000; n++)
        {
            int rank = Sample.LowerRank(n);
            Assert.True(Confidence(n, rank) >= 0.95 - 1e-9, $"{n} values, rank {rank}");
            Assert.True(Confidence(n, rank + 1) < 0.95 + 1e-9, $"{n} values, rank {rank} could be higher");
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(1_001)]
    public void A_number_of_values_that_gives_no_such_interval_is_refused(int n) => Assert.Throws<ArgumentOutOfRangeException>(() => Sample.Of(new double[n]));

    [Theory]
    [InlineData(9)]
    [InlineData(21)]
    [InlineData(63)]
    public void The_interval_covers_the_median_as_often_as_it_claims(int n)
    {
        double coverage = Coverage(n, static values => Sample.Of(values));
        Assert.True(coverage >= 0.95 - Margin, $"{coverage:P2} of the intervals of {n} values");
    }

    [Theory]
    [InlineData(9)]
    [InlineData(21)]
    [InlineData(63)]
    public void Control_an_interval_narrower_by_one_rank_does_not(int n)
    {
        double coverage = Coverage(n, static values =>
        {
            Array.Sort(values);
            int rank = Sample.LowerRank(values.Length) + 1;
            return new Sample(values[rank], values[values.Length / 2], values[^(rank + 1)]);
        });
        Assert.True(coverage < 0.95 - Margin, $"{coverage:P2} of the narrower intervals of {n} values");
    }

    /// <summary>How often the interval of values drawn from a lopsided distribution, as times are, holds that distribution's median.</summary>
    private static double Coverage(int n, Func<double[], Sample> interval)
    {
        double median = Math.Log(2); // Of the exponential distribution.
        var random = new Random(99);
        int covered = 0;
        for (int trial = 0; trial < Trials; trial++)
        {
            double[] values = [.. Enumerable.Range(0, n).Select(_ => -Math.Log(1 - random.NextDouble()))];
            Sample sample = interval(values);
            covered += sample.Low <= median && median <= sample.High ? 1 : 0;
        }

        return (double)covered / Trials;
    }

    /// <summary>The probability that the median lies between the values of a rank from either side, from logarithms of binomial coefficients.</summary>
    private static double Confidence(int n, int rank)
    {
        double logarithm = n * Math.Log(0.5);
        double outside = 0;
        for (int k = 0; k <= rank; k++)
        {
            outside += 2 * Math.Exp(logarithm);
            logarithm += Math.Log(n - k) - Math.Log(k + 1);
        }

        return 1 - outside;
    }
}
