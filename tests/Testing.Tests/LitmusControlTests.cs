using SwmrKit.Testing;

namespace SwmrKit.Tests;

public sealed class LitmusControlTests : IClassFixture<SharedMachine>
{
    private static readonly LitmusOptions s_short = new() { Duration = TimeSpan.FromMilliseconds(50) };

    [Fact]
    public void A_control_is_run_up_to_three_times_and_longer_each_time()
    {
        var durations = new List<double>();
        LitmusResult result = LitmusControl.RunUntilSeen(
            options =>
            {
                durations.Add(options.Duration.TotalMilliseconds);
                return Result(forbidden: 0, options);
            },
            s_short);
        Assert.Equal([50, 100, 200], durations);
        Assert.Equal(0, result.Forbidden);
    }

    [Fact]
    public void A_control_that_fires_is_not_run_again()
    {
        int runs = 0;
        LitmusControl.RunUntilSeen(options => Result(++runs, options), s_short);
        Assert.Equal(1, runs);
    }

    private static LitmusResult Result(long forbidden, LitmusOptions options) => new(StoreBuffering.Shape, [forbidden, 1, 0, 0], options.Duration);
}
