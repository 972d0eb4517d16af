using FsCheck.Xunit;

#pragma warning disable SWMR004, SWMR005 // Reads left open or copied are tested here.

namespace SwmrKit.Tests;

public sealed class LeftRightTests : IClassFixture<SharedMachine>
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(60);

    private readonly LeftRight<List<int>> _list = new([], static list => [.. list]);
    private readonly List<LeftRightCopyGivenUpEventArgs> _givenUp = [];

    public LeftRightTests() => _list.CopyGivenUp += (_, args) => _givenUp.Add(args);

    [Fact]
    public void What_is_written_is_read_afterwards_from_either_copy()
    {
        for (int i = 0; i < 10; i++)
        {
            _list.Write(i, static (list, i) => list.Add(i));
            Assert.Equal(Enumerable.Range(0, i + 1), _list.Read(static list => list.ToArray()));
        }

        Assert.Equal(0, _list.Rebuilds);
    }

    [Fact]
    public void An_operation_runs_once_on_each_copy_and_its_first_result_is_returned()
    {
        var copies = new List<object>();
        int result = _list.Write(list =>
        {
            list.Add(7);
            copies.Add(list);
            return copies.Count;
        });
        Assert.Equal(1, result);
        Assert.Equal(2, copies.Distinct(ReferenceEqualityComparer.Instance).Count());
    }

    [Fact]
    public void A_reader_never_waits_and_goes_on_reading_what_it_found()
    {
        using ReaderHandle handle = _list.Register();
        LeftRightRead<List<int>> read = _list.Read(handle);
        Thread writer = StartWriting(1);
        Assert.Empty(read.Value);
        Assert.Equal(1, Count());
        Assert.False(writer.Join(30), "a reader was still in the old copy");
        Assert.Empty(read.Value);
        using (LeftRightRead<List<int>> inner = _list.Read(handle))
        {
            Assert.Single(inner.Value);
        }

        read.Dispose();
        Assert.True(writer.Join(s_deadline), "the writer never came back");
        Assert.Equal([1], _list.TakeBack(s_deadline).Copy);
    }

    [Fact]
    public void Readers_that_come_back_to_back_keep_no_writer_waiting()
    {
        // At every instant somebody is inside: each of two readers leaves only when the other has come in.
        using var stop = new CancellationTokenSource();
        int[] entries = [0, 0];
        Thread[] readers = [.. Enumerable.Range(0, 2).Select(me => new Thread(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                using LeftRightRead<List<int>> read = _list.Read();
                int seen = Volatile.Read(ref entries[1 - me]);
                Volatile.Write(ref entries[me], entries[me] + 1);
                SpinWait.SpinUntil(() => Volatile.Read(ref entries[1 - me]) != seen || stop.IsCancellationRequested);
            }
        })
        { IsBackground = true })];
        Array.ForEach(readers, static reader => reader.Start());
        Wait.Until(() => entries[0] > 10 && entries[1] > 10, "the readers read");
        for (int i = 0; i < 20; i++)
        {
            _list.Write(static list => list.Add(1), s_deadline, default);
        }

        stop.Cancel();
        Array.ForEach(readers, static reader => reader.Join());
        Assert.Empty(_givenUp);
    }

    [Fact]
    public void Writers_take_turns()
    {
        Parallel.For(0, 200, new ParallelOptions { MaxDegreeOfParallelism = 4 }, i => _list.Write(i, static (list, i) => list.Add(i)));
        (List<int> value, List<int>? copy) = _list.TakeBack(s_deadline);
        Assert.Equal(Enumerable.Range(0, 200), value.Order());
        Assert.Equal(value, copy);
    }

    [Fact]
    public void What_throws_on_the_first_copy_changes_nothing()
    {
        _list.Write(static list => list.Add(1));
        Assert.Throws<NotSupportedException>(() => _list.Write(static list =>
        {
            list.Add(2);
            throw new NotSupportedException();
        }));
        Assert.Equal(1, Count());
        _list.Write(static list => list.Add(3));
        Assert.Equal([1, 3], _list.Read(static list => list.ToArray()));
        (List<int> value, List<int>? copy) = _list.TakeBack(s_deadline);
        Assert.Equal(value, copy);
        Assert.NotSame(value, copy);
        Assert.Equal((1, 0), (_list.Rebuilds, _givenUp.Count));
    }

    [Fact]
    public void What_throws_on_the_second_copy_is_reported_and_has_been_made()
    {
        int runs = 0;
        _list.Write(list =>
        {
            list.Add(1);
            if (++runs == 2)
            {
                throw new NotSupportedException();
            }
        });
        Assert.Equal(1, Count());
        LeftRightCopyGivenUpEventArgs givenUp = Assert.Single(_givenUp);
        Assert.Null(givenUp.Reader);
        Assert.IsType<NotSupportedException>(givenUp.Exception);
        _list.Write(static list => list.Add(2));
        Assert.Equal([1, 2], _list.Read(static list => list.ToArray()));
        Assert.Equal([1, 2], _list.TakeBack(s_deadline).Copy);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_writer_whose_wait_for_readers_ends_has_written_and_names_the_reader(bool isCancelled)
    {
        using var cancelled = new CancellationTokenSource();
        using (StalledReader.In(_list))
        {
            if (isCancelled)
            {
                cancelled.CancelAfter(10);
                _list.Write(static list => list.Add(1), Timeout.InfiniteTimeSpan, cancelled.Token);
            }
            else
            {
                _list.Write(1, static (list, value) => list.Add(value), TimeSpan.FromMilliseconds(5), default);
            }

            Assert.Equal(1, Count());
            LeftRightCopyGivenUpEventArgs givenUp = Assert.Single(_givenUp);
            Assert.Equal(("stalled", isCancelled), (givenUp.Reader, givenUp.Exception is OperationCanceledException));
            _list.Write(static list => list.Add(2), TimeSpan.Zero, default);
            Assert.Equal(2, Count());
        }

        _list.Write(static list => list.Add(3));
        (List<int> value, List<int>? copy) = _list.TakeBack(s_deadline);
        Assert.Equal([1, 2, 3], value);
        Assert.Equal([1, 2, 3], copy);
    }

    [Fact]
    public void A_writer_held_up_by_another_changes_nothing()
    {
        using (StalledReader.In(_list))
        {
            Thread writer = StartWriting(1);
            Assert.Null(Assert.Throws<WriteTimeoutException>(() => _list.Write(static list => list.Add(2), TimeSpan.FromMilliseconds(5), default)).Reader);
            using var cancelled = new CancellationTokenSource(5);
            Assert.Throws<OperationCanceledException>(() => _list.Write(static list => list.Add(2), Timeout.InfiniteTimeSpan, cancelled.Token));
            Assert.True(writer.IsAlive);
        }

        _list.Write(static list => list.Add(3));
        Assert.Equal([1, 3], _list.Read(static list => list.ToArray()));
    }

    [Fact]
    public void An_interrupt_in_the_wait_for_readers_is_kept_and_the_write_made()
    {
        bool wasKept = false;
        var reader = StalledReader.In(_list);
        var writer = new Thread(() =>
        {
            _list.Write(static list => list.Add(1));
            wasKept = Record.Exception(static () => Thread.Sleep(1)) is ThreadInterruptedException;
        })
        { IsBackground = true };
        writer.Start();
        Wait.Until(() => Count() == 1, "the write was published");
        writer.Interrupt();
        Assert.True(writer.Join(s_deadline));
        reader.Dispose();
        Assert.True(wasKept);
        Assert.Equal("stalled", Assert.Single(_givenUp).Reader);
    }

    [Fact]
    public void An_interrupt_that_ends_the_second_run_is_kept_too()
    {
        bool wasKept = false;
        var writer = new Thread(() =>
        {
            int runs = 0;
            _list.Write(list =>
            {
                list.Add(1);
                if (++runs == 2)
                {
                    Thread.CurrentThread.Interrupt();
                    Thread.Sleep(1);
                }
            });
            wasKept = Record.Exception(static () => Thread.Sleep(1)) is ThreadInterruptedException;
        })
        { IsBackground = true };
        writer.Start();
        Assert.True(writer.Join(s_deadline));
        Assert.True(wasKept);
        Assert.IsType<ThreadInterruptedException>(Assert.Single(_givenUp).Exception);
    }

    [Fact]
    public void A_heavy_barrier_that_fails_costs_a_copy_and_no_write()
    {
        int failures = 1;
        var list = new LeftRight<List<int>>([], static list => [.. list], () => _ = failures-- > 0 ? throw new AsymmetricBarrierException("It failed.") : 0, TimeProvider.System);
        list.CopyGivenUp += (_, args) => _givenUp.Add(args);
        using LeftRightRead<List<int>> read = list.Read();
        Wait.OnThread(() => list.Write(static list => list.Add(1)));
        Assert.IsType<AsymmetricBarrierException>(Assert.Single(_givenUp).Exception);
        Wait.OnThread(() => list.Write(static list => list.Add(2), TimeSpan.Zero, default));
        Assert.Empty(read.Value);
        Assert.Equal([1, 2], list.Read(static list => list.ToArray()));
        Assert.Equal(1, list.Rebuilds);
    }

    [Fact]
    public void A_clone_that_is_no_copy_is_refused()
    {
        Assert.Throws<InvalidOperationException>(() => new LeftRight<List<int>>([], static list => list));
        Assert.Throws<InvalidOperationException>(() => new LeftRight<List<int>>([], static _ => null!));
    }

    [Fact]
    public void A_clone_that_throws_leaves_everything_as_it_was_for_the_next_write()
    {
        bool throws = false;
        var list = new LeftRight<List<int>>([1], list => throws ? throw new NotSupportedException() : [.. list]);
        Assert.Throws<InvalidCastException>(() => list.Write(static _ => throw new InvalidCastException()));
        throws = true;
        Assert.Throws<NotSupportedException>(() => list.Write(static list => list.Add(2)));
        Assert.Equal([1], list.Read(static list => list.ToArray()));
        throws = false;
        list.Write(static list => list.Add(2));
        Assert.Equal([1, 2], list.Read(static list => list.ToArray()));
    }

    [Fact]
    public void Writes_inside_reads_and_writes_are_refused_and_reads_inside_writes_see_what_is_published()
    {
        using (_list.Read())
        {
            Assert.Throws<InvalidOperationException>(() => _list.Write(static list => list.Add(1)));
            Assert.Throws<InvalidOperationException>(() => _list.TakeBack(TimeSpan.Zero));
        }

        Assert.Throws<InvalidOperationException>(() => _list.Write(_ => _list.Write(static list => list.Add(1))));
        var seen = new List<int>();
        _list.Write(list =>
        {
            list.Add(2);
            seen.Add(Count());
        });
        Assert.Equal([0, 1], seen);
        Assert.Empty(_givenUp);
    }

    [Fact]
    public void What_is_taken_back_is_the_takers_alone_and_nobody_elses()
    {
        _list.Write(static list => list.Add(1));
        using (StalledReader.In(_list))
        {
            Assert.Equal("stalled", Assert.Throws<WriteTimeoutException>(() => _list.TakeBack(TimeSpan.FromMilliseconds(5))).Reader);
            Assert.Throws<ObjectDisposedException>(() => _list.Read().Dispose());
            Assert.Throws<ObjectDisposedException>(() => _list.Write(static list => list.Add(2)));
        }

        Assert.Empty(_list.GetActiveReaders());
        (List<int> value, List<int>? copy) = _list.TakeBack(s_deadline);
        Assert.Equal([1], value);
        Assert.Equal([1], copy);
        Assert.Throws<ObjectDisposedException>(() => _list.TakeBack(s_deadline));
    }

    [Fact]
    public void Only_this_structures_handles_read_it()
    {
        using ReaderHandle other = new ReaderRegistry().Register();
        using ReaderHandle ofLock = new ReaderBiasedLock().Register();
        ReaderHandle own = _list.Register();
        Assert.Throws<InvalidOperationException>(() => _list.Read(other).Dispose());
        Assert.Throws<InvalidOperationException>(() => _list.Read(ofLock).Dispose());
        Assert.Throws<ArgumentNullException>(() => _list.Read((ReaderHandle)null!).Dispose());
        own.Dispose();
        Assert.Throws<ObjectDisposedException>(() => _list.Read(own).Dispose());
    }

    [Fact]
    public void A_read_that_is_not_open_has_no_value()
    {
        LeftRightRead<List<int>> read = _list.Read();
        read.Dispose();
        read.Dispose();
        bool isRefused = false;
        try
        {
            _ = read.Value;
        }
        catch (InvalidOperationException)
        {
            isRefused = true;
        }

        Assert.True(isRefused);
    }

    [Fact]
    public void A_read_allocates_nothing()
    {
        using ReaderHandle handle = _list.Register();
        Read(10);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Read(1_000);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Read(int times)
        {
            for (int i = 0; i < times; i++)
            {
                _list.Read(handle).Dispose();
                _list.Read(static list => list.Count);
            }
        }
    }

    /// <summary>Operations, some of which throw on one copy or the other, or find a reader in it that stays: against a list that gets those that do not throw on the first.</summary>
    [Property(MaxTest = 100)]
    public void The_copies_are_what_one_structure_would_be(byte[] program)
    {
        var list = new LeftRight<List<int>>([], static list => [.. list]);
        var expected = new List<int>();
        foreach (byte operation in program)
        {
            int runs = 0;
            int throwsAt = (operation & 7) switch { 0 => 1, 1 => 2, _ => 0 };
            using StalledReader? reader = (operation & 7) == 2 ? StalledReader.In(list) : null;
            Exception? thrown = Record.Exception(() => list.Write(
                copy =>
                {
                    copy.Insert(operation % (copy.Count + 1), operation);
                    if (++runs == throwsAt)
                    {
                        throw new NotSupportedException();
                    }
                },
                reader is null ? s_deadline : TimeSpan.Zero,
                default));
            Assert.Equal(throwsAt == 1, thrown is NotSupportedException);
            if (thrown is null)
            {
                expected.Insert(operation % (expected.Count + 1), operation);
            }

            Assert.Equal(expected, list.Read(static list => list.ToArray()));
        }

        list.Write(static list => list.Add(-1));
        expected.Add(-1);
        (List<int> value, List<int>? copy) = list.TakeBack(s_deadline);
        Assert.Equal(expected, value);
        Assert.Equal(expected, copy);
    }

    private int Count() => _list.Read(static list => list.Count);

    /// <summary>Writes on another thread, and returns when that has been published.</summary>
    private Thread StartWriting(int value)
    {
        int before = Count();
        var writer = new Thread(() => _list.Write(value, static (list, value) => list.Add(value))) { IsBackground = true };
        writer.Start();
        Wait.Until(() => Count() > before, "the write was published");
        return writer;
    }
}
