using SuffixLookup;

namespace SwmrKit.Tests;

public sealed class ContestantTests : IClassFixture<SharedMachine>
{
    private static readonly Dictionary<string, RuleKinds> s_rules = new(StringComparer.Ordinal)
    {
        ["com"] = RuleKinds.Suffix,
        ["ck"] = RuleKinds.Wildcard,
        ["www.ck"] = RuleKinds.Exception,
    };

    public static TheoryData<string> Names => [.. All().Select(static contestant => contestant.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void It_answers_by_the_rules_it_was_last_given(string name)
    {
        using IContestant contestant = All().Single(contestant => contestant.Name == name);
        using IContestantReader reader = contestant.OpenReader();
        contestant.Reload(s_rules);
        Assert.Equal(4, reader.LookUp(["www.example.com"]));
        Assert.Equal(2, reader.LookUp(["a.b.c.ck"]));
        Assert.Equal(2, reader.LookUp(["a.www.ck"]));
        Assert.Equal(-1, reader.LookUp(["com"]));

        contestant.Edit("example.com", RuleKinds.Suffix);
        Assert.Equal(0, reader.LookUp(["www.example.com"]));
        contestant.Edit("www.ck", RuleKinds.None);
        Assert.Equal(0, reader.LookUp(["a.www.ck"]));
        contestant.Edit("www.ck", RuleKinds.None);
        Assert.Equal(0, reader.LookUp(["a.www.ck"]));

        contestant.Reload(s_rules);
        Assert.Equal(4 + 2, reader.LookUp(["www.example.com", "a.www.ck"]));
        Assert.Equal(0, reader.Violations);
    }

    [Fact]
    public void Ours_publishes_and_disposes_a_whole_snapshot_for_every_change()
    {
        using var contestant = new SwmrContestant(s_rules);
        long before = contestant.Publishes;
        contestant.Edit("net", RuleKinds.Suffix);
        contestant.Reload(s_rules);

        Assert.Equal(2, contestant.Publishes - before);
        Assert.True(contestant.Domain.Synchronize(TimeSpan.FromSeconds(30)));
        Assert.Equal(2, contestant.Domain.Statistics.Reclaimed);
        Assert.Equal(0, contestant.Domain.Statistics.Pending);
        Assert.False(contestant.First.Index.IsIntact);
    }

    [Fact]
    public void Control_a_snapshot_disposed_while_it_is_read_is_counted_at_every_look_up()
    {
        using var contestant = new SwmrContestant(s_rules);
        using IContestantReader reader = contestant.OpenReader();
        string[] hosts = ["www.example.com", "a.b.ck", "com"];
        reader.LookUp(hosts);
        Assert.Equal(0, reader.Violations);

        contestant.First.Dispose();
        reader.LookUp(hosts);
        Assert.Equal(hosts.Length, reader.Violations);
    }

    private static IContestant[] All() =>
    [
        new SwmrContestant(s_rules), new CopyOnWriteContestant(), new ConcurrentContestant(), new ImmutableContestant(), new FrozenContestant(), new ReaderWriterLockContestant(), new LockContestant(),
    ];
}
