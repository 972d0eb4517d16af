using System.Globalization;
using System.Text.RegularExpressions;
using Xunit.Abstractions;

namespace SwmrKit.Tests;

/// <summary>
/// What happens when single calls of membarrier fail: strace counts the process's calls and answers the chosen ones itself. Every row
/// ends in the documented tier or in an exception, and one that returned is seen in the trace to have ordered.
/// </summary>
public sealed partial class InjectedFaultTests(ITestOutputHelper output) : IClassFixture<ExclusiveMachine>
{
    private const string Throws = "AsymmetricBarrierException ";
    private const string PrivateExpedited = "PRIVATE_EXPEDITED";
    private const string Global = "GLOBAL";

    /// <summary>The last four calls of an undisturbed process are ours: what is supported?, register, the first barrier, and Heavy.</summary>
    private const int OurCalls = 4;

    // Tiered compilation suspends threads in the background, for which the runtime makes calls of its own.
    private static readonly Dictionary<string, string> s_untiered = new() { ["DOTNET_TieredCompilation"] = "0" };

    /// <param name="fault">What fails, for the report.</param>
    /// <param name="injection">What strace answers.</param>
    /// <param name="from">The first call that fails: 1 to 4 counts our own calls, 0 is the process's first one.</param>
    /// <param name="count">How many calls fail in a row; 0: all from there on.</param>
    /// <param name="heavy">How Heavy ends.</param>
    /// <param name="tier">The tier in force.</param>
    /// <param name="orderedBy">The command that must have ordered, last, where Heavy returned on an accelerated tier.</param>
    [Theory]
    [InlineData("ENOSYS from the process's first call on", "error=ENOSYS", 0, 0, "returned", BarrierTier.FullFence, "")]
    [InlineData("ENOSYS from our first call on", "error=ENOSYS", 1, 0, "returned", BarrierTier.FullFence, "")]
    [InlineData("a kernel that supports no command", "retval=0", 1, 3, "returned", BarrierTier.FullFence, "")]
    [InlineData("ENOSYS from our registration on", "error=ENOSYS", 2, 0, "returned", BarrierTier.FullFence, "")]
    [InlineData("EPERM on our registration only", "error=EPERM", 2, 1, "returned", BarrierTier.Global, Global)]
    [InlineData("ENOMEM on our registration only", "error=ENOMEM", 2, 1, "returned", BarrierTier.Global, Global)]
    [InlineData("ENOMEM on the first barrier, once", "error=ENOMEM", 3, 1, "returned", BarrierTier.PrivateExpedited, PrivateExpedited)]
    [InlineData("ENOMEM on the first barrier, twice", "error=ENOMEM", 3, 2, "returned", BarrierTier.Global, Global)]
    [InlineData("ENOMEM on Heavy, once", "error=ENOMEM", 4, 1, "returned", BarrierTier.PrivateExpedited, PrivateExpedited)]
    [InlineData("EINTR on Heavy, five times", "error=EINTR", 4, 5, "returned", BarrierTier.PrivateExpedited, PrivateExpedited)]
    [InlineData("EPERM on Heavy and its retries", "error=EPERM", 4, 6, "returned", BarrierTier.PrivateExpedited, Global)]
    [InlineData("ENOMEM on Heavy, its retries and the stand-in", "error=ENOMEM", 4, 9, Throws, BarrierTier.PrivateExpedited, "")]
    [InlineData("ENOSYS from Heavy on", "error=ENOSYS", 4, 0, Throws, BarrierTier.PrivateExpedited, "")]
    public void Calls_that_fail_end_in_another_tier_or_an_exception(string fault, string injection, int from, int count, string heavy, BarrierTier tier, string orderedBy)
    {
        if (!HasStrace())
        {
            return;
        }

        (Dictionary<string, string> answers, string[] calls) = Inject(s_untiered, injection, from, count);
        output.WriteLine($"| {fault} | {answers["tier"]} | {answers["heavy"]} |");
        Assert.Equal("returned", answers["light"]);
        Assert.StartsWith(heavy, answers["heavy"], StringComparison.Ordinal);
        Assert.Equal(tier.ToString(), answers["tier"]);
        Assert.Equal((tier != BarrierTier.FullFence).ToString(), answers["accelerated"]);
        if (orderedBy.Length > 0)
        {
            Assert.Equal(orderedBy, OrderingCall().Match(calls[^1]).Groups["command"].Value);
        }
    }

