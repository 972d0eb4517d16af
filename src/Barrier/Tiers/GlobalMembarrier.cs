namespace SwmrKit;

/// <summary>
/// <c>MEMBARRIER_CMD_GLOBAL</c> (once SHARED): returns after every running thread of the system has passed a scheduling point or
/// user-space boundary. Needs no registration; takes milliseconds.
/// </summary>
internal sealed class GlobalMembarrier : HeavyMechanism
{
    public override BarrierTier Tier => BarrierTier.Global;

    public override string Description =>
        "The writer calls membarrier(MEMBARRIER_CMD_GLOBAL), which waits for every core to pass through the scheduler (milliseconds); "
        + "readers execute no fence.";

    public override string? Prepare()
    {
        int supported = Membarrier.SupportedCommands();
        if (supported < 0)
        {
            return Membarrier.Explain("membarrier(QUERY)", supported);
        }

        if ((supported & Membarrier.Global) == 0)
        {
            return $"this kernel has no global membarrier (supported commands: 0x{supported:x})";
        }

        int error = TryOrder();
        return error == 0 ? null : Membarrier.Explain("membarrier(GLOBAL)", -error);
    }

    public override int TryOrder() => Membarrier.Order(Membarrier.Global);
}
