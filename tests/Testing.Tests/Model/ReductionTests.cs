using FsCheck;
using FsCheck.Fluent;
using SwmrKit.Testing;
using SwmrKit.Testing.Memory;
using Xunit.Abstractions;

namespace SwmrKit.Tests;

/// <summary>
/// The reductions lose no outcome: random small programs have the same outcomes whether every interleaving of all their operations is tried or
/// only those that the checker finds worth it.
/// </summary>
public sealed class ReductionTests(ITestOutputHelper output) : IClassFixture<SharedMachine>
{
    private const int MostSteps = 7;

    private static readonly int s_programs = TestMode.Choose(40, 500);
    private static readonly long s_mostExecutions = TestMode.Choose(4_000, 4_000);

    private static readonly Gen<string> s_word = Gen.Frequency((10, Gen.Constant("x")), (8, Gen.Constant("y")), (1, Gen.Constant("z")));

    /// <summary>A <c>#</c> becomes a number of its own.</summary>
    private static readonly Gen<string> s_write = s_word.Select(static word => word + "=#");

    private static readonly Gen<string>[] s_kinds =
    [
        Gen.Constant("F"),
        Gen.Elements("L", "H"),
        Gen.Elements("A", "R"),
        s_word.Select(static word => word + "a"),
        s_word.SelectMany(static word => Gen.Elements("=#r", "=#a", "=0").Select(how => word + how)),
        s_word.SelectMany(static word => Gen.Elements("+#", "^#", ":0#").Select(how => word + how)),
        Gen.Zip(Gen.Elements("(", "(?", "(!"), Gen.OneOf(s_word, s_write)).Select(static p => $"{p.Item1} {p.Item2} )"),
        s_word.SelectMany(static word => Gen.Elements("!", "?").Select(how => word + how)),
        Gen.Elements("p", "p=#", "q=#", "q"),
    ];

