using System.Diagnostics;
using SwmrKit;
using SwmrKit.Mutants;
using SwmrKit.Tests;

namespace Torture;

/// <summary>
/// The broken variants of the source that the stress tests have too (tests/Collections.Tests/Mutants): patched copies, compiled into this
/// program beside the real code, and run through the scenario of those tests.
/// </summary>
internal sealed class Variants(Action<string> message)
{
    private const long EnoughViolations = 10;

    private static readonly int[] s_attempts = [2, 6, 18];
    private static readonly TimeSpan s_original = TimeSpan.FromSeconds(2);

    public static IReadOnlyList<string> Names { get; } = [.. MutantCatalog.All.Select(static mutant => mutant.Name)];

    /// <summary>Whether this machine can show every reordering that the barrier is there against.</summary>
    public static bool MachineHasPower { get; } = Environment.ProcessorCount >= 2 && AsymmetricBarrier.Tier != BarrierTier.FullFence;

    /// <summary>Runs those of the given names, and then the real code in the same scenario.</summary>
    public VariantResult[] Run(IReadOnlyList<string> names)
    {
        VariantResult[] results = [.. MutantCatalog.All.Where(mutant => names.Contains(mutant.Name)).Select(Run)];
        return results.Length == 0 ? results : [.. results, RunOriginal()];
    }

    /// <summary>Batches of one, so that memory is freed as soon as can be; attempts that grow.</summary>
    private VariantResult Run(Mutant mutant)
    {
        long start = Stopwatch.GetTimestamp();
        StressResult stress;
        int attempt = 0;
        do
        {
            stress = mutant.Scenario(Plan(TimeSpan.FromSeconds(s_attempts[attempt++])));
        }
        while (stress.Violations == 0 && attempt < s_attempts.Length && MachineHasPower);

        return Tell(new VariantResult(mutant.Name, IsBroken: true, stress.Violations, stress.Reads.Values.Sum(static reads => reads.Count), Stopwatch.GetElapsedTime(start)));
    }

    private VariantResult RunOriginal()
    {
        long start = Stopwatch.GetTimestamp();
        StressResult stress = DisposalStress.Run(Plan(s_original));
        return Tell(new VariantResult("the real code", IsBroken: false, stress.Violations, stress.Reads.Values.Sum(static reads => reads.Count), Stopwatch.GetElapsedTime(start)));
    }

    private static StressPlan Plan(TimeSpan limit) => new() { Readers = 1, BatchSize = 1, EnoughViolations = EnoughViolations, Limit = limit };

    private VariantResult Tell(VariantResult result)
    {
        message(result.ToString());
        return result;
    }
}

/// <summary>What one variant came to.</summary>
/// <param name="Name">Its name.</param>
/// <param name="IsBroken">Whether it must be seen to fail; else it must not.</param>
/// <param name="Violations">How often a reader found memory freed that it protected.</param>
/// <param name="Reads">In so many reads of the last attempt.</param>
/// <param name="Elapsed">All attempts.</param>
internal sealed record VariantResult(string Name, bool IsBroken, long Violations, long Reads, TimeSpan Elapsed)
{
    /// <summary>What is wrong; null when it is as it should be, or could not be otherwise here.</summary>
    public string? Complaint(bool machineHasPower) => (IsBroken, Violations) switch
    {
        (true, 0) when machineHasPower => $"the broken variant {Name} was not seen to fail: what was not seen elsewhere shows nothing",
        (false, > 0) => $"{Name} freed memory under a reader {Violations:N0} times in the scenario of the variants",
        _ => null,
    };

    public override string ToString() => FormattableString.Invariant(
        $"{Name,-24} {Violations,4:N0} violations in {Reads,11:N0} reads, {Elapsed.TotalSeconds,5:N1} s: {Verdict}");

    private string Verdict => (IsBroken, Violations) switch
    {
        (true, > 0) => "broken, and seen to be",
        (true, _) => Torture.Variants.MachineHasPower ? "broken, and NOT CAUGHT" : "no power: this machine cannot show it",
        (false, 0) => "clean",
        _ => "VIOLATED",
    };
}
