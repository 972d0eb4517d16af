using SwmrKit.Testing;

namespace SwmrKit.Tests;

/// <summary>The tables of the family against the literature, and against all interleavings of their programs.</summary>
public sealed class LitmusShapeTests : IClassFixture<SharedMachine>
{
    public static TheoryData<string, string, string, string> Family { get; } = new()
    {
        // name, first side, second side, observed: "xN" stores N to x, "x>r" loads x into a register
        { "SB", "x1 y>0", "y1 x>1", "0 1" },
        { "R", "x1 y1", "y2 x>0", "y 0" },
        { "MP", "x1 y1", "x>2 y>0 x>1", "0 1" },
        { "S", "x2 y1", "y>0 x1", "0 x" },
        { "LB", "x>0 y1", "y>1 x1", "0 1" },
        { "2+2W", "x1 y2", "y1 x2", "x y" },
        { "CoRR", "x1", "x>2 x>0 x>1", "0 1" },
        { "CoWW", "x1 x2", "x>0", "x 0" },
    };

    private static readonly LitmusShape[] s_shapes =
    [
        StoreBuffering.Shape, ShapeR.Shape, MessagePassing.Shape, ShapeS.Shape, LoadBuffering.Shape, TwoPlusTwoWrites.Shape, CoherenceOfReads.Shape, CoherenceOfWrites.Shape,
    ];

    [Theory]
    [MemberData(nameof(Family))]
    public void An_outcome_is_allowed_exactly_when_some_interleaving_of_the_two_programs_gives_it(string name, string first, string second, string observed)
    {
        var reachable = new HashSet<(long A, long B)>();
        Interleave(first.Split(' '), second.Split(' '), [], observed.Split(' '), reachable);
        LitmusShape shape = s_shapes.Single(shape => shape.Name == name);
        Assert.Equal(reachable.Order(), shape.Outcomes.Where(static outcome => !outcome.IsForbidden).Select(static outcome => (outcome.A, outcome.B)).Order());
        Assert.Contains(shape.Outcomes, static outcome => outcome.IsForbidden);
    }

    [Fact]
    public void X86_can_fail_store_buffering_and_R_alone() =>
        Assert.Equal(["SB", "R"], s_shapes.Where(static shape => shape.Outcomes.Any(static outcome => outcome.Verdict == LitmusVerdict.AllowedOnX86)).Select(static shape => shape.Name));

    [Fact]
    public void A_table_that_is_empty_or_lists_an_outcome_twice_is_refused()
    {
        var outcome = new LitmusOutcome(0, 0, LitmusVerdict.Allowed, "nothing");
        Assert.Throws<ArgumentException>(() => new LitmusShape("T", "x=1 || y=1", ("x", "y")));
        Assert.Throws<ArgumentException>(() => new LitmusShape("T", "x=1 || y=1", ("x", "y"), outcome, outcome with { Verdict = LitmusVerdict.Incoherent }));
        Assert.Throws<ArgumentNullException>(() => new LitmusShape("T", null!, ("x", "y"), outcome));
    }

    /// <summary>Runs every interleaving of what is left of the two programs after the steps taken so far.</summary>
    private static void Interleave(string[] first, string[] second, string[] steps, string[] observed, HashSet<(long A, long B)> reachable)
    {
        if (first.Length == 0 && second.Length == 0)
        {
            var memory = new Dictionary<char, long> { ['x'] = 0, ['y'] = 0 };
            foreach (string step in steps)
            {
                char target = step[1] == '>' ? step[2] : step[0];
                memory[target] = step[1] == '>' ? memory[step[0]] : step[1] - '0';
            }

            reachable.Add((memory[observed[0][0]], memory[observed[1][0]]));
            return;
        }

        if (first.Length > 0)
        {
            Interleave(first[1..], second, [.. steps, first[0]], observed, reachable);
        }

        if (second.Length > 0)
        {
            Interleave(first, second[1..], [.. steps, second[0]], observed, reachable);
        }
    }
}
