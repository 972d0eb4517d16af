using SwmrKit.Memory;
using SwmrKit.Testing;
using Xunit.Abstractions;

namespace SwmrKit.Tests;

/// <summary>Readers and writers that use the barrier for the first time at the same moment are ordered too.</summary>
public sealed class DetectionRaceTests(ITestOutputHelper output) : IClassFixture<ExclusiveMachine>
{
    private const int Ended = -1;

    private static readonly Dictionary<string, string> s_automatic = [];

    /// <remarks>
    /// Without power over the order: detection itself drains the store buffers, and even a missing heavy barrier would not be seen here. What this
    /// shows is that detection on several threads at once neither fails nor hangs. The order is looked at in the litmus test below, beside its control.
    /// </remarks>
    [Fact]
    public void The_first_barriers_of_a_process_race_with_detection_and_it_neither_fails_nor_hangs()
    {
        int processes = TestMode.Choose(40, 400);
        for (int i = 0; i < processes; i++)
        {
            Assert.Equal("0 of 2", Probe.Ask(s_automatic, "race")["race"]);
        }

        output.WriteLine($"{processes} processes");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Detection_in_the_middle_of_the_litmus_test_never_lets_the_forbidden_outcome_through(bool accelerated)
    {
        if (!LitmusControl.MachineHasPower || !AsymmetricBarrier.IsAccelerated)
        {
            TestMode.NoPower(output, "the machine has one processor, or no accelerated tier");
            return;
        }

        (int forbidden, int rounds) = Race(accelerated, TestMode.Choose(20_000, 400_000), static strategy => strategy.Heavy());
        output.WriteLine($"{forbidden} of {rounds:N0}");
        Assert.Equal(0, forbidden);
    }

    [Fact]
    public void Control_a_writer_that_fences_alone_before_detection_lets_it_through()
    {
        (int forbidden, int rounds) = (0, 0);
        for (int attempt = 0; attempt < 3 && forbidden == 0; attempt++)
        {
            // What Heavy would be if it fenced first and asked for the tier afterwards, against readers that already know it is free.
            (forbidden, rounds) = Race(accelerated: true, 200_000 << attempt, static _ => Interlocked.MemoryBarrier(), enough: 1, detectFirst: true);
        }

        output.WriteLine($"{forbidden} of {rounds:N0}");
        if (forbidden == 0)
        {
            TestMode.NoPower(output, "the control did not fire");
        }
    }

    /// <summary>A new strategy each round, until there are enough forbidden outcomes; its readers do what they do under NativeAOT: look at a word that detection sets.</summary>
    private static (int Forbidden, int Rounds) Race(bool accelerated, int rounds, Action<BarrierStrategy> heavy, int enough = int.MaxValue, bool detectFirst = false)
    {
        var global = new GlobalMembarrier();
        HeavyMechanism[] candidates = accelerated && OperatingSystem.IsLinux() ? [new PrivateExpeditedMembarrier(global)] : [new FullFenceMechanism()];
        var board = new Board();
        int forbidden = 0;
        var reader = new Thread(() =>
        {
            for (int round = 1; round <= rounds; round++)
            {
                while (board.Round.Read() is int current && current < round)
                {
                    if (current == Ended)
                    {
                        return;
                    }

                    Thread.SpinWait(1);
                }

                board.Y.WriteRelaxed(round);
                if (board.LightIsFree.Read() == 0)
                {
                    Interlocked.MemoryBarrier();
                }
                else
                {
                    Volatile.WriteBarrier();
                    Volatile.ReadBarrier();
                }

                board.SeenByReader = board.X.ReadRelaxed();
                board.Done.Write(round);
            }
        })
        { IsBackground = true };
        reader.Start();
        for (int round = 1; round <= rounds; round++)
        {
            board.LightIsFree.Write(0);
            var strategy = new BarrierStrategy(candidates, static () => (null, ""), free => board.LightIsFree.Write(free ? 1 : 0));
            if (detectFirst)
            {
                _ = strategy.Tier;
            }

            board.Round.Write(round);
            Thread.SpinWait(round & 15);
            board.X.WriteRelaxed(round);
            heavy(strategy);
            int seenByWriter = board.Y.ReadRelaxed();
            while (board.Done.Read() < round)
            {
                Thread.SpinWait(1);
            }

            forbidden += seenByWriter != round && board.SeenByReader != round ? 1 : 0;
            if (forbidden == enough)
            {
                rounds = round;
            }
        }

        board.Round.Write(Ended);
        reader.Join();
        return (forbidden, rounds);
    }

    private sealed class Board
    {
        public SharedInt32 Round;
        public PaddedWord XLine;
        public PaddedWord YLine;
        public PaddedWord DoneLine;
        public SharedInt32 LightIsFree;
        public int SeenByReader;

        public ref SharedInt32 X => ref XLine.Word;

        public ref SharedInt32 Y => ref YLine.Word;

        public ref SharedInt32 Done => ref DoneLine.Word;
    }

    [System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Sequential)]
    private struct PaddedWord
    {
        private readonly CacheLinePadding _before;
        public SharedInt32 Word;
        private readonly CacheLinePadding _after;
    }
}
