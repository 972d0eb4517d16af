using System.Text.Json;
using HeadToHead;

namespace SwmrKit.Tests;

public sealed class TargetsTests : IClassFixture<SharedMachine>
{
    private static readonly string s_shipped = Path.Combine(AppContext.BaseDirectory, "targets.json");

    [Fact]
    public void Every_shipped_target_names_a_row_and_a_peer_of_that_row()
    {
        Target[] targets = Target.Load(s_shipped);
        Assert.NotEmpty(targets);
        Dictionary<string, HashSet<string>> peers = Rows.All.ToDictionary(static row => row.Id, Peers);
        Assert.All(targets, target => Assert.True(Assert.Contains(target.Row, peers) is var ofRow && (target.IsOfFigure || ofRow.Contains(target.Peer!)), target.ToString()));
    }

    [Fact]
    public void No_comparison_and_no_figure_has_two_targets()
    {
        Target[] targets = Target.Load(s_shipped);
        Assert.Distinct(targets.Select(static target => (target.Row, target.Peer, target.IsOfFigure || target.Kind == TargetKind.BytesRatio ? target.Kind : default)));
    }

    [Fact]
    public void Every_shipped_ratio_can_be_met() => Assert.All(
        Target.Load(s_shipped).Where(static target => target.Kind == TargetKind.Ratio), static target => Assert.True(target.Most > 0, target.ToString()));

    [Fact]
    public void Comments_and_trailing_commas_are_allowed()
    {
        Target target = Assert.Single(Load("""
            // Why.
            [
              { "row": "a/b", "peer": "c", "kind": "extraNanoseconds", "most": 2.5 }, // And so on.
            ]
            """));
        Assert.Equal(new Target("a/b", TargetKind.ExtraNanoseconds, 2.5, "c"), target);
    }

    [Theory]
    [InlineData("nanoseconds")]
    [InlineData("bytes")]
    public void A_target_for_our_own_figure_has_no_peer(string kind)
    {
        Assert.Null(Assert.Single(Load($$"""[ { "row": "a/b", "kind": "{{kind}}", "most": 1 } ]""")).Peer);
        Assert.Throws<JsonException>(() => Load($$"""[ { "row": "a/b", "peer": "c", "kind": "{{kind}}", "most": 1 } ]"""));
    }

    [Theory]
    [InlineData("ratio")]
    [InlineData("extraNanoseconds")]
    [InlineData("bytesRatio")]
    public void A_target_for_a_comparison_has_one(string kind) =>
        Assert.Throws<JsonException>(() => Load($$"""[ { "row": "a/b", "kind": "{{kind}}", "most": 1 } ]"""));

    [Theory]
    [InlineData("""{ "row": "a/b", "peer": "c", "kind": "ratio", "most": 1, "least": 0 }""", "least")]
    [InlineData("""{ "row": "a/b", "peer": "c", "kind": "ratio", "max": 1 }""", "max")]
    [InlineData("""{ "row": "a/b", "peer": "c", "kind": "ratio" }""", "most")]
    [InlineData("""{ "row": "a/b", "peer": "c", "most": 1 }""", "kind")]
    [InlineData("""{ "row": "a/b", "peer": "c", "kind": "percent", "most": 1 }""", "kind")]
    [InlineData("""{ "row": "a/b", "peer": "c", "kind": "ratio", "most": "1 ns" }""", "most")]
    public void A_property_unknown_missing_or_malformed_is_rejected_by_name(string target, string property)
    {
        var exception = Assert.Throws<JsonException>(() => Load($"[ {target} ]"));
        Assert.Contains(property, exception.Message, StringComparison.Ordinal);
    }

    private static Target[] Load(string json)
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, json);
            return Target.Load(path);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static HashSet<string> Peers(Row row)
    {
        Contender[] contenders = row.Create();
        HashSet<string> peers = [.. contenders.Skip(1).Select(static contender => contender.Name)];
        foreach (Contender contender in contenders)
        {
            contender.Dispose();
        }

        if (row.Id.StartsWith("barrier/heavy", StringComparison.Ordinal))
        {
            peers.Add(RawMembarrierLoop.PeerName); // Measured only where there is a C compiler and the system call.
        }

        return peers;
    }
}
