using System.Runtime.CompilerServices;

namespace SwmrKit.Tests;

public sealed class ReaderRegistryTests : IClassFixture<SharedMachine>
{
    private readonly ReaderRegistry _registry = new();

    [Fact]
    public void Waiting_for_readers_returns_when_those_inside_have_left_and_not_before()
    {
        var reader = StalledReader.In(_registry);
        Thread waiter = StartWaiting();
        Assert.False(waiter.Join(50), "a reader was still inside");
        reader.Dispose();
        Assert.True(waiter.Join(TimeSpan.FromSeconds(60)), "the waiter never returned");
    }

    [Fact]
    public void Waiting_for_a_reader_that_never_leaves_times_out_and_it_can_be_named()
    {
        using var reader = StalledReader.In(_registry);
        Assert.False(_registry.WaitForReaders(TimeSpan.FromMilliseconds(20)));
        Assert.Equal(["stalled"], _registry.GetActiveReaders());
    }

    [Fact]
    public void Waiting_for_readers_does_not_wait_for_those_who_enter_later()
    {
        var first = StalledReader.In(_registry);
        Thread waiter = StartWaiting();
        using var late = StalledReader.In(_registry);
        first.Dispose();
        Assert.True(waiter.Join(TimeSpan.FromSeconds(60)), "the waiter waits for a reader that entered after it began");
    }

    [Fact]
    public void Waiting_for_oneself_is_refused()
    {
        using ReadGuard guard = _registry.Enter();
        Assert.Throws<InvalidOperationException>(() => _registry.WaitForReaders(TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public void Waiting_ends_when_cancelled()
    {
        using var reader = StalledReader.In(_registry);
        using var cancelled = new CancellationTokenSource(20);
        Assert.Throws<OperationCanceledException>(() => _registry.WaitForReaders(Timeout.InfiniteTimeSpan, cancelled.Token));
    }

    [Fact]
    public void A_token_cancelled_before_ends_the_wait_although_nobody_is_inside() =>
        Assert.Throws<OperationCanceledException>(() => _registry.WaitForReaders(TimeSpan.FromSeconds(60), new CancellationToken(canceled: true)));

    [Fact]
    public void A_negative_time_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => _registry.WaitForReaders(TimeSpan.FromSeconds(-5)));

    [Fact]
    public void A_thousand_threads_one_after_another_need_no_more_slots_than_one_without_a_garbage_collection()
    {
        int collections = GC.CollectionCount(0);
        bool withoutCollection = GC.TryStartNoGCRegion(64 << 20);
        for (int i = 0; i < 1_000; i++)
        {
            Wait.OnThread(() => _registry.Enter().Dispose());
        }

        int collected = GC.CollectionCount(0) - collections;
        if (System.Runtime.GCSettings.LatencyMode == System.Runtime.GCLatencyMode.NoGCRegion)
        {
            GC.EndNoGCRegion();
        }

        Assert.True(withoutCollection);
        Assert.InRange(collected, 0, 1); // Starting the region may collect.
        Assert.Equal(8, _registry.Capacity);
    }

    [Fact]
    public void Threads_that_come_and_go_need_no_more_slots_than_twice_those_alive_at_once()
    {
        const int AtOnce = 12;
        for (int wave = 0; wave < 80; wave++)
        {
            using var allInside = new Barrier(AtOnce);
            Thread[] threads = [.. Enumerable.Range(0, AtOnce).Select(_ => new Thread(() =>
            {
                using ReadGuard guard = _registry.Enter();
                allInside.SignalAndWait();
            }))];
            Array.ForEach(threads, static thread => thread.Start());
            Array.ForEach(threads, static thread => thread.Join());
        }

        Assert.InRange(_registry.Capacity, AtOnce, 2 * AtOnce);
    }

    [Fact]
    public void A_slot_left_inside_by_a_thread_that_ended_is_taken_back()
    {
#pragma warning disable SWMR004 // Left open, by the test's intent.
        Wait.OnThread(() => _ = _registry.Enter());
#pragma warning restore SWMR004
        Assert.Single(_registry.GetActiveReaders());
        Assert.True(_registry.WaitForReaders(TimeSpan.FromSeconds(60)));
        Assert.Equal(0, _registry.Count);
    }

    [Fact]
    public void Ten_thousand_registered_readers_all_count()
    {
        ReaderHandle[] handles = [.. Enumerable.Range(0, 10_000).Select(i => _registry.Register($"reader {i}"))];
        Assert.Equal(10_000, _registry.Count);
        using (handles[9_999].Enter())
        {
            Assert.Equal(["reader 9999"], _registry.GetActiveReaders());
        }

        foreach (ReaderHandle handle in handles)
        {
            handle.Dispose();
        }

        Assert.Equal(0, _registry.Count);
    }

    [Fact]
    public void One_thread_reads_from_many_registries_through_a_slot_in_each()
    {
        ReaderRegistry[] registries = [.. Enumerable.Range(0, 100).Select(_ => new ReaderRegistry())];
        for (int round = 0; round < 3; round++)
        {
            foreach (ReaderRegistry registry in registries)
            {
                registry.Enter().Dispose();
            }
        }

        Assert.All(registries, static registry => Assert.Equal(1, registry.Count));
    }

    [Fact]
    public void A_thread_that_reads_from_two_registries_in_turn_takes_no_lock()
    {
        var other = new ReaderRegistry();
        using var registered = new ManualResetEventSlim();
        using var locked = new ManualResetEventSlim();
        var reader = new Thread(() =>
        {
            Alternate();
            registered.Set();
            locked.Wait();
            Alternate();
        })
        { IsBackground = true };
        reader.Start();
        registered.Wait();
        using (LockOf(_registry).Enter())
        using (LockOf(other).Enter())
        {
            locked.Set();
            Assert.True(reader.Join(TimeSpan.FromSeconds(10)), "the reader waits for the lock of a registry");
        }

        void Alternate()
        {
            for (int i = 0; i < 3; i++)
            {
                _registry.Enter().Dispose();
                other.Enter().Dispose();
            }
        }
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_lock")]
    private static extern ref readonly ExclusiveLock LockOf(ReaderRegistry registry);

    /// <summary>Waits for readers on another thread, and returns once that wait has begun.</summary>
    private Thread StartWaiting()
    {
        long era = _registry.Era;
        var waiter = new Thread(() => _registry.WaitForReaders(Timeout.InfiniteTimeSpan)) { IsBackground = true };
        waiter.Start();
        Wait.Until(() => _registry.Era > era, "the wait began");
        return waiter;
    }
}
