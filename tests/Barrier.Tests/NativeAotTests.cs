using System.Runtime.InteropServices;
using Xunit.Abstractions;

namespace SwmrKit.Tests;

/// <summary>
/// The barrier in a program compiled ahead of time: it forbids what it must, and its readers pay one compare. The probe is published
/// for the purpose (some 30 seconds, so in a full run only), with clang or gcc as the linker and objdump to look at the code.
/// </summary>
public sealed class NativeAotTests(ITestOutputHelper output, NativeProbe native) : IClassFixture<ExclusiveMachine>, IClassFixture<NativeProbe>
{
    private static readonly Dictionary<string, string> s_automatic = [];

    [Fact]
    public void A_native_reader_that_is_first_returns_and_the_tier_is_the_one_the_JIT_finds()
    {
        if (!IsHere())
        {
            return;
        }

        Dictionary<string, string> answers = Ask("light", "heavy", "tier", "accelerated", "paths");
        Assert.Equal("returned", answers["light"]);
        Assert.Equal("returned", answers["heavy"]);
        Assert.Equal(Probe.Ask(s_automatic, "tier")["tier"], answers["tier"]);
        Assert.Equal(AsymmetricBarrier.IsAccelerated.ToString(), answers["accelerated"]);
        Assert.NotEqual("0", answers["paths"]);
    }

    [Fact]
    public void A_heavy_barrier_against_a_light_one_forbids_the_outcome_natively_too()
    {
        if (IsHere())
        {
            LitmusAnswer.MustForbid(output, "NativeAOT", () => Ask("tier", "litmus")["litmus"]);
        }
    }

    [Fact]
    public void The_first_barriers_of_a_native_process_race_with_detection_and_it_neither_fails_nor_hangs()
    {
        if (!IsHere())
        {
            return;
        }

        int processes = TestMode.Choose(100, 1_000);
        for (int i = 0; i < processes; i++)
        {
            Assert.Equal("0 of 2", Ask("race")["race"]);
        }

        output.WriteLine($"{processes} processes");
    }

    [Theory]
    [InlineData("denied from the start", "deny:38 light heavy tier", "returned", BarrierTier.FullFence)]
    [InlineData("denied after start", "heavy deny:38 light heavy tier", "AsymmetricBarrierException ", BarrierTier.PrivateExpedited)]
    public void A_refused_membarrier_ends_in_another_tier_or_an_exception_natively_too(string fault, string questions, string heavy, BarrierTier tier)
    {
        if (!IsHere())
        {
            return;
        }

        if (Ask("tier")["tier"] != nameof(BarrierTier.PrivateExpedited))
        {
            TestMode.NoPower(output, "no membarrier to deny");
            return;
        }

        Dictionary<string, string> answers = Ask(questions.Split(' '));
        output.WriteLine($"{fault}: {answers["heavy"]}");
        Assert.Equal("returned", answers["light"]);
        Assert.StartsWith(heavy, answers["heavy"], StringComparison.Ordinal);
        Assert.Equal(tier.ToString(), answers["tier"]);
    }

    [Theory]
    [InlineData("LightPath")]
    [InlineData("AnnouncePath")]
    [InlineData("GuardPath")]
    [InlineData("CellPath")]
    [InlineData("ImplicitPath")]
    [InlineData("LockPath")]
    [InlineData("LeftRightPath")]
    [InlineData("CellUnderGuardPath")] // Not those of RetirementDomain.Enter and Refresh, whose announcement is in a call here.
    public void A_native_way_to_read_looks_at_the_strategy_once_and_fences_only_while_it_is_undecided(string method)
    {
        if (Disassemble(method) is not { } code)
        {
            return;
        }

        Assert.Equal(1, code.Strategies);
        Assert.Equal(1, code.Fences);
        Assert.False(code.DecidedReaderFences);
        Assert.True(code.UndecidedReaderFencesAtOnce);
    }

    [Fact]
    public void Control_a_full_fence_is_recognised_in_native_code()
    {
        if (Disassemble("FullFencePath") is not { } code)
        {
            return;
        }

        Assert.Equal(0, code.Strategies);
        Assert.True(code.DecidedReaderFences);
        Assert.False(code.UndecidedReaderFencesAtOnce);
    }

    private Dictionary<string, string> Ask(params string[] questions) => Probe.AskProgram([native.Published.Program], s_automatic, questions);

    private MachineCode? Disassemble(string method)
    {
        if (!IsHere())
        {
            return null;
        }

        if (RuntimeInformation.ProcessArchitecture != Architecture.X64 || !PublishedProbe.IsInstalled("objdump"))
        {
            TestMode.NoPower(output, "this is not x64, or objdump (binutils) is not installed");
            return null;
        }

        (int exit, string listing) = PublishedProbe.Run(
            "objdump", "-d", "--no-show-raw-insn", "-M", "intel", "--disassemble=SwmrKit_Probe_SwmrKit_Tests_ReadPaths__" + method, native.Published.Program);
        Assert.True(exit == 0, listing);
        output.WriteLine(listing);
        var code = new MachineCode(listing);
        Assert.False(code.IsEmpty, "objdump shows no " + method);
        return code;
    }

    private bool IsHere()
    {
        if (!TestMode.IsFull)
        {
            output.WriteLine("nothing was shown: published in a full run only");
            return false;
        }

        if (native.Published.Unavailable is not { } reason)
        {
            return true;
        }

        TestMode.NoPower(output, reason);
        return false;
    }
}

/// <summary>The probe compiled ahead of time, once for the class, when a test first wants it (and the machine lock is held).</summary>
public sealed class NativeProbe : IDisposable
{
    private readonly Lazy<PublishedProbe> _published = new(static () =>
        !OperatingSystem.IsLinux() ? PublishedProbe.NotHere("this is not Linux")
        : !PublishedProbe.IsInstalled("clang") && !PublishedProbe.IsInstalled("gcc") ? PublishedProbe.NotHere("neither clang nor gcc is installed, one of which links a native program")
        : PublishedProbe.Publish("-p:PublishAot=true", "-p:StripSymbols=false"));

    internal PublishedProbe Published => _published.Value;

    public void Dispose()
    {
        if (_published.IsValueCreated)
        {
            _published.Value.Dispose();
        }
    }
}
