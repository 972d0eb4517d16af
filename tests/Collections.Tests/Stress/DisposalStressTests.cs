using System.Globalization;
using SwmrKit.Mutants;
using SwmrKit.Testing;
using Xunit.Abstractions;

namespace SwmrKit.Tests;

/// <summary>
/// On this machine's hardware, with full store buffers: no memory is freed under a reader, and nearly all of it is freed while they
/// read. Every mutant in the folder Mutants, run through the same code in the same test, is seen to fail.
/// </summary>
public sealed class DisposalStressTests(ITestOutputHelper output) : IClassFixture<ExclusiveMachine>
{
    private const int EnoughViolations = 10;

    /// <summary>No more than a guard against a run that never ends.</summary>
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(10);

    [Fact]
    public void Nothing_is_freed_under_a_reader_and_every_mutant_is_seen_to_free_something() =>
        Prove(nameof(DisposalStress), DisposalStress.Run, unlinkedAtTheEnd: 2);

    [Fact]
    public void Nothing_of_a_dictionary_is_freed_under_a_reader_and_every_mutant_is_seen_to_free_something() =>
        Prove(nameof(OwningDictionaryStress), OwningDictionaryStress.Run, unlinkedAtTheEnd: null);

    /// <param name="scenario">The name of the stress, by which mutants name it.</param>
    /// <param name="original">The stress over the real code.</param>
    /// <param name="unlinkedAtTheEnd">How many values have been retired beside those replaced, where that is known.</param>
    private void Prove(string scenario, Func<StressPlan, StressResult> original, int? unlinkedAtTheEnd)
    {
        Mutant[] mutants = [.. MutantCatalog.All.Where(mutant => mutant.ScenarioName == $"{scenario}.Run")];
        Assert.NotEmpty(mutants);
        (string Name, bool IsCaught, long Writes, long Reads)[] tried = [.. mutants.Select(Try)];
        string[] missed = [.. tried.Where(static mutant => !mutant.IsCaught).Select(static mutant => mutant.Name)];

        // A run says something when it is longer than it takes to see what is broken; as to writes, when it is made as the mutants are.
        (long writes, long reads) = TestMode.Choose((200_000, 200_000), (5_000_000, 5_000_000));
        reads = Math.Max(reads, tried.Max(static mutant => mutant.Reads));
        Run(readers: 1, batchSize: 1, Math.Max(writes, tried.Max(static mutant => mutant.Writes)), reads);
        Run(readers: 1, batchSize: 64, writes, reads);
        Run(readers: 8, batchSize: 64, writes, reads);

        if (!LitmusControl.MachineHasPower || missed.Length > 0)
        {
            TestMode.NoPower(output, $"these mutants did not show {EnoughViolations} violations: {string.Join(", ", missed)}");
        }

        void Run(int readers, int batchSize, long writes, long reads) => RunOriginal(original, unlinkedAtTheEnd, readers, batchSize, writes, reads);
    }

    /// <summary>Batches of one, so that the era moves as often and memory is freed as soon as can be; attempts that grow.</summary>
    private (string Name, bool IsCaught, long Writes, long Reads) Try(Mutant mutant)
    {
        (long writes, long reads) = (0, 0);
        foreach (int seconds in new[] { 2, 8, 32 })
        {
            StressResult result = mutant.Scenario(new StressPlan
            {
                Readers = 1,
                BatchSize = 1,
                EnoughViolations = EnoughViolations,
                Limit = TimeSpan.FromSeconds(seconds),
            });
            Report(mutant.Name, result);
            Assert.Equal(result.Retired, result.Reclaimed);
            writes += result.Writes;
            reads += Total(result);
            if (result.Violations >= EnoughViolations)
            {
                return (mutant.Name, true, writes, reads);
            }
        }

        return (mutant.Name, false, writes, reads);
    }

    private void RunOriginal(Func<StressPlan, StressResult> original, int? unlinkedAtTheEnd, int readers, int batchSize, long writes, long reads)
    {
        StressResult result = original(new StressPlan
        {
            Readers = readers,
            BatchSize = batchSize,
            Writes = writes,
            Reads = reads,
            EnoughViolations = 1,
            Limit = s_limit,
        });
        Report($"the real code, {readers} reader(s), batches of {batchSize}", result);
        Assert.Equal(0, result.Violations);
        Assert.True(result.Writes >= writes, $"only {result.Writes} of {writes} writes");
        Assert.True(Total(result) >= reads, $"only {Total(result)} of {reads} reads");
        Assert.All(result.Reads, static way => Assert.True(way.Value.Count >= 20, $"only {way.Value.Count} reads: {way.Key}"));
        Assert.True(result.ReclaimedWhileReading >= 0.99 * result.RetiredWhileReading, $"reclaimed while reading: {result}");
        Assert.Equal(unlinkedAtTheEnd is { } unlinked ? result.Writes + unlinked : result.Taken, result.Retired);
        Assert.Equal(result.Retired, result.Reclaimed);
        Assert.Equal(result.Retired, result.Freed);
        Assert.Equal(result.Taken, result.Freed);
        Assert.Equal(0, result.FreedAgain);
    }

    private static long Total(StressResult result) => result.Reads.Values.Sum(static reads => reads.Count);

    private void Report(string name, StressResult result)
    {
        IEnumerable<string> ways = result.Reads.Select(static way =>
            string.Create(CultureInfo.InvariantCulture, $"{way.Key} {way.Value.Violations:N0} of {way.Value.Count:N0}"));
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{name,-42} {result.Violations,4:N0} violations, {result.Writes,10:N0} writes, {Total(result),10:N0} reads ({string.Join(", ", ways)}); "
            + $"while reading {100.0 * result.ReclaimedWhileReading / result.RetiredWhileReading:N3} % reclaimed, {result.HeavyBarriers:N0} heavy barriers"));
    }
}
