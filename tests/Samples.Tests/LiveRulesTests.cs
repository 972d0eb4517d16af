using SuffixLookup;

namespace SwmrKit.Tests;

/// <summary>What the sample's readers check while one dictionary of rules changes, and that each check would notice.</summary>
public sealed class LiveRulesTests : IClassFixture<ExclusiveMachine>
{
    private static readonly TimeSpan s_duration = TimeSpan.FromSeconds(TestMode.Choose(plain: 1, full: 20));

    [Fact]
    public void Nobody_sees_an_edit_late_half_of_a_change_or_a_mixed_report_and_no_look_up_allocates()
    {
        LiveRulesResult result = new LiveRules(new RuleBook(), ShippedList.Read()).Run(readers: 2, s_duration);

        Assert.True(result.IsClean, result.ToString());
        Assert.All([result.LookUps, result.Edits, result.Batches, result.Reloads, result.Reports], static done => Assert.True(done > 0));
        Assert.Equal(9_511, result.Report.Names);
        Assert.Equal(8, result.Report.Exceptions);
        Assert.Empty(Report.Faults(result, []));
        Assert.Equal(0, Program.Judge([.. Report.Faults(result, [])]));
    }

    [Theory]
    [InlineData(RuleFault.EditComesLate)]
    [InlineData(RuleFault.BatchOneByOne)]
    [InlineData(RuleFault.BatchOneByOneBackwards)]
    [InlineData(RuleFault.ReloadClearsFirst)]
    [InlineData(RuleFault.ReloadOneByOne)]
    [InlineData(RuleFault.SnapshotIsLive)]
    [InlineData(RuleFault.LookUpMakesAString)]
    internal void Control_a_broken_promise_is_counted_under_its_name_and_reported(RuleFault fault)
    {
        // A second or third attempt only where the machine was too busy for a reader to look in time.
        LiveRulesResult result = Run(fault, seconds: 0.5);
        for (int seconds = 2; Counted(result, fault) == 0 && seconds <= 8; seconds *= 4)
        {
            result = Run(fault, seconds);
        }

        Assert.True(Counted(result, fault) > 0, result.ToString());
        Assert.False(result.IsClean);
        Assert.Single(Report.Faults(result, []));
        Assert.Equal(1, Program.Judge([.. Report.Faults(result, [])]));
    }

    [Fact]
    public void A_list_that_holds_the_demonstrations_own_names_is_no_violation()
    {
        var list = new Dictionary<string, RuleKinds>(StringComparer.Ordinal) { ["one.swmrkit-live"] = RuleKinds.Suffix, ["edited.swmrkit-live"] = RuleKinds.Suffix };
        Assert.True(new LiveRules(new RuleBook(), list).Run(readers: 1, TimeSpan.FromSeconds(0.1)).IsClean);
    }

    private static LiveRulesResult Run(RuleFault fault, double seconds) => new LiveRules(new FaultyRuleBook(fault), ShippedList.Read()).Run(readers: 2, TimeSpan.FromSeconds(seconds));

    private static long Counted(LiveRulesResult result, RuleFault fault) => fault switch
    {
        RuleFault.EditComesLate => result.LateEdits,
        RuleFault.BatchOneByOne or RuleFault.BatchOneByOneBackwards => result.HalfBatches,
        RuleFault.ReloadClearsFirst or RuleFault.ReloadOneByOne => result.HalfReloads,
        RuleFault.SnapshotIsLive => result.MixedReports,
        _ => result.BytesAllocated,
    };
}