    [Theory]
    [InlineData(BarrierTier.PrivateExpedited, "error=EPERM", 2, 1, "membarrier(REGISTER_PRIVATE_EXPEDITED)")]
    [InlineData(BarrierTier.PrivateExpedited, "error=ENOSYS", 0, 0, "membarrier(QUERY)")]
    [InlineData(BarrierTier.Global, "error=ENOSYS", 0, 0, "membarrier(QUERY)")]
    [InlineData(BarrierTier.Global, "error=ENOMEM", 3, 2, "membarrier(GLOBAL)")]
    [InlineData(BarrierTier.ProcessWide, "error=ENOSYS", 0, 0, "membarrier(PRIVATE_EXPEDITED)")]
    public void A_forced_tier_whose_calls_fail_is_an_error_of_the_writer(BarrierTier tier, string injection, int from, int count, string refused)
    {
        if (!HasStrace())
        {
            return;
        }

        Dictionary<string, string> environment = new(s_untiered) { [Probe.ForcedTier] = tier.ToString() };
        (Dictionary<string, string> answers, _) = Inject(environment, injection, from, count);
        output.WriteLine($"| forced {tier}, {injection} | {answers["tier"]} | {answers["heavy"]} |");
        Assert.Equal("returned", answers["light"]);
        Assert.StartsWith(Throws, answers["heavy"], StringComparison.Ordinal);
        Assert.Contains(refused, answers["heavy"], StringComparison.Ordinal);
        Assert.Equal(nameof(BarrierTier.Unavailable), answers["tier"]);
    }

    [Fact]
    public void A_kernel_that_has_only_the_global_command_is_served_by_it()
    {
        if (!HasStrace())
        {
            return;
        }

        // Both tiers ask what is supported, the first to find out that it is not, the second that it is.
        (Dictionary<string, string> answers, string[] calls) = Inject(s_untiered, "retval=1", from: 1, count: 2);
        Assert.Equal("returned", answers["light"]);
        Assert.Equal("returned", answers["heavy"]);
        Assert.Equal(nameof(BarrierTier.Global), answers["tier"]);
        Assert.Equal(Global, OrderingCall().Match(calls[^1]).Groups["command"].Value);
    }

    /// <summary>Runs the probe once undisturbed, to learn which call is ours, and once more with the fault.</summary>
    private (Dictionary<string, string> Answers, string[] Calls) Inject(Dictionary<string, string> environment, string injection, int from, int count)
    {
        int first = from == 0 ? 1 : Trace(environment, null).Calls.Length - OurCalls + from;
        string when = count == 0 ? $"{first}+" : string.Create(CultureInfo.InvariantCulture, $"{first}..{first + count - 1}");
        return Trace(environment, $"inject=membarrier:{injection}:when={when}");
    }

    private (Dictionary<string, string> Answers, string[] Calls) Trace(Dictionary<string, string> environment, string? injection)
    {
        string trace = Path.GetTempFileName();
        try
        {
            string[] strace = ["strace", "-f", "-qq", "-e", "trace=membarrier", .. injection is null ? [] : new[] { "-e", injection }, "-o", trace];
            Dictionary<string, string> answers = Probe.AskUnder(strace, environment, "light", "heavy", "tier", "accelerated");
            string[] calls = [.. File.ReadLines(trace).Where(static line => line.Contains("membarrier(", StringComparison.Ordinal))];
            foreach (string call in calls)
            {
                output.WriteLine(MaskOfCommands().Replace(call, ""));
            }

            return (answers, calls);
        }
        finally
        {
            File.Delete(trace);
        }
    }

    private bool HasStrace()
    {
        string[] folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':');
        if (OperatingSystem.IsLinux() && folders.Any(static folder => File.Exists(Path.Combine(folder, "strace"))))
        {
            return true;
        }

        output.WriteLine("strace is not here; FaultTests denies the same calls by a kernel filter, all at once");
        return false;
    }

    /// <summary>A barrier that the kernel really executed.</summary>
    [GeneratedRegex(@"membarrier\(MEMBARRIER_CMD_(?<command>PRIVATE_EXPEDITED|GLOBAL), .*= 0$")]
    private static partial Regex OrderingCall();

    [GeneratedRegex(@" \(MEMBARRIER_CMD_[^)]*\)")]
    private static partial Regex MaskOfCommands();
}
