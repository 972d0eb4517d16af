using System.Text.Json;
using Xunit.Abstractions;

namespace SwmrKit.Tests;

/// <summary>The torture run as a whole: everything at once, and beside it the broken variants, each of which must be seen to fail.</summary>
public sealed class TortureTests(ITestOutputHelper output) : IClassFixture<ExclusiveMachine>
{
    private static readonly string[] s_variants =
        ["HazardWithoutValidation", "InnerGuardClearsSlot", "InnerGuardTakesFreshEra", "NoHeavy", "NoUpperRecheck", "WriterFenceOnly"];

    [Fact]
    public async Task Nothing_is_disposed_under_a_reader_or_a_lease_the_books_balance_and_every_broken_variant_is_caught()
    {
        SampleResult result = await SampleProcess.RunTorture("--seconds", TestMode.Choose("5", "30"), "--readers", "2", "--json");

        Array.ForEach(result.Output, output.WriteLine);
        Outcome outcome = Outcome.Parse(result.Output[^1]);
        Assert.Equal(outcome.Complaints, result.Error.Where(static line => line.Length > 0));
        Assert.Empty(outcome.Complaints);
        Assert.Equal(0, result.ExitCode);
        Assert.Equal(0, outcome.Violations);
        Assert.Equal(0, outcome.Pending);
        Assert.Equal(outcome.Retired, outcome.Reclaimed + outcome.Abandoned);
        Assert.Equal(outcome.Made, outcome.Retired + outcome.Counts["refusal"]);
        Assert.True(outcome.SettledWhileReading >= 0.99, $"{outcome.SettledWhileReading}");
        Assert.All(outcome.Counts, static deed => Assert.True(deed.Value > 0 || deed.Key is "droppedLease" or "timeout", $"never: {deed.Key}"));
        Assert.Equal(["the real code", .. s_variants], outcome.Variants.Keys.Order(StringComparer.Ordinal).OrderBy(static name => name != "the real code"));
        Assert.Equal(0, outcome.Variants["the real code"]);
        if (!outcome.Power)
        {
            TestMode.NoPower(output, "this machine cannot show what the broken variants do");
            return;
        }

        Assert.All(s_variants, variant => Assert.True(outcome.Variants[variant] > 0, variant));
    }

    [Fact]
    public async Task One_variant_can_be_chosen_and_without_json_lines_and_an_account_are_printed()
    {
        SampleResult result = await SampleProcess.RunTorture("--seconds", "1.5", "--readers", "1", "--variant", "NoUpperRecheck");

        Array.ForEach(result.Output, output.WriteLine);
        Assert.Equal(0, result.ExitCode);
        Assert.StartsWith("1 reader(s) for 1.5 s, 1 broken variant(s) before; ", result.Output[0], StringComparison.Ordinal);
        Assert.Matches(@"^NoUpperRecheck +[\d,]+ violations in +[\d,]+ reads, +[\d.]+ s: (broken, and seen to be|no power.*)$", result.Output[1]);
        Assert.Matches("^the real code +0 violations in .*: clean$", result.Output[2]);
        Assert.Matches("^seconds +reads +published +leases .* violations$", result.Output[3]);
        Assert.Matches(@"^ +[\d,]+( +[\d,]+){9} +0$", result.Output[4]);
        Assert.Matches(@"^made [\d,]+; retired [\d,]+ = reclaimed [\d,]+ \+ abandoned [\d,]+ \+ pending 0; [\d,]+ heavy barriers$", result.Output[^2]);
        Assert.Matches(@"^while readers ran [\d.]+ % was reclaimed; memory .*; 0 violations$", result.Output[^1]);
    }

    private sealed record Outcome(
        Dictionary<string, long> Counts,
        long Made,
        long Retired,
        long Reclaimed,
        long Abandoned,
        long Pending,
        double SettledWhileReading,
        long Violations,
        Dictionary<string, long> Variants,
        bool Power,
        string[] Complaints)
    {
        private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web) { RespectRequiredConstructorParameters = true };

        /// <exception cref="JsonException">A property is missing.</exception>
        public static Outcome Parse(string json) => JsonSerializer.Deserialize<Outcome>(json, s_json)!;
    }
}
