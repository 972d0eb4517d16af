using System.Runtime.CompilerServices;
using FsCheck.Xunit;

#pragma warning disable SWMR004, SWMR005 // Sections left open or copied are tested here.

namespace SwmrKit.Tests;

public sealed class ReaderBiasedLockTests : IClassFixture<SharedMachine>
{
    private const int QuietReads = 100;

    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(60);

    private readonly ReaderBiasedLock _lock = new(AsymmetricBarrier.Heavy, TimeProvider.System, QuietReads);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_writer_waits_for_the_readers_inside_and_no_longer(bool isBiased)
    {
        Prepare(isBiased);
        var first = StalledReader.In(_lock);
        var second = StalledReader.In(_lock);
        Thread writer = StartWriting();
        first.Dispose();
        Assert.False(writer.Join(30), "a reader was still inside");
        second.Dispose();
        Assert.True(writer.Join(s_deadline), "the writer never got in");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Readers_wait_for_the_writer_inside_and_are_told_when_it_takes_too_long(bool isBiased)
    {
        Prepare(isBiased);
        using (_lock.EnterWrite())
        {
            Assert.True(_lock.IsWriteHeld);
            Wait.OnThread(() => Assert.Throws<TimeoutException>(() => _lock.EnterRead(TimeSpan.FromMilliseconds(5), default).Dispose()));
            Wait.OnThread(() =>
            {
                using ReaderHandle handle = _lock.Register();
                Assert.Throws<TimeoutException>(() => _lock.EnterRead(handle, TimeSpan.Zero, default).Dispose());
            });
            Wait.OnThread(() =>
            {
                using var cancelled = new CancellationTokenSource(10);
                Assert.Throws<OperationCanceledException>(() => _lock.EnterRead(Timeout.InfiniteTimeSpan, cancelled.Token).Dispose());
            });
            Assert.Empty(_lock.GetActiveReaders());
        }

        Wait.OnThread(() => _lock.EnterRead(TimeSpan.Zero, default).Dispose());
    }

    [Fact]
    public void New_readers_wait_while_a_writer_does_and_reads_inside_reads_do_not()
    {
        using var writing = new ManualResetEventSlim();
        using (_lock.EnterRead())
        {
            Thread writer = StartWriting();
            Wait.OnThread(() => Assert.Throws<TimeoutException>(() => _lock.EnterRead(TimeSpan.Zero, default).Dispose()));
            _lock.EnterRead().Dispose();
            _lock.EnterRead(TimeSpan.Zero, default).Dispose();
            Assert.False(writer.Join(0), "the inner read let the writer in");
        }
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public void A_read_inside_a_read_of_the_same_thread_through_another_reader_does_not_wait_for_the_writer_that_waits(bool isBiased, bool isOuterExplicit)
    {
        Prepare(isBiased);
        using ReaderHandle handle = _lock.Register("explicit");
        LockRead outer = isOuterExplicit ? _lock.EnterRead(handle) : _lock.EnterRead();
        Thread writer = StartWriting();
        LockRead inner = isOuterExplicit ? _lock.EnterRead(TimeSpan.Zero, default) : _lock.EnterRead(handle, TimeSpan.Zero, default);
        bool isRefused = false;
        try
        {
            outer.Dispose();
        }
        catch (InvalidOperationException)
        {
            isRefused = true;
        }

        Assert.True(isRefused, "the inner read would have been left without protection");
        Assert.False(writer.Join(30), "the writer got in beside the inner read");
        inner.Dispose();
        Assert.False(writer.Join(30), "the inner read let the writer in");
        outer.Dispose();
        Assert.True(writer.Join(s_deadline), "the writer never got in");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_writer_held_up_names_the_reader_and_leaves_the_lock_as_it_was(bool isBiased)
    {
        Prepare(isBiased);
        using (StalledReader.In(_lock))
        {
            WriteTimeoutException held = Assert.Throws<WriteTimeoutException>(() => _lock.EnterWrite(TimeSpan.FromMilliseconds(5)).Dispose());
            Assert.Equal("stalled", held.Reader);
            Assert.Contains("'stalled'", held.Message, StringComparison.Ordinal);
            Wait.OnThread(() => _lock.EnterRead(TimeSpan.Zero, default).Dispose());
            Assert.Throws<WriteTimeoutException>(() => _lock.EnterWrite(TimeSpan.Zero).Dispose());
        }

        _lock.EnterWrite(TimeSpan.Zero).Dispose();
    }

    [Fact]
    public async Task An_asynchronous_writer_held_up_names_the_reader_too()
    {
        using (StalledReader.In(_lock))
        {
            WriteTimeoutException held = await Assert.ThrowsAsync<WriteTimeoutException>(() => _lock.EnterWriteAsync(TimeSpan.FromMilliseconds(5)));
            Assert.Equal("stalled", held.Reader);
        }

        (await _lock.EnterWriteAsync(TimeSpan.Zero)).Dispose();
    }

    [Fact]
    public void A_writer_held_up_by_another_names_nobody()
    {
        using LockWrite write = _lock.EnterWrite();
        Wait.OnThread(() => Assert.Null(Assert.Throws<WriteTimeoutException>(() => _lock.EnterWrite(TimeSpan.FromMilliseconds(5)).Dispose()).Reader));
    }

    [Fact]
    public async Task A_writer_that_waits_can_be_cancelled()
    {
        using var reader = StalledReader.In(_lock);
        using (var cancelled = new CancellationTokenSource(10))
        {
            Assert.Throws<OperationCanceledException>(() => _lock.EnterWrite(Timeout.InfiniteTimeSpan, cancelled.Token).Dispose());
        }

        using (var cancelled = new CancellationTokenSource(10))
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _lock.EnterWriteAsync(cancelled.Token));
        }

        Wait.OnThread(() => _lock.EnterRead(TimeSpan.Zero, default).Dispose());
    }

    [Fact]
    public void Time_is_the_time_providers()
    {
        var time = new ManualTime();
        var timed = new ReaderBiasedLock(time);
        using var reader = StalledReader.In(timed);
        Exception? end = null;
        var writer = new Thread(() => end = Record.Exception(() => timed.EnterWrite(TimeSpan.FromHours(1)).Dispose())) { IsBackground = true };
        writer.Start();
        Wait.Until(() => timed.IsWriteHeld, "the writer waits");
        Assert.False(writer.Join(20), "an hour passed by itself");
        time.Advance(TimeSpan.FromHours(1));
        Assert.True(writer.Join(s_deadline), "the hour never passed");
        Assert.IsType<WriteTimeoutException>(end);
    }

    [Fact]
    public void A_negative_time_is_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => _lock.EnterWrite(TimeSpan.FromSeconds(-5)).Dispose());
        Assert.Throws<ArgumentOutOfRangeException>(() => _lock.EnterRead(TimeSpan.FromSeconds(-5), default).Dispose());
    }

    [Fact]
    public async Task A_write_inside_a_read_is_refused_and_changes_nothing()
    {
        Task<AsyncLockWrite> asynchronous;
        using (_lock.EnterRead())
        {
            Assert.Contains("cannot become a write", Assert.Throws<InvalidOperationException>(() => _lock.EnterWrite().Dispose()).Message, StringComparison.Ordinal);
            asynchronous = _lock.EnterWriteAsync(default(CancellationToken));
            Assert.Single(_lock.GetActiveReaders());
            Assert.True(_lock.IsBiased);
        }

        await Assert.ThrowsAsync<InvalidOperationException>(() => asynchronous);
        _lock.EnterWrite(TimeSpan.Zero).Dispose();
    }

    [Fact]
    public void A_write_inside_a_write_is_refused_and_ends_nothing()
    {
        using LockWrite write = _lock.EnterWrite();
        Assert.Contains("do not nest", Assert.Throws<InvalidOperationException>(() => _lock.EnterWrite().Dispose()).Message, StringComparison.Ordinal);
        Assert.True(_lock.IsWriteHeld);
    }

    [Fact]
    public void A_read_inside_a_write_is_let_in_and_may_outlive_it_with_no_writer_between()
    {
        using ReaderHandle handle = _lock.Register("downgraded");
        LockWrite write = _lock.EnterWrite();
        using (_lock.EnterRead())
        {
            // Both leave inside the write.
        }

        LockRead read = _lock.EnterRead(handle);
        write.Dispose();
        Wait.OnThread(() =>
        {
            _lock.EnterRead(TimeSpan.Zero, default).Dispose();
            Assert.Equal("downgraded", Assert.Throws<WriteTimeoutException>(() => _lock.EnterWrite(TimeSpan.FromMilliseconds(5)).Dispose()).Reader);
        });
        read.Dispose();
        Wait.OnThread(() => _lock.EnterWrite(TimeSpan.Zero).Dispose());
    }

    [Fact]
    public async Task An_asynchronous_write_is_left_on_any_thread_and_once()
    {
        AsyncLockWrite first = await _lock.EnterWriteAsync(default(CancellationToken));
        Wait.OnThread(() => Assert.Throws<TimeoutException>(() => _lock.EnterRead(TimeSpan.Zero, default).Dispose()));
        Wait.OnThread(first.Dispose);
        AsyncLockWrite second = await _lock.EnterWriteAsync(TimeSpan.Zero);
        first.Dispose();
        Assert.True(_lock.IsWriteHeld, "the first write's disposal ended the second");
        second.Dispose();
        Assert.False(_lock.IsWriteHeld);
    }

    [Fact]
    public void A_copy_of_a_write_that_has_been_left_ends_no_other()
    {
        LockWrite write = _lock.EnterWrite();
        LockWrite copy = write;
        write.Dispose();
        using LockWrite next = _lock.EnterWrite();
        copy.Dispose();
        Assert.True(_lock.IsWriteHeld);
    }

    [Fact]
    public void A_default_section_is_nothing()
    {
        default(LockRead).Dispose();
        default(LockWrite).Dispose();
        Assert.False(_lock.IsWriteHeld);
    }

    [Fact]
    public void Reads_left_out_of_turn_are_refused_and_left_twice_do_nothing()
    {
        LockRead outer = _lock.EnterRead();
        LockRead copy = outer;
        LockRead inner = _lock.EnterRead();
        bool isRefused = false;
        try
        {
            outer.Dispose();
        }
        catch (InvalidOperationException)
        {
            isRefused = true;
        }

        Assert.True(isRefused);
        inner.Dispose();
        Assert.Single(_lock.GetActiveReaders());
        outer.Dispose();
        copy.Dispose();
        Assert.Empty(_lock.GetActiveReaders());
    }

    [Theory]
    [InlineData(0, QuietReads)]
    [InlineData(10, 4_000)]
    [InlineData(1_000_000, 8_192)]
    public void One_write_revokes_the_bias_those_that_follow_do_not_and_reads_that_cost_as_much_bring_it_back(int microseconds, int quietReads)
    {
        var time = new ManualTime();
        var guarded = new ReaderBiasedLock(() => time.Advance(TimeSpan.FromMicroseconds(microseconds)), time, QuietReads);
        Assert.True(guarded.IsBiased);
        for (int i = 0; i < 10; i++)
        {
            guarded.EnterWrite().Dispose();
            Read(quietReads); // One less than what it takes: the first one begins to count.
        }

        Assert.Equal((false, 1), (guarded.IsBiased, guarded.Revocations));
        Read(1);
        Assert.True(guarded.IsBiased);
        guarded.EnterWrite().Dispose();
        Assert.Equal((false, 2), (guarded.IsBiased, guarded.Revocations));

        void Read(int times)
        {
            for (int i = 0; i < times; i++)
            {
                guarded.EnterRead().Dispose();
            }
        }
    }

    [Fact]
    public void The_bias_is_not_given_back_while_a_writer_waits()
    {
        var guarded = new ReaderBiasedLock(AsymmetricBarrier.Heavy, new ManualTime(), fewestQuietReads: 0);
        guarded.EnterWrite().Dispose();
        var reader = StalledReader.In(guarded); // Gives it back.
        Assert.True(guarded.IsBiased);
        var writer = new Thread(() => guarded.EnterWrite().Dispose()) { IsBackground = true };
        writer.Start();
        Wait.Until(() => guarded.IsWriteHeld, "the writer waits");
        Wait.OnThread(() => Assert.Throws<TimeoutException>(() => guarded.EnterRead(TimeSpan.Zero, default).Dispose()));
        Assert.True(guarded.IsWriteHeld);
        Assert.False(writer.Join(0));
        reader.Dispose();
        Assert.True(writer.Join(s_deadline));
    }

    [Fact]
    public void A_reader_that_had_to_wait_is_let_in_before_the_next_writer()
    {
        for (int round = 0; round < 50; round++)
        {
            bool hasWritten = false;
            bool wasFirst = false;
            LockWrite write = _lock.EnterWrite();
            Thread reader = new(() =>
            {
                using LockRead read = _lock.EnterRead();
                wasFirst = !hasWritten;
            })
            { IsBackground = true };
            Thread writer = new(() =>
            {
                using LockWrite next = _lock.EnterWrite();
                hasWritten = true;
            })
            { IsBackground = true };
            reader.Start();
            Wait.Until(() => WaitingOf(_lock).Read() == 1, "the reader waits");
            writer.Start();
            write.Dispose();
            Assert.True(reader.Join(s_deadline) && writer.Join(s_deadline), "somebody never got in");
            Assert.True(wasFirst, $"the writer overtook the reader in round {round}");
        }
    }

    [Fact]
    public async Task Writers_of_both_kinds_and_readers_take_turns()
    {
        const int Writes = 40;
        int first = 0;
        int second = 0;
        bool wasTorn = false;
        using var stop = new CancellationTokenSource();
        var reader = new Thread(() =>
        {
            using ReaderHandle handle = _lock.Register();
            while (!stop.IsCancellationRequested)
            {
                using LockRead read = _lock.EnterRead(handle);
                wasTorn |= first != second;
            }
        })
        { IsBackground = true };
        reader.Start();
        Task[] writers =
        [
            .. Enumerable.Range(0, 2).Select(_ => Task.Run(async () =>
            {
                for (int i = 0; i < Writes; i++)
                {
                    using AsyncLockWrite write = await _lock.EnterWriteAsync(s_deadline);
                    first++;
                    await Task.Yield(); // Maybe on another thread.
                    second++;
                }
            })),
            .. Enumerable.Range(0, 2).Select(_ => Task.Run(() =>
            {
                for (int i = 0; i < Writes; i++)
                {
                    using LockWrite write = _lock.EnterWrite(s_deadline);
                    first++;
                    Thread.Yield();
                    second++;
                }
            })),
        ];
        await Task.WhenAll(writers).WaitAsync(s_deadline);
        await stop.CancelAsync();
        Assert.True(reader.Join(s_deadline));
        Assert.False(wasTorn);
        Assert.Equal((4 * Writes, 4 * Writes), (first, second));
    }

    [Fact]
    public async Task A_thread_that_ended_inside_a_read_holds_nobody_up_whose_time_is_short()
    {
        StartReadingAndEnd();
        _lock.EnterWrite(TimeSpan.Zero).Dispose();
        StartReadingAndEnd();
        (await _lock.EnterWriteAsync(TimeSpan.Zero)).Dispose();
        var pair = new LeftRight<List<int>>([1], static list => [.. list]);
        int givenUp = 0;
        pair.CopyGivenUp += (_, _) => givenUp++;
        Wait.OnThread(() => _ = pair.Read());
        pair.Write(static list => list.Add(2), TimeSpan.Zero, default);
        Assert.Equal(0, givenUp);
        Wait.OnThread(() => _ = pair.Read());
        Assert.Equal([1, 2], pair.TakeBack(TimeSpan.Zero).Value);

        void StartReadingAndEnd() => Wait.OnThread(() => _ = _lock.EnterRead());
    }

    [Fact]
    public void A_thread_that_ended_inside_a_read_holds_nobody_up()
    {
        Wait.OnThread(() => _ = _lock.EnterRead());
        _lock.EnterWrite(s_deadline).Dispose();
    }

    [Fact]
    public void Readers_register_while_a_writer_waits()
    {
        var reader = StalledReader.In(_lock);
        Thread writer = StartWriting();
        Thread[] late = [.. Enumerable.Range(0, 20).Select(_ => new Thread(() => _lock.EnterRead().Dispose()) { IsBackground = true })];
        Array.ForEach(late, static thread => thread.Start());
        Wait.Until(() => WaitingOf(_lock).Read() == 20, "the late readers wait");
        reader.Dispose();
        Assert.True(writer.Join(s_deadline), "the writer never got in");
        Assert.All(late, static thread => Assert.True(thread.Join(s_deadline), "a late reader never got in"));
    }

    [Fact]
    public void A_heavy_barrier_that_fails_lets_nobody_in_and_is_made_up_for()
    {
        int failures = 1;
        int made = 0;
        var guarded = new ReaderBiasedLock(() => made += failures-- > 0 ? throw new AsymmetricBarrierException("It failed.") : 1, TimeProvider.System, QuietReads);
        Assert.Throws<AsymmetricBarrierException>(() => guarded.EnterWrite().Dispose());
        Assert.Equal((true, false, 0), (guarded.IsBiased, guarded.IsWriteHeld, guarded.Revocations));
        guarded.EnterRead(TimeSpan.Zero, default).Dispose();
        guarded.EnterWrite(TimeSpan.Zero).Dispose();
        Assert.Equal((1, 1), (made, guarded.Revocations));
    }

    [Fact]
    public void Only_this_locks_handles_enter_it_and_they_enter_nothing_else()
    {
        using var domain = new RetirementDomain();
        using var cell = new SwmrCell<string>("value", domain);
        using ReaderHandle ofDomain = domain.Register();
        using ReaderHandle ofAnother = new ReaderBiasedLock().Register();
        ReaderHandle own = _lock.Register();
        Assert.Throws<InvalidOperationException>(() => _lock.EnterRead(ofDomain).Dispose());
        Assert.Throws<InvalidOperationException>(() => _lock.EnterRead(ofAnother, TimeSpan.Zero, default).Dispose());
        Assert.Throws<ArgumentNullException>(() => _lock.EnterRead(null!).Dispose());
        Assert.Throws<InvalidOperationException>(() => own.Enter().Dispose());
        Assert.Throws<InvalidOperationException>(() => cell.Read(own).Dispose());
        own.Dispose();
        Assert.Throws<ObjectDisposedException>(() => _lock.EnterRead(own).Dispose());
        Assert.Throws<ObjectDisposedException>(() => own.Enter().Dispose());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_read_allocates_nothing(bool isBiased)
    {
        var guarded = new ReaderBiasedLock();
        using ReaderHandle handle = guarded.Register();
        if (!isBiased)
        {
            guarded.EnterWrite().Dispose();
        }

        Read(10);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Read(1_000);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(isBiased, guarded.IsBiased);

        void Read(int times)
        {
            for (int i = 0; i < times; i++)
            {
                guarded.EnterRead(handle).Dispose();
                guarded.EnterRead().Dispose();
            }
        }
    }

    /// <summary>Sections in sections, as the bytes say, against the rules; at each step another thread tries what it must be able to do, and what it must not.</summary>
    [Property(MaxTest = 60)]
    public void Who_is_let_in_is_what_the_rules_say(byte[] program)
    {
        using var ends = new ManualResetEventSlim();
        using var asked = new SemaphoreSlim(0);
        using var answered = new SemaphoreSlim(0);
        (bool Read, bool Write) other = default;
        var prober = new Thread(() =>
        {
            while (true)
            {
                asked.Wait();
                if (ends.IsSet)
                {
                    return;
                }

                other = (Succeeds(() => _lock.EnterRead(TimeSpan.Zero, default).Dispose()), Succeeds(() => _lock.EnterWrite(TimeSpan.Zero).Dispose()));
                answered.Release();
            }
        })
        { IsBackground = true };
        prober.Start();
        int at = 0;
        Follow(isReading: false, isWriting: false);
        ends.Set();
        asked.Release();
        Assert.True(prober.Join(s_deadline));

        void Follow(bool isReading, bool isWriting)
        {
            asked.Release();
            answered.Wait();
            Assert.Equal((!isWriting, !isReading && !isWriting), other);
            while (at < program.Length)
            {
                switch (program[at++] % 3)
                {
                    case 0:
                        using (_lock.EnterRead())
                        {
                            Follow(isReading: true, isWriting);
                        }

                        break;
                    case 1 when isReading || isWriting:
                        Assert.Throws<InvalidOperationException>(() => _lock.EnterWrite(TimeSpan.Zero).Dispose());
                        break;
                    case 1:
                        using (_lock.EnterWrite(TimeSpan.Zero))
                        {
                            Follow(isReading, isWriting: true);
                        }

                        break;
                    default:
                        return;
                }
            }
        }

        static bool Succeeds(Action action) => Record.Exception(action) is null or not TimeoutException;
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_waiting")]
    private static extern ref SharedInt32 WaitingOf(ReaderBiasedLock guarded);

    private void Prepare(bool isBiased)
    {
        if (!isBiased)
        {
            _lock.EnterWrite().Dispose();
        }

        Assert.Equal(isBiased, _lock.IsBiased);
    }

    /// <summary>Writes on another thread, and returns once that waits.</summary>
    private Thread StartWriting()
    {
        var writer = new Thread(() => _lock.EnterWrite().Dispose()) { IsBackground = true };
        writer.Start();
        Wait.Until(() => _lock.IsWriteHeld, "the writer waits");
        return writer;
    }
}