    [Theory]
    [InlineData(ModelMemory.Views)]
    [InlineData(ModelMemory.StoreBuffers)]
    public void Of_random_programs_the_reductions_lose_no_outcome(ModelMemory memory)
    {
        int compared = 0, tooLong = 0, outcomes = 0, failing = 0;
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(s_programs),
            Prop.ForAll(
                Arb.From(Programs(), Smaller),
                program =>
                {
                    if (AllOutcomes(program, memory) is not { } all)
                    {
                        tooLong++;
                        return;
                    }

                    AssertSame(program, memory, all);
                    compared++;
                    outcomes += all.Count;
                    failing += all.Any(static outcome => outcome.Contains("Deadlock", StringComparison.Ordinal)) ? 1 : 0;
                }));
        output.WriteLine($"{memory}: {compared} programs with {outcomes} outcomes, {failing} of them with deadlocks; {tooLong} had too many interleavings");
        Assert.True(compared >= s_programs / 3);
    }

    /// <summary>What random programs, or a reading of the checker, once found to be lost.</summary>
    [Theory]
    [InlineData(ModelMemory.StoreBuffers, "|| z=1 F x || x=1 z F")] // A fence empties its buffer behind a decision.
    [InlineData(ModelMemory.Views, "x=1r || y || x y=2r")] // What comes before a join is not behind what the joined thread did.
    [InlineData(ModelMemory.StoreBuffers, "x=1 || y || x y=2a")]
    [InlineData(ModelMemory.StoreBuffers, "|| x=1 y || y=2 F x")] // A join empties a buffer,
    [InlineData(ModelMemory.StoreBuffers, "|| x=1 y || (? y=2a ) x")] // of which nothing was known when it began.
    [InlineData(ModelMemory.StoreBuffers, "|| y=1 x=2 || x! || y")] // So does a wait.
    [InlineData(ModelMemory.StoreBuffers, "|| xa H y=1 || x=2r ya")] // To read a word brings no more to memory than what is before it.
    [InlineData(ModelMemory.Views, "( S1 ) || (?")] // To try to take a lock may come before or after it is left.
    [InlineData(ModelMemory.StoreBuffers, "( S1 ) || (?")]
    [InlineData(ModelMemory.Views, "x || || @ x=1")] // A timer may go off early though it went off last.
    [InlineData(ModelMemory.StoreBuffers, "x || || @ x=1")]
    [InlineData(ModelMemory.Views, "S1 D1 || @ y")] // A timer that was disarmed may go off before.
    [InlineData(ModelMemory.StoreBuffers, "|| S3 y || D3 || @ y")] // Or another thread may disarm it before it is armed.
    [InlineData(ModelMemory.Views, "x=1 y=2r || y=3 x")] // Two writes whose fingerprints were one.
    [InlineData(ModelMemory.Views, "|| ( x || ( y")] // As may a lock be taken that another never leaves.
    public void Of_this_program_the_reductions_lose_no_outcome(ModelMemory memory, string program)
    {
        IReadOnlySet<string> all = AllOutcomes(program, memory, most: 1_000_000)!;
        output.WriteLine(string.Join("\n", all.Order()));
        AssertSame(program, memory, all);
    }

    /// <summary>
    /// What tells states apart (Past), where without it two would be taken for one and an outcome lost; preemptions are needed to come to both, and
    /// without a bound there are too many interleavings.
    /// </summary>
    [Theory]
    [InlineData(ModelMemory.Views, "|| ( z ) y=1 || (? y ) y")] // Whether a lock was found taken,
    [InlineData(ModelMemory.StoreBuffers, "S2 y || D2 || @ y x+1 || @ y=2")] // a timer armed last, or disarmed;
    [InlineData(ModelMemory.Views, "|| x=1 F y=1 || F y x")] // which fence came first,
    [InlineData(ModelMemory.Views, "|| x=1 H y=1 || L y x")] // or a light barrier and the step of a heavy one,
    [InlineData(ModelMemory.Views, "|| x=1 H y=1 || z=1a y x")]
    [InlineData(ModelMemory.Views, "G || x=1 y=1 || ~ y x")] // or a write and a collection;
    [InlineData(ModelMemory.Views, "|| x=2 y=1 || x:51 y")] // what was found by an update that writes nothing,
    [InlineData(ModelMemory.StoreBuffers, "y=1 x:02 || x S2 || @ y=3 || @ x=4 x=5")]
    [InlineData(ModelMemory.Views, "|| x=1 y=1 || x=2 y || x z x")] // or by a read; the order of writes;
    [InlineData(ModelMemory.StoreBuffers, "|| x=1 y=1 || x=2 y || x z x")] // what has been chosen in the operation under way;
    [InlineData(ModelMemory.StoreBuffers, "|| x=2 x=3 || x:51 x")]
    [InlineData(ModelMemory.Views, "|| F [ x ] F [ x ] F || F [ x=1 ] F")] // which calls had returned before another;
    [InlineData(ModelMemory.StoreBuffers, "|| y x+1 x+2 || y x+4 x+5 y=1")] // whom it would interrupt,
    [InlineData(ModelMemory.StoreBuffers, "|| y+1 x x=2 || x x+3 x || x y x+4")] // and how often one was interrupted before.
    public void Of_this_program_no_outcome_is_lost_where_states_are_told_apart(ModelMemory memory, string program) => AssertSame(program, memory, most: 2);

    /// <summary>
    /// Behind a collection a data race does not end an execution, so what plain data holds is no longer told by the rest. Here the failure needs the
    /// read before the write, and then an old value; with the write first, which is tried before it, the execution cannot happen.
    /// </summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_was_found_in_a_data_race_behind_a_collection_belongs_to_the_state(bool isUnreduced) =>
        AssertFails("Data race: W would write plain data that R has read, and nothing orders the two.", bound: 1, isUnreduced, static () =>
        {
            SharedInt32 collected = new(0), written = new(0), between = new(0), late = new(0);
            PlainData<int> data = new(0);
            var used = new Collected(() => collected.Write(1));
            Model.Abandon(used);
            var writes = ModelThread.Start("W", () =>
            {
                if (collected.Read() == 1)
                {
                    written.Write(1);
                    data.Write(1);
                }
            });
            var reads = ModelThread.Start("R", () =>
            {
                if (collected.Read() == 1)
                {
                    int found = data.Read();
                    if (between.Read() == 0 || late.Read() == 1 || found == 1)
                    {
                        FinalizedObject.KeepAlive(used);
                    }
                }
            });
            var looks = ModelThread.Start("looks", () =>
            {
                if (written.Read() == 1)
                {
                    between.Write(1);
                    late.Write(1);
                }
            });
            writes.Join();
            reads.Join();
            looks.Join();
        });

    private static void AssertFails(string message, int bound, bool isUnreduced, Action scenario) =>
        Assert.Equal(message, ModelChecker.Check(scenario, new ModelOptions { PreemptionBound = bound, IsUnreduced = isUnreduced }).Failure?.Message);

    private static void AssertSame(string program, ModelMemory memory, IReadOnlySet<string> all)
    {
        AssertSame(program, all, new ConcurrentProgram(program).Outcomes(new ModelOptions { Memory = memory }));
        AssertSame(program, memory, most: 3);
    }

    private static void AssertSame(string program, ModelMemory memory, int most)
    {
        for (int bound = 0; bound <= most; bound++)
        {
            var options = new ModelOptions { Memory = memory, PreemptionBound = bound };
            AssertSame($"{program} with at most {bound} preemptions", new ConcurrentProgram(program).Outcomes(options with { IsUnreduced = true }), new ConcurrentProgram(program).Outcomes(options));
        }
    }

    private static void AssertSame(string what, IReadOnlySet<string> all, IReadOnlySet<string> reduced)
    {
        string lost = string.Join("\n", all.Except(reduced).Select(static outcome => "lost:  " + outcome));
        string added = string.Join("\n", reduced.Except(all).Select(static outcome => "added: " + outcome));
        Assert.True(all.SetEquals(reduced), $"{what}\n{lost}\n{added}");
    }

    /// <summary>The outcomes without any reduction; null where there are too many interleavings.</summary>
    private static IReadOnlySet<string>? AllOutcomes(string program, ModelMemory memory, long? most = null)
    {
        try
        {
            return new ConcurrentProgram(program).Outcomes(new ModelOptions { Memory = memory, IsUnreduced = true, MaxExecutions = most ?? s_mostExecutions });
        }
        catch (ModelFailedException failure) when (failure.Message.StartsWith("Not exhausted", StringComparison.Ordinal))
        {
            return null;
        }
    }

    private static Gen<string> Programs() => Gen.Frequency((2, Variations()), (1, FreePrograms()))
        .Where(static program => Steps(program) <= MostSteps)
        .Select(Numbered);

    /// <summary>The shapes of the literature with a few steps more, of one or two kinds.</summary>
    private static Gen<string> Variations()
    {
        Gen<string> shape = Gen.Elements(
            "|| x=# y || y=# x", "|| x=# y=# || y x", "|| x=# y=# || y=# x", "|| x=# y=# || y x=#", "|| x y=# || y x=#", "|| x=# y=# || y=# x=#",
            "|| x=# || x x", "x=# y || y=# x", "x=# y=# || y x", "x=# || x y=# || y x", "|| x=# || y=# || x y", "|| x=# y || @ y=# x");
        return
            from program in shape
            from kinds in Gen.Elements(s_kinds).ArrayOf(2)
            from more in Gen.Choose(1, 3)
            from added in Gen.OneOf(kinds).ArrayOf(more)
            from places in Gen.Choose(0, 9).ArrayOf(more)
            select added.Zip(places).Aggregate(program, static (parts, step) => Inserted(parts, step.First, step.Second));
    }

    private static string Inserted(string program, string step, int place)
    {
        List<string> parts = [.. program.Split(' ', StringSplitOptions.RemoveEmptyEntries)];
        int at = place % (parts.Count + 1);
        parts.Insert(at < parts.Count && parts[at] == "@" ? at + 1 : at, step);
        return string.Join(' ', parts);
    }

    private static Gen<string> FreePrograms()
    {
        Gen<string> step = Gen.Frequency((8, Gen.OneOf(s_word, s_write)), (6, Gen.OneOf(s_kinds)));
        Gen<string> Body(int least, int most) => Gen.Choose(least, most).SelectMany(count => step.ArrayOf(count).Select(static steps => string.Join(' ', steps)));
        Gen<string> main = Gen.Frequency((2, Gen.Constant("")), (1, Body(1, 2)));
        return
            from first in main
            from second in Body(2, 3)
            from third in Body(2, 3)
            from program in Gen.Frequency(
                (6, Gen.Constant($"{first} || {second} || {third}")),
                (1, Gen.Constant($"{first} || {second} || J1 {third}")),
                (1, Gen.Constant($"{first} || {second} S2 || {third}")),
                (1, Gen.Constant($"{first} || S2 {second} J2 || {third}")),
                (1, Gen.Constant($"{first} J1 || {second} || {third}")),
                (1, Gen.Constant($"{first} || {second} || @ {third}")),
                (1, Gen.Constant($"S2 {first} D2 || {second} || @ {third}")),
                (1, Gen.Constant($"{first} || S3 {second} || D3 || @ {third}")),
                (1, Gen.Constant($"S2 {first} || {second} S2 || @@ {third}")),
                (1, Gen.Constant($"{first} G || {second} K || ~ {third}")))
            select program;
    }

    private static string Numbered(string program)
    {
        string[] parts = program.Split('#');
        return string.Concat(parts.Select((part, i) => i < parts.Length - 1 ? $"{part}{i + 1}" : part));
    }

    private static int Steps(string program) => program.Split([' ', '|', ')', '@', '~'], StringSplitOptions.RemoveEmptyEntries).Length;

    /// <summary>The program without one of its steps.</summary>
    private static IEnumerable<string> Smaller(string program)
    {
        string[] parts = program.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        for (int i = 0; i < parts.Length; i++)
        {
            if (parts[i] is not ("||" or "@" or "@@" or "~" or ['S' or 'D', ..]))
            {
                yield return string.Join(' ', parts.Where((_, at) => at != i));
            }
        }
    }

    private sealed class Collected(Action collect) : FinalizedObject
    {
        protected override void OnCollected() => collect();
    }
}
