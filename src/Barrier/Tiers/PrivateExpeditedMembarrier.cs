namespace SwmrKit;

/// <summary>
/// <c>MEMBARRIER_CMD_PRIVATE_EXPEDITED</c>: the kernel interrupts the cores that run this process and each executes a full fence.
/// </summary>
/// <remarks>
/// The command fails with EPERM in a process that did not register, so registration and one checked call come first. The .NET
/// runtime registers the process itself; registering again is harmless.
/// </remarks>
internal sealed class PrivateExpeditedMembarrier(HeavyMechanism standIn) : HeavyMechanism
{
    public override BarrierTier Tier => BarrierTier.PrivateExpedited;

    public override string Description =>
        "The writer calls membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED), which fences every core running this process; readers execute no fence.";

    public override HeavyMechanism? StandIn => standIn;

    public override string? Prepare()
    {
        int supported = Membarrier.SupportedCommands();
        if (supported < 0)
        {
            return Membarrier.Explain("membarrier(QUERY)", supported);
        }

        const int needed = Membarrier.PrivateExpedited | Membarrier.RegisterPrivateExpedited;
        if ((supported & needed) != needed)
        {
            return $"this kernel has no private expedited membarrier (supported commands: 0x{supported:x})";
        }

        int registered = Membarrier.Call(Membarrier.RegisterPrivateExpedited);
        if (registered < 0)
        {
            return Membarrier.Explain("membarrier(REGISTER_PRIVATE_EXPEDITED)", registered);
        }

        int error = TryOrder();
        return error == 0 ? null : Membarrier.Explain("membarrier(PRIVATE_EXPEDITED)", -error);
    }

    public override int TryOrder() => Membarrier.Order(Membarrier.PrivateExpedited);
}
