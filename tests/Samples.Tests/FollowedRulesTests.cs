using SuffixLookup;

namespace SwmrKit.Tests;

/// <summary>What the sample tells of reloads, and how its native indexes follow them.</summary>
public sealed class FollowedRulesTests : IClassFixture<SharedMachine>
{
    [Fact]
    public void Each_reload_is_told_and_the_indexes_become_what_the_rules_are()
    {
        List<string> lines = [];
        FollowedRulesResult result = new FollowedRules(ShippedList.Read(), lines.Add).Run(readers: 1, TimeSpan.FromSeconds(0.2));

        Assert.Equal(FollowedRules.Reloads, lines.Count);
        Assert.Equal((FollowedRules.Reloads, 17, 19, 0), (result.Reloads, result.Added, result.Removed, result.Changed));
        Assert.StartsWith("reload 1: 1 added (reload-1.swmrkit-live), 3 removed (", lines[0], StringComparison.Ordinal);
        Assert.InRange(result.Retired, result.Replaced - FollowedRules.Reloads, result.Replaced); // But for the first of a domain, each replaced another one.
        Assert.Equal(result.Retired, result.Freed);
        Assert.True(result.LookUps > 0);
        Assert.Equal(0, result.Violations);
        Assert.Empty(Report.Faults(result));
    }

    [Fact]
    public void A_list_of_one_name_is_followed_too()
    {
        FollowedRulesResult result = new FollowedRules(new(StringComparer.Ordinal) { ["uk"] = RuleKinds.Suffix }, static _ => { }).Run(readers: 1, TimeSpan.FromSeconds(0.1));
        Assert.Equal((FollowedRules.Reloads, 0L), (result.Reloads, result.Violations));
    }

    [Fact]
    public void Control_what_goes_against_the_promises_is_reported_by_its_name()
    {
        var result = new FollowedRulesResult(1, 1, 1, 1, 1, LookUps: 10, FreedWhileRead: 3, WrongAnswers: 2, Retired: 5, Freed: 4) { Domains = 1 };
        Assert.Equal(6, result.Violations);
        Assert.Contains("3 freed while they were read, 1 never freed, 2 hosts answered otherwise", Assert.Single(Report.Faults(result)), StringComparison.Ordinal);
        Assert.Equal(1, Program.Judge([.. Report.Faults(result)]));
    }

    [Fact]
    public void Control_indexes_that_miss_a_change_answer_otherwise()
    {
        var book = new RuleBook();
        using var sets = new NativeRuleSets();
        using ReaderHandle reader = sets.Domain.Register();
        book.Reload(new Dictionary<string, RuleKinds>(StringComparer.Ordinal) { ["uk"] = RuleKinds.Suffix, ["co.uk"] = RuleKinds.Suffix });
        Assert.NotEqual(book.FindRegistrable("www.bbc.co.uk"), sets.FindRegistrable(reader, "www.bbc.co.uk", out _));
    }
}
