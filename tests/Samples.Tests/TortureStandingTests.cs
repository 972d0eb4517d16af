using Torture;

namespace SwmrKit.Tests;

/// <summary>What the torture run complains of: each of its books, made wrong, is noticed.</summary>
public sealed class TortureStandingTests : IClassFixture<SharedMachine>
{
    private static readonly Standing s_good = new()
    {
        IsFinal = true,
        Elapsed = TimeSpan.FromSeconds(30),
        Counts = Enum.GetValues<Deed>().ToDictionary(static deed => deed, static deed => deed is Deed.Timeout ? 0L : 10L),
        WhileReading = new RetirementStatistics { Retired = 200_000, Reclaimed = 199_900 },
        Retirement = new RetirementStatistics { Retired = 300_000, Reclaimed = 299_995, Abandoned = 5, LeakedLeases = 10, CallbackFailures = 10 },
        Violations = 0,
        Failures = 0,
        Made = 300_010,
        Disposed = 300_005,
        DisposedAgain = 0,
        Memory = 200 << 20,
        MemoryEarly = 200 << 20,
        MemoryLate = 200 << 20,
        MemoryHasGrown = false,
    };

    [Fact]
    public void A_good_run_gives_no_cause_for_complaint() => Assert.Empty(s_good.Complaints());

    [Fact]
    public void Control_everything_that_can_be_wrong_is_noticed()
    {
        AssertComplaint("1 violations:", s_good with { Violations = 1 });
        AssertComplaint("1 failures, the first: System.InvalidOperationException: so", s_good with { Failures = 1, FirstFailure = new InvalidOperationException("so") });
        AssertComplaint("1 times something was disposed again", s_good with { DisposedAgain = 1 });
        AssertComplaint("nothing was read", s_good with { Counts = s_good.Counts.ToDictionary(static count => count.Key, static count => count.Key == Deed.Read ? 0 : count.Value) });
        AssertComplaint(
            "300,000 were retired, 299,994 reclaimed and 5 abandoned: 1 are missing",
            s_good with { Disposed = 300_004, Retirement = s_good.Retirement with { Reclaimed = 299_994 } });
        AssertComplaint("300,011 were made, 300,000 retired and 10 refused", s_good with { Made = 300_011 });
        AssertComplaint("299,995 were reclaimed and 10 refused, and 300,004 disposed", s_good with { Disposed = 300_004 });
        AssertComplaint("10 leases were dropped, 9 found", s_good with { Retirement = s_good.Retirement with { LeakedLeases = 9 } });
        AssertComplaint("9 callbacks failed, 10 on purpose", s_good with { Retirement = s_good.Retirement with { CallbackFailures = 9 } });
        AssertComplaint("10 callbacks failed, 10 on purpose; 1 passes failed", s_good with { Retirement = s_good.Retirement with { ReclaimFailures = 1 } });
        AssertComplaint("only 97.5", s_good with { WhileReading = new RetirementStatistics { Retired = 200_000, Reclaimed = 195_000 } });
        AssertComplaint("memory grew from 200 to 400 MiB", s_good with { MemoryLate = 400 << 20, MemoryHasGrown = true });
    }

    [Fact]
    public void A_broken_variant_must_be_caught_where_it_can_be_and_the_real_code_must_be_clean()
    {
        var broken = new VariantResult("NoHeavy", IsBroken: true, Violations: 10, Reads: 1_000, TimeSpan.FromSeconds(1));
        VariantResult original = broken with { IsBroken = false, Violations = 0 };
        Assert.Null(broken.Complaint(machineHasPower: true));
        Assert.Null(original.Complaint(machineHasPower: true));
        Assert.StartsWith("the broken variant NoHeavy was not seen to fail", (broken with { Violations = 0 }).Complaint(machineHasPower: true), StringComparison.Ordinal);
        Assert.Null((broken with { Violations = 0 }).Complaint(machineHasPower: false));
        Assert.NotNull((original with { Violations = 1 }).Complaint(machineHasPower: false));
    }

    [Fact]
    public void Memory_that_swings_has_not_grown_and_memory_that_goes_up_for_good_has()
    {
        var swinging = new MemoryTrend();
        var growing = new MemoryTrend();
        for (int i = 0; i < 40; i++)
        {
            swinging.Add((200L + (i % 10 * 30)) << 20);
            growing.Add((200L + (i * 10)) << 20);
        }

        Assert.False(swinging.HasGrown);
        Assert.True(growing.HasGrown);
    }

    private static void AssertComplaint(string start, Standing standing) =>
        Assert.StartsWith(start, Assert.Single(standing.Complaints()), StringComparison.Ordinal);
}
