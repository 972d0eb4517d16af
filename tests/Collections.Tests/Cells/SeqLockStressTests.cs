using System.Globalization;
using SwmrKit.Testing;
using Xunit.Abstractions;

namespace SwmrKit.Tests;

/// <summary>On this machine's hardware, beside a writer at full rate: no value is torn nor goes back, and every read ends. The same copies without the second look are seen to tear.</summary>
public sealed class SeqLockStressTests(ITestOutputHelper output) : IClassFixture<ExclusiveMachine>
{
    private const int EnoughTorn = 10;

    private static readonly long s_reads = TestMode.Choose(100_000L, 5_000_000L);
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(5);

    [Fact]
    public void No_value_is_torn_nor_goes_back()
    {
        foreach (int slots in new[] { 1, 2, 8 })
        {
            Stress<long>(slots);
            Stress<Words4>(slots);
            Stress<Words8>(slots);
            Stress<Words32>(slots);
            Stress<Words512>(slots);
        }
    }

    [Fact]
    public void Control_copies_that_nobody_looks_at_again_are_torn()
    {
        var holder = new Unprotected();
        (long reads, long torn) = Run(
            version => holder.Block.CopyFrom(Words.Of<Words32>(version)),
            () =>
            {
                holder.Block.CopyTo(out Words32 value);
                return Words.AreAll(value, value[0]);
            },
            long.MaxValue,
            TimeSpan.FromSeconds(30));
        output.WriteLine($"{torn} of {reads} torn");
        if (torn < EnoughTorn)
        {
            TestMode.NoPower(output, $"only {torn} of {reads} copies were torn");
        }
    }

    private void Stress<T>(int slots)
        where T : unmanaged
    {
        var cell = new SeqLockCell<T>(Words.Of<T>(1), slots);
        long last = 0;
        long tried = 0;
        (long reads, long wrong) = Run(
            version =>
            {
                switch (version % 3)
                {
                    case 0:
                        cell.Write(Words.Of<T>(version + 1));
                        break;
                    case 1:
                        cell.Update(version, static (ref value, version) => value = Words.Of<T>(version + 1));
                        break;
                    default:
                        cell.Exchange(Words.Of<T>(version + 1));
                        break;
                }
            },
            () =>
            {
                T value = cell.Read(out long version);
                bool right = Words.AreAll(value, version) && version >= last;
                last = version;
                if (cell.TryRead(1, out value, out version))
                {
                    right &= Words.AreAll(value, version) && version >= last;
                    last = version;
                    tried++;
                }
                else
                {
                    right &= version == 0 && Words.AreAll(value, 0);
                }

                return right;
            },
            s_reads,
            s_limit);
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{typeof(T).Name,-8} {slots} slot(s): {wrong} wrong of {reads:N0} reads beside {cell.Version:N0} writes; {cell.LockedReads:N0} took the lock, {reads - tried:N0} single tries failed"));
        Assert.Equal(0, wrong);
        Assert.True(reads >= s_reads, $"only {reads} reads ended in time");
    }

    /// <summary>Writes the versions from 1 on while another thread reads.</summary>
    private static (long Reads, long Wrong) Run(Action<long> write, Func<bool> isRight, long enough, TimeSpan limit)
    {
        using var stop = new CancellationTokenSource(limit);
        (long reads, long wrong) = (0, 0);
        var reader = new Thread(() =>
        {
            for (; reads < enough && wrong < EnoughTorn && !stop.IsCancellationRequested; reads++)
            {
                wrong += isRight() ? 0 : 1;
            }

            stop.Cancel();
        });
        reader.Start();
        for (long version = 1; !stop.IsCancellationRequested; version++)
        {
            write(version);
        }

        reader.Join();
        return (reads, wrong);
    }

    private sealed class Unprotected
    {
        public SharedBlock<Words32> Block;
    }
}
