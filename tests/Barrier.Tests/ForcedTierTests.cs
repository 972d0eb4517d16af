using SwmrKit.Testing;
using Xunit.Abstractions;

namespace SwmrKit.Tests;

public sealed class ForcedTierTests(ITestOutputHelper output) : IClassFixture<ExclusiveMachine>
{
    [Theory]
    [InlineData(BarrierTier.FullFence)]
    [InlineData(BarrierTier.PrivateExpedited)]
    [InlineData(BarrierTier.ProcessWide)]
    [InlineData(BarrierTier.PageProtection)]
    [InlineData(BarrierTier.Global)]
    public void A_forced_tier_that_this_host_can_run_is_in_force_and_passes_the_litmus(BarrierTier tier)
    {
        if (!OperatingSystem.IsLinux() && tier != BarrierTier.FullFence)
        {
            TestMode.NoPower(output, "this is not Linux");
            return;
        }

        Dictionary<string, string> answers = Ask(tier.ToString().ToUpperInvariant(), "light", "heavy", "tier", "accelerated", "describe", "litmus");
        foreach ((string question, string answer) in answers)
        {
            output.WriteLine($"{tier}: {question}: {answer}");
        }

        if (tier is BarrierTier.PageProtection or BarrierTier.Global && answers["tier"] == nameof(BarrierTier.Unavailable))
        {
            Assert.Contains($"forces the barrier tier {tier}, which this host cannot run", answers["heavy"], StringComparison.Ordinal);
            output.WriteLine("refused here, with the reason");
            return;
        }

        Assert.Equal("returned", answers["heavy"]);
        Assert.Equal(tier.ToString(), answers["tier"]);
        Assert.Equal((tier != BarrierTier.FullFence).ToString(), answers["accelerated"]);
        Assert.Contains("forced by the environment variable", answers["describe"], StringComparison.Ordinal);
        LitmusAnswer litmus = LitmusAnswer.Parse(answers["litmus"]);
        Assert.Equal(0, litmus.Forbidden);
        if (!LitmusControl.MachineHasPower || (litmus.Control == 0 && tier != BarrierTier.FullFence))
        {
            TestMode.NoPower(output, "the control did not fire");
        }

        if (tier == BarrierTier.Global)
        {
            // In 11 ms every store buffer drains by itself: a mere wait passes too, and no control at this pace can fire. What is shown is
            // that Heavy does not return early; that the test would notice if it did, FaultTests shows by a call that only pretends.
            output.WriteLine("a wait in its place: " + Ask("GLOBAL", "wait")["wait"]);
        }
    }

    [Theory]
    [InlineData("FlushProcessWriteBuffers", "does not exist on this system")]
    [InlineData("nonsense", "Possible here")]
    public void A_forced_tier_that_this_host_cannot_run_is_an_error_for_the_writer_and_never_for_a_reader(string tier, string reason)
    {
        if (!OperatingSystem.IsLinux())
        {
            TestMode.NoPower(output, "this is not Linux");
            return;
        }

        Dictionary<string, string> answers = Ask(tier, "light", "tier", "accelerated", "heavy", "describe");
        Assert.Equal("returned", answers["light"]);
        Assert.Equal(nameof(BarrierTier.Unavailable), answers["tier"]);
        Assert.Equal(bool.FalseString, answers["accelerated"]);
        foreach (string question in new[] { "heavy", "describe" })
        {
            Assert.StartsWith("AsymmetricBarrierException ", answers[question], StringComparison.Ordinal);
            Assert.Contains(reason, answers[question], StringComparison.Ordinal);
            Assert.Contains(tier, answers[question], StringComparison.Ordinal);
        }
    }

    private static Dictionary<string, string> Ask(string tier, params string[] questions) =>
        Probe.Ask(new Dictionary<string, string> { [Probe.ForcedTier] = tier }, questions);
}
