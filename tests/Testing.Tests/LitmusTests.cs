using SwmrKit.Testing;

namespace SwmrKit.Tests;

public sealed class LitmusTests : IClassFixture<ExclusiveMachine>
{
    private static readonly LitmusOptions s_short = new() { Duration = TimeSpan.FromMilliseconds(50), StoreBufferPressure = false };

    [Fact]
    public void Every_shape_counts_every_iteration_once_under_an_outcome_of_its_table()
    {
        CountsEveryIteration<StoreBuffering>();
        CountsEveryIteration<ShapeR>();
        CountsEveryIteration<MessagePassing>();
        CountsEveryIteration<ShapeS>();
        CountsEveryIteration<LoadBuffering>();
        CountsEveryIteration<TwoPlusTwoWrites>();
        CountsEveryIteration<CoherenceOfReads>();
        CountsEveryIteration<CoherenceOfWrites>();
    }

    [Fact]
    public void A_batch_has_as_many_iterations_as_was_asked_for()
    {
        LitmusResult result = Litmus.Run<Sequential, None, None>(s_short with { CellsPerBatch = 7, Duration = TimeSpan.FromTicks(1) });
        Assert.Equal(7, result.Iterations);
    }

    [Fact]
    public void Each_cell_is_fresh_and_both_sides_work_on_the_same_one()
    {
        LitmusResult result = Litmus.Run<Sequential, None, None>(s_short with { MeetEvery = 1 });
        Assert.Equal(result.Iterations, result.Outcomes.Single(static outcome => (outcome.A, outcome.B) == (1, 2)).Count);
    }

    [Fact]
    public void A_forbidden_outcome_is_counted_and_named()
    {
        LitmusResult result = Litmus.Run<Broken, None, None>(s_short);
        Assert.Equal(result.Iterations, result.Forbidden);
        Assert.Equal(1e6, result.ForbiddenPerMillion);
        LitmusOutcome seen = Assert.Single(result.Outcomes, static outcome => outcome.Count > 0);
        Assert.Equal((3, 4, LitmusVerdict.Incoherent, "broken"), (seen.A, seen.B, seen.Verdict, seen.Meaning));
        Assert.Contains("x=3 y=4", result.ToString(), StringComparison.Ordinal);
        Assert.Contains("Incoherent", result.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void An_outcome_that_the_table_does_not_list_is_an_error_and_never_passed_over()
    {
        string message = Assert.Throws<InvalidOperationException>(() => Litmus.Run<Incomplete, None, None>(s_short)).Message;
        Assert.Contains("Incomplete ended in x=3, y=4", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_fence_that_fails_on_either_side_ends_the_test_with_its_reason()
    {
        Exception first = Assert.Throws<InvalidOperationException>(() => Litmus.Run<StoreBuffering, Failing, Full>(s_short));
        Exception second = Assert.Throws<InvalidOperationException>(() => Litmus.Run<StoreBuffering, Full, Failing>(s_short));
        Assert.Equal("The litmus test SB failed: no fence today", first.Message);
        Assert.Equal("The litmus test SB failed: no fence today", second.Message);
        Assert.IsType<NotSupportedException>(second.InnerException);
    }

    [Fact]
    public void A_failure_in_the_middle_of_a_batch_leaves_neither_side_waiting()
    {
        Assert.Throws<InvalidOperationException>(() => Litmus.Run<StoreBuffering, FailingLater, Full>(s_short with { MeetEvery = 1 }));
        Assert.Throws<InvalidOperationException>(() => Litmus.Run<StoreBuffering, Full, FailingLater>(s_short with { MeetEvery = 1 }));
    }

    [Fact]
    public void Bad_options_are_refused()
    {
        Assert.Throws<ArgumentNullException>(() => Litmus.Run<StoreBuffering, Full, Full>(null!));
        LitmusOptions[] bad =
        [
            s_short with { Duration = TimeSpan.Zero },
            s_short with { MeetEvery = 0 },
            s_short with { MeetEvery = 1_025 },
            s_short with { CellsPerBatch = 0 },
            s_short with { CellsPerBatch = 1_025 },
        ];
        foreach (LitmusOptions options in bad)
        {
            Assert.Throws<ArgumentOutOfRangeException>(() => Litmus.Run<StoreBuffering, Full, Full>(options));
        }
    }

    private static void CountsEveryIteration<TTest>()
        where TTest : struct, ILitmusTest
    {
        LitmusResult result = Litmus.Run<TTest, Full, Full>(s_short);
        Assert.True(result.Iterations >= 1_024);
        Assert.Equal(0, result.Iterations % 1_024);
        Assert.Equal(result.Iterations, result.Outcomes.Sum(static outcome => outcome.Count));
        Assert.True(result.Elapsed >= s_short.Duration);
        Assert.Equal(0, result.Forbidden);
    }

    private readonly struct None : ILitmusFence
    {
        public static void Execute()
        {
        }
    }

    private readonly struct Full : ILitmusFence
    {
        public static void Execute() => Interlocked.MemoryBarrier();
    }

    private readonly struct Failing : ILitmusFence
    {
        public static void Execute() => throw new NotSupportedException("no fence today");
    }

    private readonly struct FailingLater : ILitmusFence
    {
        private static int s_executed;

        public static void Execute()
        {
            if (Interlocked.Increment(ref s_executed) % 500 == 0)
            {
                throw new NotSupportedException("no fence any more");
            }
        }
    }

    /// <summary>Each side counts up a word that must have been zero: a cell used twice, or by one side only, would show.</summary>
    private readonly struct Sequential : ILitmusTest
    {
        public static LitmusShape Shape { get; } = new(
            "Sequential", "x+=1 || y+=2", ("x", "y"), new LitmusOutcome(1, 2, LitmusVerdict.Allowed, "fresh"), new LitmusOutcome(1, 0, LitmusVerdict.Incoherent, "one side only"));

        public static void First<TFence>(LitmusCell cell)
            where TFence : struct, ILitmusFence => cell.X++;

        public static void Second<TFence>(LitmusCell cell)
            where TFence : struct, ILitmusFence => cell.Y += 2;

        public static (long A, long B) Observe(LitmusCell cell) => (cell.X, cell.Y);
    }

    /// <summary>Ends in what its table forbids, always.</summary>
    private readonly struct Broken : ILitmusTest
    {
        public static LitmusShape Shape { get; } = new(
            "Broken", "x=3 || y=4", ("x", "y"), new LitmusOutcome(3, 4, LitmusVerdict.Incoherent, "broken"), new LitmusOutcome(0, 0, LitmusVerdict.Allowed, "neither ran"));

        public static void First<TFence>(LitmusCell cell)
            where TFence : struct, ILitmusFence => cell.X = 3;

        public static void Second<TFence>(LitmusCell cell)
            where TFence : struct, ILitmusFence => cell.Y = 4;

        public static (long A, long B) Observe(LitmusCell cell) => (cell.X, cell.Y);
    }

    /// <summary>The same with a table that forgot its outcome.</summary>
    private readonly struct Incomplete : ILitmusTest
    {
        public static LitmusShape Shape { get; } = new("Incomplete", "x=3 || y=4", ("x", "y"), new LitmusOutcome(0, 0, LitmusVerdict.Allowed, "neither ran"));

        public static void First<TFence>(LitmusCell cell)
            where TFence : struct, ILitmusFence => Broken.First<TFence>(cell);

        public static void Second<TFence>(LitmusCell cell)
            where TFence : struct, ILitmusFence => Broken.Second<TFence>(cell);

        public static (long A, long B) Observe(LitmusCell cell) => Broken.Observe(cell);
    }
}
