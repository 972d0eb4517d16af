using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Microsoft.Extensions.Caching.Memory;

namespace SwmrKit.Tests;

/// <summary>Random programs on Microsoft's cache and on ours alike: whatever can be seen of the one is seen of the other, after every step.</summary>
/// <remarks>
/// Programs keep to what is determined under Microsoft's own cache. What is left out:
/// <list type="bullet">
/// <item>scans in the background: they do not come. What ours does by itself is compared apart, with what Microsoft's finds expired when it is asked;</item>
/// <item>the order in which entries of one priority and one age are compacted: time moves on before every step, so that no two are of one age;</item>
/// <item>an entry that is refused for want of room in the place of another: Microsoft's compacts on the pool while the other is being taken out. It is taken out before;</item>
/// <item>what has expired when an entry is refused although the cache is emptier than compaction would leave it: ours takes it out then, Microsoft's does not. All keys are looked up then.</item>
/// </list>
/// The thread pool is waited for after every step: for compaction, for what a token takes out, and for one callback of each entry that is in no cache any more.
/// </remarks>
public sealed class RandomProgramTests : IClassFixture<SharedMachine>
{
    public enum Act
    {
        Set,
        SetAgain,
        Begin,
        Commit,
        Change,
        Abandon,
        Get,
        GetOften,
        GetBySpan,
        Remove,
        Advance,
        Cancel,
        Compact,
        Clear,
    }

    public static Arbitrary<Sketch> Programs() =>
        Arb.From(
            from sizeLimit in Gen.Elements<long?>(null, null, 0, 10, 11)
            from compaction in Gen.Elements(0.05, 0.3, 0.5, 1)
            from isLinked in Gen.Elements(false, true)
            from length in Gen.Choose(1, 100)
            from steps in Steps().ArrayOf(length)
            select new Sketch(sizeLimit, compaction, isLinked, steps),
            Shorter);

    [Property(Arbitrary = [typeof(RandomProgramTests)], MaxTest = 300)]
    public void Ours_does_what_Microsofts_does(Sketch program)
    {
        using var pair = new CachePair(program);
        Run(program, pair);
    }

    [Fact]
    public void Control_a_cache_that_does_not_link_its_entries_is_noticed() => Assert.Contains(Programs().Generator.Sample(100), static program => Record.Exception(() =>
    {
        using var pair = new CachePair(program with { IsLinked = true }, isControl: true);
        Run(program, pair);
    }) is not null);

    [Property(Arbitrary = [typeof(RandomProgramTests)], MaxTest = 200)]
    public void What_Microsofts_finds_expired_leaves_ours_by_itself_and_nothing_else_does(Sketch program)
    {
        using var pair = new CachePair(program with { SizeLimit = null }, leavesByItself: true);
        Step[] steps = [.. program.Steps.Where(static step => step.Act is not (Act.Compact or Act.Change))];
        Step[] burst = [.. steps.Where(static step => step.Act is not Act.Advance)]; // So that many are due at once.
        foreach ((Step[] next, int readings) in new[] { (steps, 1), (burst, 0), (burst, 5) })
        {
            Array.ForEach(next, pair.Do);
            pair.CommitAll();
            pair.AssertLeavesByItself(readings);
        }
    }

    private static void Run(Sketch program, CachePair pair)
    {
        foreach (Step step in program.Steps)
        {
            pair.Do(step);
            pair.AssertAlike();
        }

        pair.CommitAll();
        pair.AssertAlike();
    }

    private static IEnumerable<Sketch> Shorter(Sketch program)
    {
        for (int part = program.Steps.Length; part > 0; part /= 2)
        {
            for (int at = 0; at + part <= program.Steps.Length; at += part)
            {
                yield return program with { Steps = [.. program.Steps[..at], .. program.Steps[(at + part)..]] };
            }
        }
    }

    private static Gen<Step> Steps() =>
        from act in Gen.Frequency(
            (7, Gen.Constant(Act.Set)), (2, Gen.Constant(Act.SetAgain)), (2, Gen.Constant(Act.Begin)), (2, Gen.Constant(Act.Commit)), (1, Gen.Constant(Act.Change)), (1, Gen.Constant(Act.Abandon)), (6, Gen.Constant(Act.Get)),
            (1, Gen.Constant(Act.GetOften)), (1, Gen.Constant(Act.GetBySpan)), (2, Gen.Constant(Act.Remove)), (4, Gen.Constant(Act.Advance)), (2, Gen.Constant(Act.Cancel)), (2, Gen.Constant(Act.Compact)), (1, Gen.Constant(Act.Clear)))
        from number in Gen.Choose(0, 9)
        from entry in Entries()
        select new Step(act, number, entry);

    private static Gen<Shape> Entries() =>
        from key in Gen.Choose(0, CachePair.Keys.Length - 1)
        from size in Gen.Elements<long?>(null, 0, 1, 1, 2, 2, 3, 3, 5, 6, 12)
        from priority in Gen.Elements([.. Enum.GetValues<CacheItemPriority>(), CacheItemPriority.Normal, CacheItemPriority.Normal, CacheItemPriority.Normal])
        from absolute in Seconds(-1, 1, 20, 60)
        from relative in Seconds(1, 20, 60)
        from sliding in Seconds(1, 20, 20, 60)
        from token in Gen.Elements(null, null, null, 0, 1, (int?)CachePair.Polled)
        select new Shape(key, size, priority, absolute, relative, sliding, token);

    private static Gen<TimeSpan?> Seconds(params int[] some) =>
        Gen.Elements(some.Select(static seconds => (TimeSpan?)TimeSpan.FromSeconds(seconds)).Concat(Enumerable.Repeat<TimeSpan?>(null, some.Length + 2)));

    /// <summary>A program: the cache's options, and what is done.</summary>
    public sealed record Sketch(long? SizeLimit, double Compaction, bool IsLinked, Step[] Steps)
    {
        public override string ToString() => $"limit {SizeLimit}, compaction {Compaction}, linked {IsLinked}:\n  {string.Join("\n  ", Steps.AsEnumerable())}\n";
    }

    public sealed record Step(Act Act, int Number, Shape Entry)
    {
        public override string ToString() => $"{Act} {Number}, {Entry}";
    }

    /// <summary>An entry to be.</summary>
    public sealed record Shape(int Key, long? Size, CacheItemPriority Priority, TimeSpan? Absolute, TimeSpan? Relative, TimeSpan? Sliding, int? Token);
}
