using FsCheck;
using FsCheck.Fluent;
using SwmrKit.Testing;
using Xunit.Abstractions;

namespace SwmrKit.Tests;

/// <summary>
/// The reductions lose no outcome: random small programs have the same outcomes whether every interleaving of all their operations is tried or
/// only those that the checker finds worth it.
/// </summary>
public sealed class ReductionTests(ITestOutputHelper output) : IClassFixture<SharedMachine>
{
    private const int MostSteps = 7;

    private static readonly int s_programs = TestMode.Choose(60, 400);
    private static readonly long s_mostExecutions = TestMode.Choose(5_000, 10_000);

    [Theory]
    [InlineData(ModelMemory.Views)]
    [InlineData(ModelMemory.StoreBuffers)]
    public void Of_random_programs_the_reductions_lose_no_outcome(ModelMemory memory)
    {
        int compared = 0, tooLong = 0, outcomes = 0, failing = 0;
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(s_programs),
            Prop.ForAll(
                Arb.From(Programs(memory), Smaller),
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
        Assert.True(compared >= s_programs / 2);
    }

    /// <summary>What random programs, or a reading of the checker, once found to be lost.</summary>
    [Theory]
    [InlineData(ModelMemory.StoreBuffers, "|| z=1 F x || x=1 z F")] // A fence empties its buffer behind a decision.
    [InlineData(ModelMemory.Views, "x=1r || y || x y=2r")] // What comes before a join is not behind what the joined thread did.
    [InlineData(ModelMemory.StoreBuffers, "x=1 || y || x y=2a")]
    [InlineData(ModelMemory.StoreBuffers, "|| x=1 y || (? y=2a ) x")] // A join empties a buffer, of which nothing was known when it began.
    [InlineData(ModelMemory.StoreBuffers, "|| y=1 x=2 || x! || y")] // So does a wait.
    [InlineData(ModelMemory.StoreBuffers, "|| xa H y=1 || x=2r ya")] // To read a word brings no more to memory than what is before it.
    [InlineData(ModelMemory.Views, "( S1 ) || (?")] // To try to take a lock may come before or after it is left.
    [InlineData(ModelMemory.StoreBuffers, "( S1 ) || (?")]
    [InlineData(ModelMemory.Views, "x || || @ x=1")] // A timer may go off early though it went off last.
    [InlineData(ModelMemory.StoreBuffers, "x || || @ x=1")]
    [InlineData(ModelMemory.Views, "S1 D1 || @ y")] // A timer that was disarmed may go off before.
    [InlineData(ModelMemory.Views, "|| ( x || ( y")] // As may a lock be taken that another never leaves.
    public void Of_this_program_the_reductions_lose_no_outcome(ModelMemory memory, string program)
    {
        IReadOnlySet<string> all = AllOutcomes(program, memory, most: 1_000_000)!;
        output.WriteLine(string.Join("\n", all.Order()));
        AssertSame(program, memory, all);
    }

    private static void AssertSame(string program, ModelMemory memory, IReadOnlySet<string> all)
    {
        IReadOnlySet<string> reduced = new ConcurrentProgram(program).Outcomes(new ModelOptions { Memory = memory });
        string lost = string.Join("\n", all.Except(reduced).Select(static outcome => "lost:  " + outcome));
        string added = string.Join("\n", reduced.Except(all).Select(static outcome => "added: " + outcome));
        Assert.True(all.SetEquals(reduced), $"{program}\n{lost}\n{added}");
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

    private static Gen<string> Programs(ModelMemory memory)
    {
        Gen<string> word = Gen.Frequency((10, Gen.Constant("x")), (8, Gen.Constant("y")), (1, Gen.Constant("z")));
        Gen<string> value = Gen.Elements("0", "#", "#", "#", "#", "#", "#"); // A number of its own.
        Gen<string> access = Gen.Frequency(
            (8, word),
            (5, word.Select(static w => w + "a")),
            (6, Gen.Zip(word, value).Select(static p => $"{p.Item1}={p.Item2}")),
            (4, Gen.Zip(word, value).Select(static p => $"{p.Item1}={p.Item2}r")),
            (2, Gen.Zip(word, value).Select(static p => $"{p.Item1}={p.Item2}a")),
            (1, word.Select(static w => w + "+#")),
            (1, Gen.Zip(word, value).Select(static p => $"{p.Item1}^{p.Item2}")),
            (1, word.Select(static w => w + ":0#")),
            (1, Gen.Elements("p", "p=#", "q=#", "q")));
        Gen<string> inside = Gen.Elements("( ", "( ", "(? ", "(! ").SelectMany(taken => access.Select(step => $"{taken}{step} )"));
        Gen<string> group = Gen.Frequency(
            (20, access),
            (4, Gen.Elements("L", "L", "H", "F", "F", "A", "R")),
            (2, inside),
            (1, word.Select(static w => w + "!")),
            (1, word.Select(static w => w + "?")));
        Gen<string> Body(int least, int most) => Gen.Choose(least, most).SelectMany(count => group.ArrayOf(count).Select(static steps => string.Join(' ', steps)));
        Gen<string> main = Gen.Frequency((2, Gen.Constant("")), (1, Body(1, 2)));
        Gen<string> two = Gen.Zip(main, Body(3, 4)).Select(static p => $"{p.Item1} || {p.Item2}");
        Gen<string> three = Gen.Zip(main, Gen.Zip(Body(2, 3), Body(2, 3))).SelectMany(static p => Gen.Frequency(
            (6, Gen.Constant($"{p.Item1} || {p.Item2.Item1} || {p.Item2.Item2}")),
            (1, Gen.Constant($"{p.Item1} || {p.Item2.Item1} || J1 {p.Item2.Item2}")),
            (1, Gen.Constant($"{p.Item1} || {p.Item2.Item1} S2 || {p.Item2.Item2}")),
            (1, Gen.Constant($"{p.Item1} || S2 {p.Item2.Item1} J2 || {p.Item2.Item2}")),
            (1, Gen.Constant($"{p.Item1} J1 || {p.Item2.Item1} || {p.Item2.Item2}")),
            (1, Gen.Constant($"{p.Item1} || {p.Item2.Item1} || @ {p.Item2.Item2}")),
            (1, Gen.Constant($"S2 {p.Item1} D2 || {p.Item2.Item1} || @ {p.Item2.Item2}"))));
        return Gen.Frequency((1, two), (3, three)).Where(static program => Steps(program) is >= MostSteps - 2 and <= MostSteps).Select(Numbered);
    }

    private static string Numbered(string program)
    {
        string[] parts = program.Split('#');
        return string.Concat(parts.Select((part, i) => i < parts.Length - 1 ? $"{part}{i + 1}" : part));
    }

    private static int Steps(string program) => program.Split([' ', '|', ')', '@'], StringSplitOptions.RemoveEmptyEntries).Length;

    /// <summary>The program without one of its steps.</summary>
    private static IEnumerable<string> Smaller(string program)
    {
        string[] parts = program.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        for (int i = 0; i < parts.Length; i++)
        {
            if (parts[i] is not ("||" or "@" or ['S' or 'D', ..]))
            {
                yield return string.Join(' ', parts.Where((_, at) => at != i));
            }
        }
    }
}
