namespace SwmrKit.Tests;

public sealed class BarrierStrategyTests : IClassFixture<SharedMachine>
{
    private readonly List<bool> _published = [];

    [Fact]
    public void The_first_mechanism_that_works_is_chosen_and_the_refusals_are_told()
    {
        BarrierStrategy strategy = Strategy(null, new Fake(BarrierTier.PrivateExpedited) { Refusal = "it is not there" }, new Fake(BarrierTier.Global));
        Assert.Equal(BarrierTier.Global, strategy.Tier);
        Assert.Contains("PrivateExpedited was refused: it is not there.", strategy.Describe(), StringComparison.Ordinal);
        Assert.Equal([true], _published);
    }

    [Fact]
    public void A_mechanism_used_only_when_forced_is_passed_over()
    {
        Fake forcedOnly = new(BarrierTier.ProcessWide) { OnlyForced = true };
        Assert.Equal(BarrierTier.FullFence, Strategy(null, forcedOnly, new FullFenceMechanism()).Tier);
        Assert.Equal(BarrierTier.ProcessWide, Strategy("processwide", forcedOnly, new FullFenceMechanism()).Tier);
    }

    [Fact]
    public void On_the_full_fence_tier_readers_are_told_to_fence()
    {
        BarrierStrategy strategy = Strategy(null, new FullFenceMechanism());
        strategy.Heavy();
        Assert.False(strategy.LightIsFree);
        Assert.Equal([false], _published);
    }

    [Fact]
    public void The_first_heavy_barrier_completes_detection_before_it_orders_anything()
    {
        var order = new List<string>();
        var mechanism = new Fake(BarrierTier.PrivateExpedited) { OnOrder = () => order.Add("ordered") };
        var strategy = new BarrierStrategy([mechanism], static () => (null, ""), _ => order.Add("decided"));
        strategy.Heavy();
        Assert.Equal(["decided", "ordered"], order);
    }

    [Fact]
    public void Detection_runs_once_however_many_threads_ask_first()
    {
        int prepared = 0;
        var mechanism = new Fake(BarrierTier.PrivateExpedited) { OnPrepare = () => Interlocked.Increment(ref prepared) };
        BarrierStrategy strategy = Strategy(null, mechanism);
        Parallel.For(0, 16, _ => strategy.Heavy());
        Assert.Equal(1, prepared);
        Assert.Single(_published);
    }

    [Fact]
    public void A_failure_that_passes_is_retried()
    {
        var mechanism = new Fake(BarrierTier.PrivateExpedited) { Failures = 2 };
        Strategy(null, mechanism).Heavy();
        Assert.Equal(3, mechanism.Orders);
    }

    [Fact]
    public void A_failure_that_stays_falls_back_on_the_stand_in()
    {
        var standIn = new Fake(BarrierTier.Global);
        var mechanism = new Fake(BarrierTier.PrivateExpedited) { Failures = int.MaxValue, Second = standIn };
        BarrierStrategy strategy = Strategy(null, mechanism);
        strategy.Heavy();
        strategy.Heavy();
        Assert.Equal(2, standIn.Orders);
    }

    [Fact]
    public void Without_a_stand_in_that_works_it_throws_and_never_returns_unordered()
    {
        var mechanism = new Fake(BarrierTier.PrivateExpedited) { Failures = int.MaxValue, Second = new Fake(BarrierTier.Global) { Failures = int.MaxValue } };
        AsymmetricBarrierException thrown = Assert.Throws<AsymmetricBarrierException>(Strategy(null, mechanism).Heavy);
        Assert.Equal((BarrierTier.PrivateExpedited, Fake.Error), (thrown.Tier, thrown.ErrorCode));
        Assert.Contains("Global could not stand in", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_forced_tier_that_is_refused_is_recorded_and_thrown_from_the_writers_side_only()
    {
        BarrierStrategy strategy = Strategy("PrivateExpedited", new Fake(BarrierTier.PrivateExpedited) { Refusal = "the kernel is too old" }, new FullFenceMechanism());
        Assert.Equal(BarrierTier.Unavailable, strategy.Tier);
        Assert.False(strategy.LightIsFree);
        Assert.Contains("the kernel is too old", Assert.Throws<AsymmetricBarrierException>(strategy.Heavy).Message, StringComparison.Ordinal);
        Assert.Contains("the test", Assert.Throws<AsymmetricBarrierException>(() => strategy.Describe()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_forced_tier_that_does_not_exist_is_told_with_those_that_do()
    {
        BarrierStrategy strategy = Strategy("warp", new FullFenceMechanism());
        Assert.Contains("Possible here: FullFence", Assert.Throws<AsymmetricBarrierException>(strategy.Heavy).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_exception_during_detection_is_recorded_and_never_thrown_at_a_reader()
    {
        var strategy = new BarrierStrategy([new FullFenceMechanism()], static () => throw new FormatException("no settings"), _published.Add);
        Assert.False(strategy.LightIsFree);
        Assert.Contains("no settings", Assert.Throws<AsymmetricBarrierException>(strategy.Heavy).Message, StringComparison.Ordinal);
    }

    private BarrierStrategy Strategy(string? forced, params HeavyMechanism[] candidates) => new(candidates, () => (forced, "the test"), _published.Add);

    private sealed class Fake(BarrierTier tier) : HeavyMechanism
    {
        public const int Error = 42;

        public override BarrierTier Tier => tier;

        public override string Description => "A fake.";

        public override bool ChosenAutomatically => !OnlyForced;

        public override HeavyMechanism? StandIn => Second;

        public bool OnlyForced { get; init; }

        public string? Refusal { get; init; }

        public HeavyMechanism? Second { get; init; }

        public Action? OnPrepare { get; init; }

        public Action? OnOrder { get; init; }

        public int Failures { get; init; }

        public int Orders { get; private set; }

        public override string? Prepare()
        {
            OnPrepare?.Invoke();
            return Refusal;
        }

        public override int TryOrder()
        {
            Orders++;
            OnOrder?.Invoke();
            return Orders <= Failures ? Error : 0;
        }
    }
}
