using System.Text.Json;
using System.Text.RegularExpressions;

namespace SwmrKit.Tests;

/// <summary>The main job, run whole: readers look up hosts while a writer edits and reloads, in SwmrKit and in each alternative.</summary>
public sealed class ContestTests : IClassFixture<ExclusiveMachine>
{
    private static readonly string[] s_contestants = ["SwmrCell", "CopyOnWriteDictionary", "ConcurrentDictionary", "ImmutableDictionary", "FrozenDictionary", "ReaderWriterLockSlim", "lock"];

    [Fact]
    public async Task Everything_replaced_is_reclaimed_and_no_reader_meets_it()
    {
        SampleResult result = await SampleProcess.Run("--seconds", TestMode.Choose("2", "20"), "--readers", "2", "--json");

        Assert.Equal(0, result.ExitCode);
        Assert.Equal([""], result.Error);
        Standings standings = Standings.Parse(result.Output[^1]);
        Assert.Equal(s_contestants, standings.ReadsPerSecond.Keys);
        Assert.All(standings.ReadsPerSecond, static contestant => Assert.True(contestant.Value > 0, contestant.Key));
        Assert.True(standings.Retired > 0);
        Assert.Equal(standings.Publishes - 1, standings.Retired); // All but the one in force.
        Assert.Equal(standings.Retired, standings.Reclaimed);
        Assert.Equal(0, standings.Pending);
        Assert.True(standings.HeavyBarriers > 0);
        Assert.Equal(0, standings.Violations);
        Assert.Equal(0, standings.RejectedReloads);
        Assert.Equal(AsymmetricBarrier.Tier.ToString(), standings.Tier);
        RuleCounts rules = standings.Rules;
        Assert.All([rules.LookUps, rules.Edits, rules.Batches, rules.Reloads, rules.Reports], static done => Assert.True(done > 0));
        Assert.All([rules.BytesAllocated, rules.LateEdits, rules.HalfBatches, rules.HalfReloads, rules.MixedReports], static faults => Assert.Equal(0, faults));
        FollowedCounts followed = standings.Followed;
        Assert.Equal((5, 17, 19, 0), (followed.Reloads, followed.Added, followed.Removed, followed.Changed));
        Assert.True(followed.LookUps > 0);
        Assert.True(followed.Retired > 0);
        Assert.Equal(followed.Retired, followed.Freed);
        Assert.Equal((0, 0), (followed.FreedWhileRead, followed.WrongAnswers));
    }

    [Fact]
    public async Task Without_json_a_table_names_every_contestant()
    {
        SampleResult result = await SampleProcess.Run("--seconds", "0.5", "--readers", "1");

        Assert.Equal(0, result.ExitCode);
        Assert.Contains("1 reader(s)", result.Output[0], StringComparison.Ordinal);
        Assert.Equal(s_contestants, result.Output[^s_contestants.Length..].Select(static line => line.Split(' ')[0]));
        Assert.Contains("violations", result.Output[^(s_contestants.Length + 1)], StringComparison.Ordinal);
        Assert.Matches(@"^ +[\d,]+ look-ups of hosts +0 bytes allocated$", result.Output[2]);
        Assert.Equal(
            ["single edits", "batches", "full reloads", "reports on snapshots"],
            result.Output[3..7].Select(static line => Assert.Single(Regex.Matches(line, @"(?<=^ +[\d,]+ )\w+( \w+)*(?= +0 \w)")).Value));
        Assert.Matches(@"^The last report: 9,511 names: [\d,]+ suffixes, \d+ wildcards, 8 exceptions;", result.Output[7]);
        Assert.Matches(@"^reload 1: 1 added \(reload-1\.swmrkit-live\), 3 removed \([^ ]+, [^ ]+, [^ ]+\), [1-4] of 1,4\d\d indexes replaced$", result.Output[10]);
        Assert.All(result.Output[11..15], static line => Assert.Matches(@"^reload [2-5]: 4 added \(.*\), 4 removed \(.*\), [1-8] of 1,4\d\d indexes replaced$", line));
    }

    [Fact]
    public async Task A_list_that_turns_bad_is_rejected_by_line_and_reason_and_the_rules_in_force_stay()
    {
        using var list = new TemporaryList(await File.ReadAllTextAsync(ShippedList.FilePath));
        using var process = new SampleProcess("--seconds", "1", "--readers", "2", "--list", list.FilePath, "--json");
        Assert.StartsWith("9,506 names with rules", await process.ReadLine(), StringComparison.Ordinal); // It has read the good list.
        list.Replace("com\nfoo..bar\n");
        SampleResult result = await process.End();

        Assert.Equal(0, result.ExitCode);
        Standings standings = Standings.Parse(result.Output[^1]);
        Assert.True(standings.RejectedReloads > 0);
        Assert.Equal(standings.RejectedReloads, result.Error.Length);
        Assert.All(result.Error, line => Assert.StartsWith(
            $"reload rejected, the previous rules stay in force: {list.FilePath}:2: 'foo..bar': not a domain name", line, StringComparison.Ordinal));
        Assert.All(standings.ReadsPerSecond, static contestant => Assert.True(contestant.Value > 0, contestant.Key));
        Assert.Equal(0, standings.Pending);
        Assert.Equal(0, standings.Violations);
    }

    private sealed record Standings(
        Dictionary<string, double> ReadsPerSecond, long Publishes, long Retired, long Reclaimed, long Pending, long HeavyBarriers, long Violations, int RejectedReloads, string Tier,
        RuleCounts Rules, FollowedCounts Followed)
    {
        private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web) { RespectRequiredConstructorParameters = true };

        /// <exception cref="JsonException">A property is missing.</exception>
        public static Standings Parse(string json) => JsonSerializer.Deserialize<Standings>(json, s_json)!;
    }

    private sealed record RuleCounts(
        long LookUps, long BytesAllocated, long Edits, long LateEdits, long Batches, long HalfBatches, long Reloads, long HalfReloads, long Reports, long MixedReports);

    private sealed record FollowedCounts(
        long Reloads, long Added, long Removed, long Changed, long LookUps, long FreedWhileRead, long WrongAnswers, long Retired, long Freed);
}
