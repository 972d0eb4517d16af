using System.Diagnostics;
using SwmrKit.Testing;
using Xunit.Abstractions;

namespace SwmrKit.Tests;

/// <summary>
/// On this machine's hardware, with full store buffers: nobody reads while somebody writes. The same run with a heavy barrier that does nothing is seen to fail.
/// </summary>
public sealed class LockStressTests(ITestOutputHelper output) : IClassFixture<ExclusiveMachine>
{
    private const int EnoughTorn = 5;
    private const int EnoughRevocations = 2_000;

    private static readonly TimeSpan s_time = TestMode.Choose(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(20));

    [Fact]
    public void Nobody_reads_what_a_writer_of_the_reader_biased_lock_writes()
    {
        (bool isCaught, long reads) = TryToCatch(static heavy => new LockedPair(new ReaderBiasedLock(heavy, new ManualTime(), fewestQuietReads: 0)));
        var pair = new LockedPair(new ReaderBiasedLock(AsymmetricBarrier.Heavy, new ManualTime(), fewestQuietReads: 0));
        Assert.Equal(0, Run(pair, s_time, (made, _) => made >= reads && pair.Lock.Revocations >= EnoughRevocations).Torn);
        ReportPower(isCaught);
    }

    [Fact]
    public void Nobody_reads_the_copy_that_a_writer_of_left_right_changes()
    {
        (bool isCaught, long reads) = TryToCatch(static heavy => new CopiedPair(heavy));
        Assert.Equal(0, Run(new CopiedPair(AsymmetricBarrier.Heavy), s_time, (made, writes) => made >= reads && writes >= EnoughRevocations).Torn);
        ReportPower(isCaught);
    }

    /// <summary>Attempts that grow, with a barrier that does nothing.</summary>
    /// <returns>Whether one was caught, and in how many reads: the real one says something if it makes as many.</returns>
    private (bool IsCaught, long Reads) TryToCatch(Func<Action, IPair> create)
    {
        long reads = 0;
        foreach (int seconds in new[] { 1, 4, 16 })
        {
            (int torn, long tried) = Run(create(static () => { }), TimeSpan.FromSeconds(seconds));
            reads += tried;
            if (torn >= EnoughTorn)
            {
                return (true, reads);
            }
        }

        return (false, 0);
    }

    private void ReportPower(bool isCaught)
    {
        if (!LitmusControl.MachineHasPower || !isCaught)
        {
            TestMode.NoPower(output, "without the heavy barrier nothing was seen torn");
        }
    }

    /// <summary>One writer and one reader as fast as they can, for a time and until there have been enough reads and writes, or until enough is torn.</summary>
    /// <returns>How often the two halves were seen different, and in how many reads.</returns>
    private (int Torn, long Reads) Run(IPair pair, TimeSpan time, Func<long, long, bool>? areEnough = null)
    {
        long start = Stopwatch.GetTimestamp();
        bool stop = false;
        int torn = 0;
        long reads = 0;
        var reader = new Thread(() =>
        {
            using ReaderHandle handle = pair.Register();
            var pressure = new StoreBufferPressure(seed: 1);
            while (!Volatile.Read(ref stop))
            {
                torn += pair.IsTorn(handle, pressure.Press()) ? 1 : 0;
                Volatile.Write(ref reads, reads + 1);
            }
        })
        { IsBackground = true };
        reader.Start();
        int writes = 0;
        while ((Stopwatch.GetElapsedTime(start) < time || areEnough?.Invoke(Volatile.Read(ref reads), writes) == false) && Volatile.Read(ref torn) < EnoughTorn)
        {
            pair.Write(++writes);
            pair.LetReadersIn();
        }

        Volatile.Write(ref stop, true);
        reader.Join();
        output.WriteLine($"{pair}: {torn} torn in {reads:N0} reads beside {writes:N0} writes");
        return (torn, reads);
    }

    /// <summary>Two halves of which a writer changes one after the other, and which a reader is to see equal.</summary>
    private interface IPair
    {
        ReaderHandle Register();

        void Write(int value);

        /// <summary>Leaves room between two writes.</summary>
        void LetReadersIn();

        bool IsTorn(ReaderHandle handle, uint random);
    }

    private sealed class LockedPair(ReaderBiasedLock guarded) : IPair
    {
        private int _first;
        private int _second;

        public ReaderBiasedLock Lock => guarded;

        public ReaderHandle Register() => guarded.Register();

        public void Write(int value)
        {
            using LockWrite write = guarded.EnterWrite();
            Volatile.Write(ref _first, value);
            Thread.SpinWait(20);
            Volatile.Write(ref _second, value);
        }

        /// <summary>Until the bias is back, or the reader seems to be away.</summary>
        public void LetReadersIn()
        {
            for (int spins = 0; !guarded.IsBiased && spins < 1_000; spins++)
            {
                Thread.SpinWait(8);
            }
        }

        public bool IsTorn(ReaderHandle handle, uint random)
        {
            using LockRead read = guarded.EnterRead(handle);
            int first = Volatile.Read(ref _first);
            Thread.SpinWait((int)(random & 31));
            int second = Volatile.Read(ref _second);
            return first != second;
        }

        public override string ToString() => $"lock, {guarded.Revocations:N0} revocations";
    }

    private sealed class CopiedPair(Action heavy) : IPair
    {
        private readonly LeftRight<Halves> _structure = new(new Halves(), static halves => new Halves { First = halves.First, Second = halves.Second }, heavy, TimeProvider.System);

        public ReaderHandle Register() => _structure.Register();

        public void Write(int value) => _structure.Write(value, static (halves, value) =>
        {
            Volatile.Write(ref halves.First, value);
            Thread.SpinWait(20);
            Volatile.Write(ref halves.Second, value);
        });

        public void LetReadersIn()
        {
        }

        public bool IsTorn(ReaderHandle handle, uint random)
        {
            using LeftRightRead<Halves> read = _structure.Read(handle);
            int first = Volatile.Read(ref read.Value.First);
            Thread.SpinWait((int)(random & 31));
            int second = Volatile.Read(ref read.Value.Second);
            return first != second;
        }

        public override string ToString() => "left-right";

        private sealed class Halves
        {
            public int First;
            public int Second;
        }
    }
}
