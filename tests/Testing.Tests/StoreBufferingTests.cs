using SwmrKit.Testing;

namespace SwmrKit.Tests;

public sealed class StoreBufferingTests : IClassFixture<ExclusiveMachine>
{
    private static readonly LitmusOptions s_short = new() { Duration = TimeSpan.FromMilliseconds(50), StoreBufferPressure = false };

    [Fact]
    public void It_counts_every_iteration_once()
    {
        LitmusResult result = StoreBuffering.Run<Full, Full>(s_short);
        Assert.True(result.Iterations >= 1_024);
        Assert.Equal(0, result.Iterations % 1_024);
        Assert.True(result.Elapsed >= s_short.Duration);
    }

    [Fact]
    public void A_fence_that_fails_on_either_side_ends_the_test_with_its_reason()
    {
        Assert.Contains("no fence today", Assert.Throws<InvalidOperationException>(() => StoreBuffering.Run<Failing, Full>(s_short)).ToString(), StringComparison.Ordinal);
        Assert.Contains("no fence today", Assert.Throws<NotSupportedException>(() => StoreBuffering.Run<Full, Failing>(s_short)).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Bad_options_are_refused()
    {
        Assert.Throws<ArgumentNullException>(() => StoreBuffering.Run<Full, Full>(null!));
        Assert.Throws<ArgumentOutOfRangeException>(() => StoreBuffering.Run<Full, Full>(s_short with { Duration = TimeSpan.Zero }));
        Assert.Throws<ArgumentOutOfRangeException>(() => StoreBuffering.Run<Full, Full>(s_short with { MeetEvery = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => StoreBuffering.Run<Full, Full>(s_short with { MeetEvery = 1_025 }));
    }

    [Fact]
    public void A_control_is_run_up_to_three_times_and_longer_each_time()
    {
        var durations = new List<double>();
        LitmusResult result = LitmusControl.RunUntilSeen(
            options =>
            {
                durations.Add(options.Duration.TotalMilliseconds);
                return new LitmusResult(0, 1, 0, 0, options.Duration);
            },
            s_short);
        Assert.Equal([50, 100, 200], durations);
        Assert.Equal(0, result.ZeroZero);
    }

    [Fact]
    public void A_control_that_fires_is_not_run_again()
    {
        int runs = 0;
        LitmusControl.RunUntilSeen(options => new LitmusResult(++runs, 0, 0, 0, options.Duration), s_short);
        Assert.Equal(1, runs);
    }

    [Fact]
    public void Forbidden_outcomes_are_stated_per_million()
    {
        Assert.Equal(250_000, new LitmusResult(1, 1, 1, 1, TimeSpan.FromSeconds(1)).ForbiddenPerMillion);
        Assert.Equal(0, new LitmusResult(0, 0, 0, 0, TimeSpan.FromSeconds(1)).ForbiddenPerMillion);
    }

    private readonly struct Full : ILitmusFence
    {
        public static void Execute() => Interlocked.MemoryBarrier();
    }

    private readonly struct Failing : ILitmusFence
    {
        public static void Execute() => throw new NotSupportedException("no fence today");
    }
}
