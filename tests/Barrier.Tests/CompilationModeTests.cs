using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Xunit.Abstractions;

namespace SwmrKit.Tests;

/// <summary>
/// The barrier in every state the runtime may leave a method in. Each row runs in a process of its own, in which the runtime's
/// account of what it compiled shows that the state was the one named. In a full run ReadyToRun is published and run too.
/// </summary>
public sealed partial class CompilationModeTests(ITestOutputHelper output) : IClassFixture<ExclusiveMachine>
{
    /// <summary>Nothing is compiled a second time for being called often; a loop still is, by on-stack replacement.</summary>
    private const string NeverAgain = "DOTNET_TC_CallCounting=0 DOTNET_TieredPGO=0";

    [Theory]
    [InlineData("tiered, as shipped", "", "Tier0", "Tier1")]
    [InlineData("tiered, no profile", "DOTNET_TieredPGO=0", "Tier0", "Tier1")]
    [InlineData("unoptimised for good", NeverAgain + " DOTNET_TC_OnStackReplacement=0", "Tier0", null)]
    [InlineData("unoptimised, loops replaced on the stack", NeverAgain, "Tier0", "Tier1-OSR")]
    [InlineData("loops optimised at once", "DOTNET_TC_QuickJitForLoops=0", "Tier-0 switched to FullOpts", null)]
    [InlineData("TieredCompilation=0", "DOTNET_TieredCompilation=0", "FullOpts", null)]
    public void A_heavy_barrier_against_a_light_one_forbids_the_outcome_in_every_state_of_the_code(string state, string settings, string first, string? last)
    {
        string account = Path.GetTempFileName();
        try
        {
            Dictionary<string, string> environment = Environment(settings);
            environment["DOTNET_JitStdOutFile"] = account;
            environment["DOTNET_JitDisasmSummary"] = "1";
            LitmusAnswer.MustForbid(output, state, () => Probe.Ask(environment, "litmus")["litmus"]);

            string[] states = [.. ReaderCompiled().Matches(File.ReadAllText(account)).Select(static match => match.Groups["state"].Value)];
            output.WriteLine(string.Join(", ", states));
            Assert.Equal(first, states[0].Replace("Instrumented ", "", StringComparison.Ordinal));
            if (last is null)
            {
                Assert.All(states, compiled => Assert.Equal(first, compiled));
            }
            else
            {
                Assert.Contains(states, compiled => compiled.StartsWith(last, StringComparison.Ordinal));
            }
        }
        finally
        {
            File.Delete(account);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("DOTNET_TieredCompilation=0")]
    public void A_reader_that_is_told_there_is_no_dynamic_code_looks_where_native_readers_look(string settings)
    {
        // What a project with PublishAot has in its settings even when the JIT runs it.
        string probe = Path.Combine(AppContext.BaseDirectory, "SwmrKit.Probe");
        string runtimeSettings = Path.ChangeExtension(Path.GetTempFileName(), ".json");
        try
        {
            const string properties = "\"configProperties\": {";
            string original = File.ReadAllText(probe + ".runtimeconfig.json");
            Assert.Contains(properties, original, StringComparison.Ordinal);
            File.WriteAllText(runtimeSettings, original.Replace(
                properties, properties + "\"System.Runtime.CompilerServices.RuntimeFeature.IsDynamicCodeSupported\": false,", StringComparison.Ordinal));
            LitmusAnswer.MustForbid(
                output,
                "no dynamic code " + settings,
                () => Probe.AskProgram(["dotnet", "exec", "--runtimeconfig", runtimeSettings, probe + ".dll"], Environment(settings), "light", "tier", "litmus")["litmus"]);
        }
        finally
        {
            File.Delete(runtimeSettings);
        }
    }

    [Theory]
    [InlineData("accelerated")]
    [InlineData("tier")]
    public void Asking_for_the_tier_or_whether_it_is_accelerated_decides_the_bit_for_code_compiled_only_once(string question)
    {
        if (RuntimeInformation.ProcessArchitecture != Architecture.X64 || !AsymmetricBarrier.IsAccelerated)
        {
            TestMode.NoPower(output, "needs an accelerated tier on x64");
            return;
        }

        string listing = Path.GetTempFileName();
        try
        {
            Dictionary<string, string> environment = Environment("DOTNET_TieredCompilation=0");
            environment["DOTNET_JitStdOutFile"] = listing;
            environment["DOTNET_JitDisasm"] = "LightPath";
            Probe.Ask(environment, question, "paths");
            string code = File.ReadAllText(listing);
            Assert.Contains("LightPath", code, StringComparison.Ordinal);
            Assert.DoesNotContain(" lock ", code, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(listing);
        }
    }

    [Fact]
    public void Precompiled_code_forbids_the_outcome_before_the_JIT_replaces_it()
    {
        if (!TestMode.IsFull)
        {
            output.WriteLine("published and run only with SWMRKIT_TESTS=full");
            return;
        }

        using var ready = PublishedProbe.Publish("-p:PublishReadyToRun=true", "--self-contained", "false");
        if (ready.Unavailable is { } reason)
        {
            TestMode.NoPower(output, reason);
            return;
        }

        Dictionary<string, string> environment = Environment(NeverAgain);
        environment["DOTNET_JitStdOutFile"] = ready.File("account");
        environment["DOTNET_JitDisasmSummary"] = "1";
        LitmusAnswer.MustForbid(output, "ReadyToRun", () => Probe.AskProgram([ready.Program], environment, "light", "heavy", "litmus")["litmus"]);
        Assert.DoesNotContain("SwmrKit.AsymmetricBarrier:Light()", File.ReadAllText(ready.File("account")), StringComparison.Ordinal);
        for (int i = 0; i < 100; i++)
        {
            Assert.Equal("0 of 2", Probe.AskProgram([ready.Program], environment, "race")["race"]);
        }
    }

    private static Dictionary<string, string> Environment(string settings) =>
        settings.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(static setting => setting.Split('=')).ToDictionary(static pair => pair[0], static pair => pair[1]);

    /// <summary>The reader's side of the litmus test, with "Tier0", "Tier1-OSR @0x56 with Synthesized PGO" and the like.</summary>
    [GeneratedRegex(@"Litmus:RunSecond\S*\(.*\) \[(?<state>[^,@\]]*[^,@\] ])")]
    private static partial Regex ReaderCompiled();
}
