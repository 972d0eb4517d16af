using SwmrKit.Testing;

namespace SwmrKit.Tests;

public sealed class LitmusResultTests : IClassFixture<SharedMachine>
{
    private static readonly TimeSpan s_second = TimeSpan.FromSeconds(1);

    [Fact]
    public void Forbidden_outcomes_are_stated_per_million()
    {
        Assert.Equal(250_000, StoreBufferingOutcomes(1, 1, 1, 1).ForbiddenPerMillion);
        Assert.Equal(0, StoreBufferingOutcomes(0, 0, 0, 0).ForbiddenPerMillion);
    }

    [Fact]
    public void Counts_stand_in_the_order_of_the_table()
    {
        LitmusResult result = StoreBufferingOutcomes(1, 2, 3, 4);
        Assert.Equal([(0, 0, 1), (0, 1, 2), (1, 0, 3), (1, 1, 4)], result.Outcomes.Select(static outcome => (outcome.A, outcome.B, outcome.Count)));
        Assert.Equal((10, 1), (result.Iterations, result.Forbidden));
        Assert.All(StoreBuffering.Shape.Outcomes, static outcome => Assert.Equal(0, outcome.Count));
    }

    [Fact]
    public void A_wrong_number_of_counts_is_refused() => Assert.Throws<ArgumentException>(() => StoreBufferingOutcomes(1, 2, 3));

    private static LitmusResult StoreBufferingOutcomes(params long[] counts) => new(StoreBuffering.Shape, counts, s_second);
}
