using System.Globalization;
using System.Runtime.InteropServices;
using SwmrKit.Testing;
using Xunit.Abstractions;

namespace SwmrKit.Tests;

/// <summary>
/// What happens when the system refuses the barrier: each row in a process of its own, its membarrier denied by a kernel
/// filter (<see cref="InjectedFaultTests"/> has the single calls that fail). Every row ends in the documented tier or in an exception, never in a return that ordered nothing.
/// </summary>
public sealed class FaultTests(ITestOutputHelper output) : IClassFixture<ExclusiveMachine>
{
    private const string Throws = "AsymmetricBarrierException ";

    // Tiered compilation suspends threads in the background, for which the runtime needs the call that is denied.
    private static readonly Dictionary<string, string> s_untiered = new() { ["DOTNET_TieredCompilation"] = "0" };

    [Theory]
    [InlineData("denied from the start (ENOSYS)", "deny:38 light heavy tier", "returned", BarrierTier.FullFence)]
    [InlineData("denied from the start (EPERM)", "deny:1 light heavy tier", "returned", BarrierTier.FullFence)]
    [InlineData("only the expedited command denied from the start", "deny:1:8,16 light heavy tier", "returned", BarrierTier.Global)]
    [InlineData("no memory from the start", "deny:12:8,1 light heavy tier", "returned", BarrierTier.FullFence)]
    [InlineData("denied after start", "heavy deny:38 light heavy tier", Throws, BarrierTier.PrivateExpedited)]
    [InlineData("only the expedited command denied after start: the global one stands in", "heavy deny:1:8 light heavy tier", "returned", BarrierTier.PrivateExpedited)]
    [InlineData("no memory after start", "heavy deny:12:8,1 light heavy tier", Throws, BarrierTier.PrivateExpedited)]
    public void A_refused_membarrier_ends_in_another_tier_or_an_exception(string fault, string questions, string heavy, BarrierTier tier)
    {
        if (!CanDeny())
        {
            return;
        }

        Dictionary<string, string> answers = Probe.Ask(s_untiered, questions.Split(' '));
        output.WriteLine($"| {fault} | {answers["heavy"]} | {answers["tier"]} |");
        Assert.Equal("returned", answers["light"]);
        Assert.StartsWith(heavy, answers["heavy"], StringComparison.Ordinal);
        Assert.Equal(tier.ToString(), answers["tier"]);
    }

    [Theory]
    [InlineData("", "deny:0:8")]
    [InlineData(nameof(BarrierTier.Global), "deny:0:1")]
    public void A_system_call_that_only_pretends_to_succeed_is_noticed_by_the_litmus_test(string forced, string pretence)
    {
        if (!CanDeny())
        {
            return;
        }

        Dictionary<string, string> environment = new(s_untiered) { [Probe.ForcedTier] = forced };
        string answer = Probe.Ask(environment, "tier", pretence, "litmus")["litmus"];
        output.WriteLine(answer);
        if (int.Parse(answer.Split(' ')[0], CultureInfo.InvariantCulture) == 0)
        {
            TestMode.NoPower(output, "the litmus test did not notice a heavy barrier that does nothing: " + answer);
        }
    }

    private bool CanDeny()
    {
        if (OperatingSystem.IsLinux() && LitmusControl.MachineHasPower && RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.Arm64
            && Probe.Ask(new Dictionary<string, string>(), "tier")["tier"] == nameof(BarrierTier.PrivateExpedited))
        {
            return true;
        }

        TestMode.NoPower(output, "membarrier is not there to be denied");
        return false;
    }
}
