using Torture;

namespace SwmrKit.Tests;

/// <summary>That the readers, lease holders and waiters of the torture run notice what they are there for: memory is freed under them on purpose.</summary>
public sealed class TortureReaderTests : IClassFixture<SharedMachine>, IDisposable
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(60);

    private readonly BlockQuarantine _blocks = new();
    private readonly Tally _tally = new();
    private readonly Arena _arena;
    private readonly CancellationTokenSource _stop = new();

    public TortureReaderTests() => _arena = new Arena(new RetirementOptions(), _blocks, _tally);

    public void Dispose()
    {
        _arena.End(domainFirst: false);
        _arena.Settle();
        _blocks.Dispose();
        _stop.Dispose();
    }

    [Fact]
    public void Control_a_reader_notices_memory_that_is_freed_under_it() => Sabotage(() => new Reader(_arena, seed: 1).Run(_stop.Token), Free);

    [Fact]
    public void Control_a_lease_holder_notices_memory_that_is_freed_under_its_lease() => Sabotage(() => new LeaseHolder(_arena, seed: 1).Run(_stop.Token).Wait(), Free);

    [Fact]
    public void Workers_have_no_cause_for_complaint_where_nothing_is_freed_under_them()
    {
        using var waiter = new Waiter(_arena);
        Thread[] threads = [Start(() => new Reader(_arena, seed: 1).Run(_stop.Token)), Start(() => new LeaseHolder(_arena, seed: 1).Run(_stop.Token).Wait()), Start(() => waiter.Run(_stop.Token))];
        var random = new Random(1);
        long start = Environment.TickCount64;
        while ((_tally[Deed.Read] < 2_000 || _tally[Deed.LeaseAcrossAwait] < 10 || _tally[Deed.Synchronization] < 2) && Environment.TickCount64 - start < s_deadline.TotalMilliseconds)
        {
            _arena.Write((uint)random.Next(), withRoot: true);
        }

        _stop.Cancel();
        Assert.All(threads, static thread => Assert.True(thread.Join(s_deadline)));
        Assert.Null(_tally.FirstFailure);
        Assert.Equal(0, _tally.Violations);
        Assert.True(_tally[Deed.Synchronization] >= 2);
    }

    [Fact]
    public void Control_a_token_disposed_twice_and_an_exception_that_nobody_expects_are_noticed()
    {
        var token = new Token(_tally);
        token.Dispose();
        Assert.Equal(0, _tally.Violations);
        token.Dispose();
        Assert.Equal(1, _tally.Violations);
        _arena.Run(static () => throw new InvalidOperationException("on purpose"));
        _arena.Run(static () => throw new ObjectDisposedException("too early")); // The arena is not ending yet.
        Assert.Equal(2, _tally.Failures);
    }

    /// <summary>What the cell and the root hold, while both still do.</summary>
    private void Free()
    {
        using ReadGuard guard = _arena.Domain.Enter();
        guard.Read(_arena.Cell).Dispose();
        guard.Protect(ref _arena.Root)!.Dispose();
    }

    private void Sabotage(Action work, Action sabotage)
    {
        Thread worker = Start(work);
        Assert.True(SpinWait.SpinUntil(() => _tally[Deed.Read] + _tally[Deed.LeaseAcrossAwait] > 0, s_deadline), "nothing was read");
        Assert.Equal(0, _tally.Violations);
        sabotage();
        Assert.True(SpinWait.SpinUntil(() => _tally.Violations > 0, s_deadline), "nobody noticed");
        _stop.Cancel();
        Assert.True(worker.Join(s_deadline));
    }

    private static Thread Start(Action work)
    {
        var thread = new Thread(() => work()) { IsBackground = true };
        thread.Start();
        return thread;
    }
}
