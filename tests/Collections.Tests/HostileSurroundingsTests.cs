namespace SwmrKit.Tests;

/// <summary>Nothing is lost, locked up or run twice whatever listeners, clocks and schedulers do.</summary>
public sealed class HostileSurroundingsTests : IClassFixture<SharedMachine>
{
    private static readonly TimeSpan s_never = TimeSpan.FromHours(1);

    [Fact]
    public async Task Waiting_for_a_fraction_of_a_millisecond_does_not_hold_the_thread()
    {
        var time = new ManualTime();
        var domain = new RetirementDomain(new RetirementOptions { FlushDelay = s_never, TimeProvider = time });
        using (StalledReader.In(domain))
        {
            Task<bool>? waiting = null;
            using var end = new CancellationTokenSource();
            var caller = new Thread(() => waiting = domain.SynchronizeAsync(TimeSpan.FromMilliseconds(0.5), end.Token)) { IsBackground = true };
            caller.Start();
            bool returned = caller.Join(TimeSpan.FromSeconds(5));
            if (!returned)
            {
                time.Advance(TimeSpan.FromSeconds(1)); // Ends its loop.
            }

            Assert.True(returned);
            Assert.False(waiting!.IsCompleted);
            time.Advance(TimeSpan.FromMilliseconds(1));
            Assert.False(await waiting.WaitAsync(TimeSpan.FromSeconds(5)));
        }
    }

    [Theory]
    [InlineData(64, null)]
    [InlineData(null, 1_000)]
    public void Above_a_limit_looking_at_what_is_held_stays_a_constant_part_of_a_retirement(int? most, int? mostBytes)
    {
        const int Retirements = 20_000;
        using var domain = new RetirementDomain(new RetirementOptions { FlushDelay = s_never, MaxPending = most, MaxPendingBytes = mostBytes });
        using (StalledReader.In(domain))
        {
            for (int i = 0; i < Retirements; i++)
            {
                domain.Retire(domain, static _ => { }, bytes: 1_000);
            }

            Assert.InRange(domain.Statistics.HeavyBarriers, 1, 150);
        }

        Assert.True(domain.Synchronize(TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public async Task DrainAsync_returns_to_its_caller_however_long_callbacks_go_on_retiring()
    {
        using var domain = new RetirementDomain(new RetirementOptions { FlushDelay = s_never });
        using var end = new CancellationTokenSource();
        Again(domain, end.Token);
        Task? draining = null;
        var caller = new Thread(() => draining = domain.DrainAsync()) { IsBackground = true };
        caller.Start();
        bool returned = caller.Join(TimeSpan.FromSeconds(5));
        await end.CancelAsync();
        Assert.True(returned);
        await draining!;
        Assert.Equal(0, domain.Statistics.Pending);

        static void Again(RetirementDomain domain, CancellationToken end) => domain.Retire(
            domain,
            domain =>
            {
                if (!end.IsCancellationRequested)
                {
                    Again(domain, end);
                }
            });
    }
}
