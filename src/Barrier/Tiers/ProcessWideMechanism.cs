namespace SwmrKit;

/// <summary>The runtime's <see cref="Interlocked.MemoryBarrierProcessWide"/>.</summary>
/// <remarks>
/// Sound where the runtime does it by reading every thread's registers (macOS) or by the system's own barrier (Windows). On
/// Linux the runtime uses membarrier and, without it, flips a page's protection, which is not a barrier on every processor:
/// hence only when forced, and only while membarrier works.
/// </remarks>
internal sealed class ProcessWideMechanism : HeavyMechanism
{
    public override BarrierTier Tier => BarrierTier.ProcessWide;

    public override string Description =>
        "The writer calls Interlocked.MemoryBarrierProcessWide, the runtime's own process-wide barrier; readers execute no fence.";

    public override bool ChosenAutomatically => OperatingSystem.IsMacOS() || OperatingSystem.IsMacCatalyst() || OperatingSystem.IsIOS();

    public override string? Prepare()
    {
        if (UsesMembarrier)
        {
            int answer = Membarrier.Call(Membarrier.PrivateExpedited);
            if (answer < 0)
            {
                return "without membarrier the runtime falls back to a page-protection flip, which does not fence every processor; "
                    + Membarrier.Explain("membarrier(PRIVATE_EXPEDITED)", answer);
            }
        }
        else if (!OperatingSystem.IsWindows() && !ChosenAutomatically)
        {
            return "what the runtime does on this system has not been examined";
        }

        Interlocked.MemoryBarrierProcessWide();
        return null;
    }

    public override int TryOrder()
    {
        Interlocked.MemoryBarrierProcessWide();

        // The runtime does not report that its call was refused (NativeAOT goes on unordered): on Linux ask once more, checked.
        return UsesMembarrier ? Membarrier.Order(Membarrier.PrivateExpedited) : 0;
    }

    private static bool UsesMembarrier => OperatingSystem.IsLinux();
}
