using System.Globalization;
using SwmrKit.Testing;
using Xunit.Abstractions;

namespace SwmrKit.Tests;

/// <summary>
/// On this machine's hardware, with full store buffers: nothing is disposed under a reader, and nearly everything is disposed
/// while they read. The same code with a broken barrier is seen to fail in the same run.
/// </summary>
public sealed class DisposalStressTests(ITestOutputHelper output) : IClassFixture<ExclusiveMachine>
{
    private const int EnoughViolations = 10;

    private static readonly TimeSpan s_limit = TestMode.Choose(TimeSpan.FromSeconds(60), TimeSpan.FromMinutes(5));

    [Fact]
    public void Nothing_is_disposed_under_a_reader_and_broken_barriers_are_seen_to_fail()
    {
        long controls = 0;
        foreach ((string name, Action heavy) in new (string, Action)[] { ("no heavy barrier", static () => { }), ("a fence of the writer only", Interlocked.MemoryBarrier) })
        {
            var control = new DisposalStress(heavy, batchSize: 1);
            control.Run(readers: 1, writes: long.MaxValue, reads: long.MaxValue, EnoughViolations, s_limit);
            Report(name, control);
            controls += control.Violations >= EnoughViolations ? 1 : 0;
            Assert.Equal(control.Drained.Retired, control.Drained.Reclaimed);
        }

        if (!LitmusControl.MachineHasPower || controls < 2)
        {
            TestMode.NoPower(output, "the controls did not show ten violations each");
            return;
        }

        foreach (int readers in new[] { 1, 3 })
        {
            var stress = new DisposalStress(AsymmetricBarrier.Heavy, batchSize: 64);
            stress.Run(readers, writes: TestMode.Choose(1_000_000, 20_000_000), reads: TestMode.Choose(4_000_000, 80_000_000), enoughViolations: 1, s_limit);
            Report($"light and heavy, {readers} reader(s)", stress);
            Assert.Equal(0, stress.Violations);
            Assert.True(stress.Writes >= 250_000, $"only {stress.Writes} writes");
            Assert.True(stress.Reads >= 1_000_000, $"only {stress.Reads} reads");
            Assert.True(stress.WhileReading.Reclaimed >= 0.99 * stress.WhileReading.Retired, $"reclaimed while reading: {stress.WhileReading}");
            Assert.Equal(stress.Writes + 1, stress.Drained.Retired);
            Assert.Equal(stress.Drained.Retired, stress.Drained.Reclaimed);
            Assert.Equal(0, stress.Drained.Pending);
        }
    }

    private void Report(string name, DisposalStress stress) => output.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"{name,-30} {stress.Violations,6:N0} violations in {stress.Writes,10:N0} writes ({stress.Violations * 1e6 / stress.Writes:N1} per million) and {stress.Reads,12:N0} reads; "
        + $"while reading {stress.WhileReading.Reclaimed:N0} of {stress.WhileReading.Retired:N0} reclaimed, {stress.WhileReading.HeavyBarriers:N0} heavy barriers; after: {stress.Drained.Pending} pending"));
}
