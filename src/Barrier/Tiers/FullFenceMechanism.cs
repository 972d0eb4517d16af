namespace SwmrKit;

/// <summary>A fence of the calling thread: enough only because readers fence too on this tier.</summary>
internal sealed class FullFenceMechanism : HeavyMechanism
{
    public override BarrierTier Tier => BarrierTier.FullFence;

    public override string Description => "Writer and readers both execute a full fence.";

    public override string? Prepare() => null;

    public override int TryOrder()
    {
        Fence.Full();
        return 0;
    }
}
