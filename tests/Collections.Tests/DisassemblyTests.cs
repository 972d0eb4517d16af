using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Xunit.Abstractions;

namespace SwmrKit.Tests;

/// <summary>The machine code of every way to read, as the JIT finally leaves it: no fence, no locked instruction, no call but the slow ways out.</summary>
public sealed partial class DisassemblyTests(ITestOutputHelper output) : IClassFixture<SharedMachine>
{
    private static readonly Lazy<Dictionary<string, string[]>> s_listings = new(Disassemble);

    [Theory]
    [InlineData("LightPath", "")]
    [InlineData("AnnouncePath", "")]
    [InlineData("GuardPath", "ReaderSlot:EnterNested ReaderSlot:get_PublishedUpper ReaderSlot:LeaveNested ReadGuard:ProtectRaised ReadGuard:ThrowNotOpen")]
    [InlineData("CellPath", "ReaderSlot:LeaveNested ReadNested ReadRaised ThrowUnusable ReadGuard:ThrowNotOpen")]
    [InlineData("ImplicitPath", "ReaderSlot:LeaveNested ReadNested ReadRaised ImplicitReaders:Find ReadGuard:ThrowNotOpen THREADSTATIC rax")]
    public void A_way_to_read_has_no_fence_and_calls_only_its_slow_ways_out(string method, string allowed)
    {
        if (RuntimeInformation.ProcessArchitecture != Architecture.X64 || !AsymmetricBarrier.IsAccelerated)
        {
            TestMode.NoPower(output, "this is not an accelerated x64 host");
            return;
        }

        string[] code = s_listings.Value[method];
        output.WriteLine(string.Join('\n', code));
        Assert.DoesNotContain(code, IsFence);
        foreach (string call in code.Where(static line => line.StartsWith("call", StringComparison.Ordinal) && !LocalCall().IsMatch(line)))
        {
            Assert.Contains(allowed.Split(' ', StringSplitOptions.RemoveEmptyEntries), name => call.Contains(name, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Control_a_full_fence_is_recognised()
    {
        if (RuntimeInformation.ProcessArchitecture != Architecture.X64)
        {
            TestMode.NoPower(output, "this is not x64");
            return;
        }

        Assert.Contains(s_listings.Value["FullFencePath"], IsFence);
    }

    private static bool IsFence(string line) => Fence().IsMatch(line);

    private static Dictionary<string, string[]> Disassemble()
    {
        string file = Path.GetTempFileName();
        try
        {
            Probe.Ask(new Dictionary<string, string> { ["DOTNET_JitDisasm"] = "*Path", ["DOTNET_JitStdOutFile"] = file }, "paths");
            var listings = new Dictionary<string, string[]>();
            foreach (string listing in File.ReadAllText(file).Split("; Assembly listing for method "))
            {
                Match head = Head().Match(listing);
                if (head.Success)
                {
                    listings[head.Groups["name"].Value] =
                    [
                        .. listing.Split('\n').Select(static line => line.Trim()).Where(static line => line.Length > 0 && line[0] != ';' && !line.StartsWith("G_M", StringComparison.Ordinal)),
                    ];
                }
            }

            return listings;
        }
        finally
        {
            File.Delete(file);
        }
    }

    [GeneratedRegex(@"^SwmrKit\.Tests\.ReadPaths:(?<name>\w+)\(.*\(Tier1\)")]
    private static partial Regex Head();

    [GeneratedRegex("^(lock|mfence|lfence|sfence|xchg|cmpxchg|xadd)")]
    private static partial Regex Fence();

    /// <summary>A finally block of the same method.</summary>
    [GeneratedRegex(@"^call\s+G_M[0-9]+_IG[0-9]+$")]
    private static partial Regex LocalCall();
}
