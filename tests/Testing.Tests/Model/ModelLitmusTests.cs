using SwmrKit.Testing;
using Xunit.Abstractions;

namespace SwmrKit.Tests;

/// <summary>
/// The model memories themselves, against the verdicts of the literature: what a memory model allows it must show, what it forbids
/// it must never show, both after every execution has been tried.
/// </summary>
/// <remarks>
/// Sources. Programs and names: Alglave, Maranget, Tautschnig, "Herding Cats" (TOPLAS 2014). Views: RC11, Lahav et al., "Repairing
/// Sequential Consistency in C/C++11" (PLDI 2017), which forbids load buffering. Store buffers: Sewell et al., "x86-TSO" (CACM 2010).
/// Light and heavy: P1202R5, by which a light barrier is ordered with heavy ones alone.
/// </remarks>
public sealed class ModelLitmusTests(ITestOutputHelper output) : IClassFixture<SharedMachine>
{
    private const string StoreBuffering = "x=1 F r0=y || y=1 F r1=x";
    private const string MessagePassing = "x=1 F y=1 || r0=y F r1=x";
    private const string LoadBuffering = "r0=x F y=1 || r1=y F x=1";
    private const string S = "x=2 F y=1 || r0=y F x=1";
    private const string R = "x=1 F y=1 || y=2 F r0=x";
    private const string TwoPlusTwoWrites = "x=1 F y=2 || y=1 F x=2";
    private const string IndependentReads = "x=1 || y=1 || r0=x F r1=y || r2=y F r3=x";
    private const string FenceBehindALoad = "z=1 F r0=x || x=1 r1=z F";
    private const string CoherenceOfReads = "x=1 || r0=x r1=x";
    private const string CoherenceOfWrites = "x=1 x=2";
    private const string WriteToReadCausality = "x=1 || r0=x F y=1 || r1=y F r2=x";
    private const string Isa2 = "x=1 F y=1 || r0=y F z=1 || r1=z F r2=x";

    /// <summary>Program, its weak outcome, the orderings; then whether RC11, and whether TSO, allows the outcome.</summary>
    public static TheoryData<string, string, string, Ordered, bool, bool> Verdicts => new()
    {
        { "SB", StoreBuffering, "r0=0 r1=0", Ordered.Relaxed, true, true },
        { "SB", StoreBuffering, "r0=0 r1=0", Ordered.ReleaseAcquire, true, true },
        { "SB", StoreBuffering, "r0=0 r1=0", Ordered.FullFences, false, false },
        { "SB", StoreBuffering, "r0=0 r1=0", Ordered.Light, true, true },
        { "SB", StoreBuffering, "r0=0 r1=0", Ordered.HeavyAndLight, false, false },
        { "SB", StoreBuffering, "r0=0 r1=0", Ordered.FullAndLight, true, true },
        { "SB+F", FenceBehindALoad, "r0=0 r1=0", Ordered.FullFences, true, true },
        { "MP", MessagePassing, "r0=1 r1=0", Ordered.Relaxed, true, false },
        { "MP", MessagePassing, "r0=1 r1=0", Ordered.ReleaseAcquire, false, false },
        { "MP", MessagePassing, "r0=1 r1=0", Ordered.FullFences, false, false },
        { "MP", MessagePassing, "r0=1 r1=0", Ordered.Light, true, false },
        { "MP", MessagePassing, "r0=1 r1=0", Ordered.HeavyAndLight, false, false },
        { "LB", LoadBuffering, "r0=1 r1=1", Ordered.Relaxed, false, false },
        { "LB", LoadBuffering, "r0=1 r1=1", Ordered.ReleaseAcquire, false, false },
        { "S", S, "r0=1 x=2", Ordered.Relaxed, true, false },
        { "S", S, "r0=1 x=2", Ordered.ReleaseAcquire, false, false },
        { "S", S, "r0=1 x=2", Ordered.FullFences, false, false },
        { "R", R, "r0=0 y=2", Ordered.Relaxed, true, true },
        { "R", R, "r0=0 y=2", Ordered.ReleaseAcquire, true, true },
        { "R", R, "r0=0 y=2", Ordered.FullFences, false, false },
        { "R", R, "r0=0 y=2", Ordered.HeavyAndLight, false, false },
        { "2+2W", TwoPlusTwoWrites, "x=1 y=1", Ordered.Relaxed, true, false },
        { "2+2W", TwoPlusTwoWrites, "x=1 y=1", Ordered.ReleaseAcquire, true, false },
        { "2+2W", TwoPlusTwoWrites, "x=1 y=1", Ordered.FullFences, false, false },
        { "2+2W", TwoPlusTwoWrites, "x=1 y=1", Ordered.Light, true, false },
        { "2+2W", TwoPlusTwoWrites, "x=1 y=1", Ordered.HeavyAndLight, false, false },
        { "IRIW", IndependentReads, "r0=1 r1=0 r2=1 r3=0", Ordered.Relaxed, true, false },
        { "IRIW", IndependentReads, "r0=1 r1=0 r2=1 r3=0", Ordered.ReleaseAcquire, true, false },
        { "IRIW", IndependentReads, "r0=1 r1=0 r2=1 r3=0", Ordered.FullFences, false, false },
        { "CoRR", CoherenceOfReads, "r0=1 r1=0", Ordered.Relaxed, false, false },
        { "CoWW", CoherenceOfWrites, "x=1", Ordered.Relaxed, false, false },
        { "WRC", WriteToReadCausality, "r0=1 r1=1 r2=0", Ordered.Relaxed, true, false },
        { "WRC", WriteToReadCausality, "r0=1 r1=1 r2=0", Ordered.ReleaseAcquire, false, false },
        { "WRC", WriteToReadCausality, "r0=1 r1=1 r2=0", Ordered.FullFences, false, false },
        { "ISA2", Isa2, "r0=1 r1=1 r2=0", Ordered.Relaxed, true, false },
        { "ISA2", Isa2, "r0=1 r1=1 r2=0", Ordered.ReleaseAcquire, false, false },
        { "ISA2", Isa2, "r0=1 r1=1 r2=0", Ordered.FullFences, false, false },
    };

