using SwmrKit.Testing;
using SwmrKit.Tests;

namespace SwmrKit;

/// <summary>The choice of the barrier's tier, made while the first barriers run.</summary>
internal static class BarrierScenarios
{
    /// <summary>The first light and the first heavy barrier race with detection: neither side missing the other stays forbidden.</summary>
    public static Scenario DetectionOfTheTier => new(
        static () =>
        {
            SharedInt32 x = default, y = default, lightIsFree = default;
            int seenByWriter = 0, seenByReader = 0;
            var strategy = new BarrierStrategy([new ModelledMechanism()], static () => (null, ""), free => lightIsFree.Write(free ? 1 : 0));
            World.Run(
                ("R", () =>
                {
                    y.WriteRelaxed(1);
                    if (lightIsFree.Read() == 0)
                    {
                        Fence.Full();
                    }
                    else
                    {
                        AsymmetricBarrier.Light();
                    }

                    seenByReader = x.ReadRelaxed();
                }
            ),
                ("W", () =>
                {
                    x.WriteRelaxed(1);
                    strategy.Heavy();
                    seenByWriter = y.ReadRelaxed();
                }
            ),
                ("D", () => _ = strategy.Tier));
            Model.Assert(seenByWriter == 1 || seenByReader == 1, "neither the writer nor the reader saw the other's store");
        },
        Plain: 2,
        Full: 3);

    /// <summary>A tier whose heavy barrier is the model's.</summary>
    private sealed class ModelledMechanism : HeavyMechanism
    {
        public override BarrierTier Tier => BarrierTier.PrivateExpedited;

        public override string Description => "The model's.";

        public override string? Prepare() => null;

        public override int TryOrder()
        {
            AsymmetricBarrier.Heavy();
            return 0;
        }
    }
}
