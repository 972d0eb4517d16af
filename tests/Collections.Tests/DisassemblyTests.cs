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
    [InlineData("GuardPath", "ReadGuard:EnterNested ReaderSlot:LeaveNested ReadGuard:ProtectRaised ReadGuard:ThrowNotOpen")]
    [InlineData("CellPath", "ReaderSlot:LeaveNested ReadNested ReadRaised ThrowUnusable ReadGuard:ThrowNotOpen")]
    [InlineData("ImplicitPath", "ReaderSlot:LeaveNested ReadNested ReadRaised ImplicitReaders:Find ReadGuard:ThrowNotOpen THREADSTATIC")]
    [InlineData("CellUnderGuardPath", "ReadGuard:EnterNested ReaderSlot:get_PublishedUpper ReaderSlot:LeaveNested ReadRaised ThrowUnusable")]
    [InlineData("ImplicitGuardPath", "ReadGuard:EnterNested ReaderSlot:LeaveNested ReadGuard:ProtectRaised ReadGuard:ThrowNotOpen ThrowHelper:ThrowObjectDisposedException ImplicitReaders:Find THREADSTATIC")]
    [InlineData("IntegerLookUpPath", "TryFindReference")] // That is for keys with a comparer; all else of a dictionary's look-up is in line.
    [InlineData("TextLookUpPath", "TextHash:Fast SpanHelpers:SequenceEqual IEqualityComparer`1[System.__Canon] Marvin:ComputeHash32 GET_NONGCSTATIC_BASE ArgumentNullException:Throw HELP_STRCNS")]
    [InlineData("Fast", "")] // The hash of text.
    [InlineData("OwnedPath", "ReaderSlot:EnterNested ReaderSlot:get_PublishedUpper ReaderSlot:LeaveNested ThrowUnusable ReadGuard:ThrowNotOpen FindUnder TryFindReference Raise ThrowIfDisposed")]
    [InlineData("FindUnder", "TryFindReference Raise ThrowIfDisposed")]
    [InlineData("SeqLockPath", "Wait Lock:Exit RNGCHKFAIL")]
    [InlineData("LockPath", "ReaderSlot:LeaveNested EnterNested EnterUnbiased ThrowUnusable")]
    [InlineData("ImplicitLockPath", "ReaderSlot:LeaveNested EnterNested EnterUnbiased ImplicitReaders:Find THREADSTATIC")]
    [InlineData("LeftRightPath", "ReaderSlot:LeaveNested ReadNested ThrowTakenBack ThrowUnusable ReadGuard:ThrowNotOpen")]
    [InlineData("RefreshPath", "ReaderSlot:get_PublishedUpper ReadGuard:ProtectRaised ReadGuard:ThrowNotOpen")]
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
        string[] names = allowed.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        for (int i = 0; i < code.Length; i++)
        {
            // A call of the method's own finally block counts too: a guard's is in line, which the JIT does only while it is small (1.3 ns).
            string call = code[i];
            if (call.StartsWith("call", StringComparison.Ordinal) && !EndsInThrow(code, i)
                && !(names.Contains("THREADSTATIC") && IsThreadStaticLookUp(code, i)))
            {
                Assert.Contains(names, name => call.Contains(name, StringComparison.Ordinal));
            }
        }
    }

    [Fact]
    public void Control_only_the_look_up_of_thread_statics_and_blocks_that_throw_are_let_through_unnamed()
    {
        string[] lookUp = ["mov      rdi, 0x7FB9FFCA0D68", "mov      rax, 0x7FBA003E04B0", "call     rax", "cmp      dword ptr [rax], 5"];
        Assert.True(IsThreadStaticLookUp(lookUp, 2));
        Assert.False(IsThreadStaticLookUp([.. lookUp[..3], "mov      rbx, rax"], 2));
        Assert.False(IsThreadStaticLookUp([lookUp[0], "mov      rax, qword ptr [rdi+0x40]", .. lookUp[2..]], 2));
        string[] thrown = ["call     CORINFO_HELP_NEWSFAST", "mov      rdi, rax", "call     CORINFO_HELP_THROW", "G_M000_IG05:"];
        Assert.True(EndsInThrow(thrown, 0));
        Assert.False(EndsInThrow([.. thrown[..2], "G_M000_IG04:", .. thrown[2..]], 0));
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

    /// <summary>Whether the call is the operating system's answer to where this thread's statics are: to a constant address, and its result looked into for the type's index.</summary>
    private static bool IsThreadStaticLookUp(string[] code, int call) =>
        code[call].EndsWith(" rax", StringComparison.Ordinal) && call > 0 && call + 1 < code.Length
        && ConstantToRax().IsMatch(code[call - 1]) && ThreadStaticsOfRax().IsMatch(code[call + 1]);

    /// <summary>Whether what follows, up to the next label, throws an exception: the call helps to make it.</summary>
    private static bool EndsInThrow(string[] code, int call) =>
        code.Skip(call).TakeWhile(static line => !IsLabel(line)).Any(static line => line.EndsWith(" CORINFO_HELP_THROW", StringComparison.Ordinal));

    private static bool IsLabel(string line) => line.StartsWith("G_M", StringComparison.Ordinal);

    private static Dictionary<string, string[]> Disassemble()
    {
        string file = Path.GetTempFileName();
        try
        {
            Probe.Ask(new Dictionary<string, string> { ["DOTNET_JitDisasm"] = "*Path Fast FindUnder", ["DOTNET_JitStdOutFile"] = file }, "paths");
            var listings = new Dictionary<string, string[]>();
            foreach (string listing in File.ReadAllText(file).Split("; Assembly listing for method "))
            {
                Match head = Head().Match(listing);
                if (head.Success)
                {
                    listings[head.Groups["name"].Value] =
                    [
                        .. listing.Split('\n').Select(static line => line.Trim()).Where(static line => line.Length > 0 && line[0] != ';'),
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

    [GeneratedRegex(@"^SwmrKit\.(Tests\.ReadPaths|TextHash|OwningDictionary`2\[int,System\.__Canon\]):(?<name>\w+)\(.*\(Tier1\)")]
    private static partial Regex Head();

    [GeneratedRegex("^(lock|mfence|lfence|sfence|xchg|cmpxchg|xadd)")]
    private static partial Regex Fence();

    [GeneratedRegex(@"^mov\s+rax, 0x[0-9A-F]+$")]
    private static partial Regex ConstantToRax();

    [GeneratedRegex(@"^cmp\s+dword ptr \[rax\], [0-9]+$")]
    private static partial Regex ThreadStaticsOfRax();
}