    [Theory]
    [MemberData(nameof(Verdicts))]
    public void Both_memories_give_the_verdict_of_the_literature(string name, string program, string weak, Ordered ordered, bool allowedByViews, bool allowedByStoreBuffers)
    {
        IReadOnlySet<string> views = LitmusProgram.Outcomes(program, ordered, ModelMemory.Views);
        IReadOnlySet<string> buffers = LitmusProgram.Outcomes(program, ordered, ModelMemory.StoreBuffers);
        (bool views, bool buffers) seen = (views.Any(Shows), buffers.Any(Shows));
        output.WriteLine($"{name,-5} {ordered,-15} {weak,-20} views: {Verdict(seen.views)}, {views.Count} outcomes   store buffers: {Verdict(seen.buffers)}, {buffers.Count} outcomes");
        Assert.Equal((allowedByViews, allowedByStoreBuffers), seen);
        Assert.Subset(views.ToHashSet(), buffers.ToHashSet()); // What x86 can do RC11 allows.

        bool Shows(string outcome) => weak.Split(' ').All(part => outcome.Split(' ').Contains(part));
        static string Verdict(bool allowed) => allowed ? "allowed" : "never";
    }

    /// <summary>
    /// A heavy barrier may step over the main thread, which waits in a join, after it has stepped over T1: T1, with its light barrier behind its own
    /// step, misses the main thread's write, although the heavy barrier settles that too.
    /// </summary>
    [Theory]
    [InlineData(ModelMemory.Views, "x=1 L y=1 || z=1 L x || y H z", " | 0 | 1,0 ")]
    [InlineData(ModelMemory.StoreBuffers, "x=1 L y || z=1 L x || y=1 H z", "0 | 0 | 0 ")]
    public void A_heavy_barrier_steps_over_a_joining_thread_at_any_moment(ModelMemory memory, string program, string outcome) =>
        Assert.Contains(new ConcurrentProgram(program).Outcomes(new ModelOptions { Memory = memory }), shown => shown.StartsWith(outcome, StringComparison.Ordinal));

    /// <summary>Those whose every interleaving is soon tried; in a full run all. In both memories.</summary>
    public static IEnumerable<object[]> Reducible =>
        from row in (IEnumerable<object[]>)Verdicts
        where TestMode.IsFull || ((string)row[1]).Split("||").Length <= 2
        from memory in Enum.GetValues<ModelMemory>()
        select new[] { row[0], row[1], row[3], memory };

    [Theory]
    [MemberData(nameof(Reducible))]
    public void The_reduction_loses_no_outcome(string name, string program, Ordered ordered, ModelMemory memory)
    {
        IReadOnlySet<string> reduced = LitmusProgram.Outcomes(program, ordered, memory);
        IReadOnlySet<string> all = LitmusProgram.Outcomes(program, ordered, memory, bound: 100);
        output.WriteLine($"{name} {ordered} {memory}: {reduced.Count}");
        Assert.Equal(all.Order(), reduced.Order());
    }
}
