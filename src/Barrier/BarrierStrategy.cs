namespace SwmrKit;

/// <summary>
/// Chooses a tier once and runs heavy barriers on it.
/// </summary>
/// <remarks>
/// <para><b>Undecided.</b> Until the choice is made a reader fences. The writer therefore completes the choice before its first
/// barrier: a fence-only heavy barrier against a reader that believed in a free light one would order nothing.</para>
/// <para><b>Decided.</b> The choice is final. A free light barrier is announced only after the mechanism has been registered and
/// has run once; a reader that has not heard yet fences, which every tier allows.</para>
/// <para><b>Failure.</b> A heavy barrier that fails is tried again, then on the mechanism's stand-in, then reported. It is never
/// replaced by a fence of the writer alone.</para>
/// </remarks>
/// <param name="candidates">The mechanisms this system may offer, best first; the last one must always be usable.</param>
/// <param name="forcedTier">The name of the tier somebody insists on (null: none), and where it came from.</param>
/// <param name="publishLight">Receives, once, whether readers may leave out the fence.</param>
internal sealed class BarrierStrategy(
    HeavyMechanism[] candidates,
    Func<(string? Name, string Source)> forcedTier,
    Action<bool> publishLight)
{
    /// <summary>The environment variable that forces a tier.</summary>
    public const string EnvironmentVariable = "SWMRKIT_BARRIER_TIER";

    private const int Attempts = 3;

    private readonly ExclusiveLock _detection = new();
    private SharedReference<Choice> _choice;

    /// <summary>What detection found: a usable mechanism, or the reason why there is none.</summary>
    private sealed record Choice(HeavyMechanism? Mechanism, string Explanation);

    public BarrierTier Tier => Decide().Mechanism?.Tier ?? BarrierTier.Unavailable;

    public bool LightIsFree => IsFree(Decide());

    public string Describe()
    {
        Choice choice = Decide();
        return choice.Mechanism is null ? throw new AsymmetricBarrierException(choice.Explanation) : choice.Explanation;
    }

    public void Heavy()
    {
        Choice choice = Decide();
        if (choice.Mechanism is not { } mechanism)
        {
            throw new AsymmetricBarrierException(choice.Explanation);
        }

        if (mechanism.TryOrder() != 0)
        {
            HeavyAfterFailure(mechanism);
        }
    }

    private static void HeavyAfterFailure(HeavyMechanism mechanism)
    {
        int error = 0;
        for (int attempt = 1; attempt < Attempts; attempt++)
        {
            error = mechanism.TryOrder();
            if (error == 0)
            {
                return;
            }
        }

        string standIn = "";
        if (mechanism.StandIn is { } second)
        {
            string? refusal = second.Prepare();
            if (refusal is null && second.TryOrder() == 0)
            {
                return;
            }

            standIn = $" {second.Tier} could not stand in: {refusal ?? "it failed too"}.";
        }

        throw new AsymmetricBarrierException(
            $"The heavy barrier ({mechanism.Tier}) worked at start-up and now fails with error {error}, {Attempts} times in a row.{standIn} "
            + "Nothing was ordered, so nothing may be freed. Allow membarrier(2) in the process's seccomp filter, or set "
            + $"{EnvironmentVariable}={BarrierTier.FullFence} at start.",
            mechanism.Tier,
            error);
    }

    private static bool IsFree(Choice choice) => choice.Mechanism is { Tier: not BarrierTier.FullFence };

    /// <summary>Completes detection on the first call; later calls read one field.</summary>
    private Choice Decide()
    {
        if (_choice.Read() is { } made)
        {
            return made;
        }

        using ExclusiveLock.Scope detecting = _detection.Enter();
        if (_choice.Read() is { } other)
        {
            return other;
        }

        Choice choice = Choose();
        _choice.Write(choice);
        publishLight(IsFree(choice));
        return choice;
    }

    private Choice Choose()
    {
        try
        {
            (string? name, string source) = forcedTier();
            return string.IsNullOrWhiteSpace(name) ? ChooseBest() : ChooseForced(name.Trim(), source);
        }
#pragma warning disable CA1031 // Detection may run in a static constructor under a reader: it records, and never throws.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            return new Choice(null, "Detecting the barrier's tier failed: " + exception.Message);
        }
    }

    private Choice ChooseBest()
    {
        string refusals = "";
        foreach (HeavyMechanism candidate in candidates)
        {
            if (!candidate.ChosenAutomatically)
            {
                continue;
            }

            if (candidate.Prepare() is not { } refusal)
            {
                return new Choice(candidate, $"{candidate.Tier}, detected. {candidate.Description}{refusals}");
            }

            refusals += $" {candidate.Tier} was refused: {refusal}.";
        }

        return new Choice(null, "No barrier tier is usable here." + refusals);
    }

    private Choice ChooseForced(string name, string source)
    {
        foreach (HeavyMechanism candidate in candidates)
        {
            if (!name.Equals(candidate.Tier.ToString(), StringComparison.OrdinalIgnoreCase))
            {
                continue;
            }

            return candidate.Prepare() is { } refusal
                ? new Choice(null, $"{source} forces the barrier tier {candidate.Tier}, which this host cannot run: {refusal}.")
                : new Choice(candidate, $"{candidate.Tier}, forced by {source}. {candidate.Description}");
        }

        string possible = string.Join(", ", candidates.Select(static c => c.Tier));
        return new Choice(null, $"{source} forces the barrier tier '{name}', which does not exist on this system. Possible here: {possible}.");
    }
}
