namespace SwmrKit.Testing;

/// <summary>What theory says of an outcome of a litmus test. All but <see cref="Allowed"/> are forbidden where the fences suffice.</summary>
public enum LitmusVerdict
{
    /// <summary>Some interleaving of the two programs gives it: no fence forbids it.</summary>
    Allowed,

    /// <summary>
    /// Forbidden where the fences suffice; without them x86 shows it too, because a store waits in the store buffer while a
    /// later load goes ahead. Here hardware can fail the test.
    /// </summary>
    AllowedOnX86,

    /// <summary>
    /// Forbidden where the fences suffice; without them arm64 and POWER may show it, x86 never. On x86 the test is one of the
    /// compiler alone.
    /// </summary>
    AllowedOnWeaker,

    /// <summary>Forbidden by every architecture, fences or not (coherence of one word). The test is one of the compiler alone.</summary>
    Incoherent,
}
