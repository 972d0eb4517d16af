using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace SwmrKit;

/// <summary>Follows a <see cref="CopyOnWriteDictionary{TKey, TValue}"/>: tells subscribers, and streams from a version on, what its writes change.</summary>
/// <typeparam name="TKey">The type of the keys.</typeparam>
/// <typeparam name="TValue">The type of the values.</typeparam>
/// <remarks>
/// <para><b>Sets.</b> After a write the log takes a snapshot, on the thread pool, and finds what has changed since the one before (<see cref="DictionarySnapshot{TKey, TValue}.ChangesSince"/>). What was written meanwhile comes
/// together, and what was undone meanwhile not at all. Each set leads from the version to which the one before it led.</para>
/// <para><b>What it costs.</b> A write tells the log that there is something, which takes a lock for a moment. As after every snapshot, a page that is written is copied once for each set; <see cref="DictionaryChangeLogOptions{TValue}.BatchInterval"/>
/// makes sets, and copies, fewer. The log holds one snapshot, its last, and <see cref="DictionaryChangeLogOptions{TValue}.MaxChanges"/> changes with their values: neither subscribers nor streams keep others alive, however slow they are.</para>
/// <para><b>Thread-safety.</b> All members may be called from any thread, subscribers included.</para>
/// <para>Dispose it: the dictionary keeps it alive until then.</para>
/// </remarks>
public sealed class DictionaryChangeLog<TKey, TValue> : IDisposable
    where TKey : notnull
{
    private readonly DictionaryChangeLogOptions<TValue> _options;
    private readonly Channel<bool> _signals = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });
    private readonly CancellationTokenSource _ended = new();
    private readonly Lock _lock = new();
    private readonly Dictionary<long, DictionaryChangeSet<TKey, TValue>> _sets = []; // By the version they lead from: a chain, from the first to the last. The lock's, as all below.
    private long _first; // From which version the oldest leads.
    private long _kept;
    private DictionarySnapshot<TKey, TValue> _last;
    private TaskCompletionSource _moved = NewSignal();
    private Subscription[] _subscriptions = [];
    private bool _isDisposed;

    /// <summary>Begins to follow a dictionary, from its state at the call on.</summary>
    /// <param name="dictionary">The dictionary.</param>
    /// <param name="options">How; null for the usual.</param>
    /// <exception cref="ArgumentNullException"><paramref name="dictionary"/>, or a clock, is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number or an interval is negative, or the interval longer than timers go: 49 days.</exception>
    public DictionaryChangeLog(CopyOnWriteDictionary<TKey, TValue> dictionary, DictionaryChangeLogOptions<TValue>? options = null)
    {
        ArgumentNullException.ThrowIfNull(dictionary);
        _options = options ?? new();
        if (_options.MaxChanges < 0)
        {
            throw new ArgumentOutOfRangeException(nameof(options), _options.MaxChanges, "MaxChanges is not negative.");
        }

        if (_options.BatchInterval < TimeSpan.Zero || _options.BatchInterval > TimeSpan.FromMilliseconds(uint.MaxValue - 1))
        {
            throw new ArgumentOutOfRangeException(nameof(options), _options.BatchInterval, "BatchInterval is between zero and 49 days, which timers can wait.");
        }

        if (_options.TimeProvider is null)
        {
            throw new ArgumentNullException(nameof(options), "TimeProvider is null. Leave it out for the system's.");
        }

        Dictionary = dictionary;
        dictionary.Attach(Signal); // D6: before the snapshot; a write that does not call it is in there.
        _last = dictionary.Snapshot();
        _first = _last.Version;
        ThreadPool.UnsafeQueueUserWorkItem(static log => _ = log.FollowAsync(), this, preferLocal: false); // Without what flows from the caller.
    }

    /// <summary>A subscriber, a comparer called to find what has changed, or the clock threw. The log goes on: others hear of the set all the same; changes that could not be found come with a later set. It is raised on the thread pool, or where
    /// <see cref="Dispose"/> cannot stop the clock, by its caller; what a handler throws is swallowed.</summary>
    public event EventHandler<DictionaryChangeLogFailedEventArgs>? Failed;

    /// <summary>The dictionary.</summary>
    public CopyOnWriteDictionary<TKey, TValue> Dictionary { get; }

    /// <summary>The version to which the log has come.</summary>
    public long Version
    {
        get
        {
            lock (_lock)
            {
                return _last.Version;
            }
        }
    }

    /// <summary>Calls a subscriber with each set of changes from a snapshot on.</summary>
    /// <param name="since">What the subscriber knows: the first set leads from there. <c>default</c> for nothing: the first set adds everything, and <see cref="DictionaryChangeSet{TKey, TValue}.IsReset"/>.</param>
    /// <param name="subscriber">It is called on the thread pool, with one set after the other, in order, and never with an empty one but for a first that is a reset. Others wait meanwhile: what takes long had better read
    /// <see cref="ReadAsync(DictionarySnapshot{TKey, TValue}, CancellationToken)"/>. What it throws is told by <see cref="Failed"/>.</param>
    /// <returns>The subscription; dispose it to end it. A call under way then goes on to its end.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="subscriber"/> is null.</exception>
    /// <exception cref="ArgumentException"><paramref name="since"/> is of another dictionary.</exception>
    /// <exception cref="ObjectDisposedException">The log has been disposed.</exception>
    public IDisposable Subscribe(DictionarySnapshot<TKey, TValue> since, Action<DictionaryChangeSet<TKey, TValue>> subscriber)
    {
        ArgumentNullException.ThrowIfNull(subscriber);
        Check(since);
        var subscription = new Subscription(this, since, subscriber);
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            _subscriptions = [.. _subscriptions, subscription];
        }

        Signal();
        return subscription;
    }

    /// <summary>The sets of changes from a snapshot on, at the reader's own pace, until the log is disposed.</summary>
    /// <param name="since">What the reader knows: the first set leads from there. <c>default</c> for nothing: the first set adds everything, and <see cref="DictionaryChangeSet{TKey, TValue}.IsReset"/>. It is let go of once that set is made.</param>
    /// <param name="cancellationToken">Ends the waiting for a set.</param>
    /// <returns>The sets; none is empty, but for a first that is a reset. To be enumerated once; a second time it leads from the snapshot's version, as <see cref="ResumeAsync"/> does. Where the reader falls so far behind that the log no longer has the next one, a reset comes in its place, with all there is then.</returns>
    /// <exception cref="ArgumentException"><paramref name="since"/> is of another dictionary.</exception>
    /// <exception cref="OperationCanceledException">On enumerating: the token was cancelled.</exception>
    public IAsyncEnumerable<DictionaryChangeSet<TKey, TValue>> ReadAsync(DictionarySnapshot<TKey, TValue> since, CancellationToken cancellationToken = default)
    {
        Check(since);
        return ReadAsync(new Start(new(since), since.Version), cancellationToken);
    }

    /// <summary>The sets of changes from a version on, at the reader's own pace, until the log is disposed: for who has read sets before.</summary>
    /// <param name="version">The <see cref="DictionaryChangeSet{TKey, TValue}.ToVersion"/> of the last set that was read. Of another version, of 0, or where the log no longer has what follows, the first set is a reset.</param>
    /// <param name="cancellationToken">Ends the waiting for a set.</param>
    /// <returns>As for <see cref="ReadAsync(DictionarySnapshot{TKey, TValue}, CancellationToken)"/>.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The dictionary has not come to this version, or it is negative.</exception>
    /// <exception cref="OperationCanceledException">On enumerating: the token was cancelled.</exception>
    public IAsyncEnumerable<DictionaryChangeSet<TKey, TValue>> ResumeAsync(long version, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(version);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(version, Dictionary.Version);
        return ReadAsync(new Start(null, version), cancellationToken);
    }

    /// <summary>Ends it: no subscriber is called any more, but for a call under way; streams end after what the log has.</summary>
    public void Dispose()
    {
        Dictionary.Detach(Signal);
        TaskCompletionSource moved;
        lock (_lock)
        {
            if (_isDisposed)
            {
                return;
            }

            _isDisposed = true;
            Array.ForEach(_subscriptions, static subscription => subscription.End());
            _subscriptions = [];
            moved = _moved;
        }

        try
        {
            _ended.Cancel();
        }
        catch (AggregateException exception) // The clock's: of a timer that cannot be disposed.
        {
            Fail(exception);
        }

        _signals.Writer.TryComplete();
        moved.TrySetResult();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>An interrupt of the writer, which the channel's lock lets through, is kept for its next wait: it has written.</summary>
    private void Signal()
    {
        bool interrupted = false;
        while (true)
        {
            try
            {
                _signals.Writer.TryWrite(true); // D6: where one is there already it has not been read; whoever reads it, under the channel's lock, captures what was written before this.
                break;
            }
            catch (ThreadInterruptedException)
            {
                interrupted = true;
            }
        }

        if (interrupted)
        {
            Thread.CurrentThread.Interrupt();
        }
    }

    private void Check(DictionarySnapshot<TKey, TValue> since)
    {
        if (!since.IsOf(Dictionary))
        {
            throw DictionaryErrors.OfAnother(nameof(since));
        }
    }

    private async Task FollowAsync()
    {
        await foreach (bool _ in _signals.Reader.ReadAllAsync().ConfigureAwait(false))
        {
            Advance();
            if (_options.BatchInterval > TimeSpan.Zero)
            {
                try
                {
                    await Task.Delay(_options.BatchInterval, _options.TimeProvider, _ended.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }
#pragma warning disable CA1031 // The clock's: told, and the next set comes at once.
                catch (Exception exception)
#pragma warning restore CA1031
                {
                    Fail(exception);
                }
            }
        }

        _ended.Dispose();
    }

    /// <summary>Finds the next set, and tells the subscribers.</summary>
    private void Advance()
    {
        DictionarySnapshot<TKey, TValue> last = _last; // This task alone writes it.
        DictionarySnapshot<TKey, TValue> now = Dictionary.Snapshot();
        DictionaryChangeSet<TKey, TValue>? set = null;
        if (now.Version != last.Version)
        {
            try
            {
                set = new(now.ChangesSince(last, _options.ValueComparer), last.Version);
            }
#pragma warning disable CA1031 // A comparer's, or memory that is short: told, and tried again with the next write.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                Fail(exception);
                return;
            }

            Append(set, now);
        }
        else
        {
            Keep(now); // What was trimmed away meanwhile is kept alive by the one before.
        }

        foreach (Subscription subscription in Volatile.Read(ref _subscriptions))
        {
            subscription.Tell(set, now);
        }
    }

    private void Keep(DictionarySnapshot<TKey, TValue> now)
    {
        lock (_lock)
        {
            _last = now;
        }
    }

    private void Append(DictionaryChangeSet<TKey, TValue> set, DictionarySnapshot<TKey, TValue> now)
    {
        TaskCompletionSource moved;
        lock (_lock)
        {
            _sets.Add(set.FromVersion, set);
            _kept += WeightOf(set);
            while (_kept > _options.MaxChanges && _sets.Count > 1 && _sets.Remove(_first, out DictionaryChangeSet<TKey, TValue>? oldest))
            {
                _kept -= WeightOf(oldest);
                _first = oldest.ToVersion;
            }

            _last = now;
            (moved, _moved) = (_moved, _isDisposed ? _moved : NewSignal());
        }

        moved.TrySetResult();

        // An empty one too takes room, and there is no end of writes that change nothing.
        static int WeightOf(DictionaryChangeSet<TKey, TValue> set) => Math.Max(1, set.Count);
    }

    private async IAsyncEnumerable<DictionaryChangeSet<TKey, TValue>> ReadAsync(Start start, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Start position = start.Take();
        long told = position.Version;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            (DictionaryChangeSet<TKey, TValue>? set, Task? moved) = Next(position);
            if (set is not null)
            {
                if (set.Count > 0 || set.IsReset)
                {
                    set = set.LeadingFrom(told);
                    told = set.ToVersion;
                    yield return set;
                }
            }
            else if (moved is not null)
            {
                await moved.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
            else
            {
                yield break;
            }
        }
    }

    /// <summary>The set that follows, and goes on behind it.</summary>
    /// <returns>The set; or what to wait for until there may be one; or neither where there will be none.</returns>
    private (DictionaryChangeSet<TKey, TValue>? Set, Task? Moved) Next(Start position)
    {
        DictionarySnapshot<TKey, TValue> last;
        DictionaryChangeSet<TKey, TValue>? set = null;
        lock (_lock)
        {
            last = _last;
            bool isWaiting = position.Since is { Value: var known } ? !known.IsDefault && last.Version <= known.Version : last.Version <= position.Version;
            if (isWaiting)
            {
                return (null, _isDisposed ? null : _moved.Task);
            }

            if (position.Since is null)
            {
                set = _sets.GetValueOrDefault(position.Version);
            }
        }

        set ??= new(last.ChangesSince(position.Since?.Value ?? default, _options.ValueComparer), position.Version);
        (position.Since, position.Version) = (null, set.ToVersion);
        return (set, null);
    }

    private void Fail(Exception exception)
    {
        try
        {
            Failed?.Invoke(this, new DictionaryChangeLogFailedEventArgs(exception));
        }
#pragma warning disable CA1031 // There is nobody left to tell.
        catch (Exception)
#pragma warning restore CA1031
        {
        }
    }

    private void End(Subscription subscription)
    {
        lock (_lock)
        {
            _subscriptions = [.. _subscriptions.Where(other => other != subscription)];
        }
    }

    /// <summary>From where a stream leads on.</summary>
    /// <param name="since">A snapshot, while it has not led from it; null for what a set led to.</param>
    /// <param name="version">The version.</param>
    private sealed class Start(StrongBox<DictionarySnapshot<TKey, TValue>>? since, long version)
    {
        private StrongBox<DictionarySnapshot<TKey, TValue>>? _since = since;

        public StrongBox<DictionarySnapshot<TKey, TValue>>? Since
        {
            get => _since;
            set => _since = value;
        }

        public long Version { get; set; } = version;

        /// <summary>A copy, to which the snapshot goes over: the stream itself must not keep it alive. From version 0 it leads from nothing.</summary>
        public Start Take() => new(Interlocked.Exchange(ref _since, null) ?? (Version == 0 ? new(default) : null), Version);
    }

    /// <param name="log">The log.</param>
    /// <param name="since">What the subscriber knew when it began.</param>
    /// <param name="subscriber">Whom to call.</param>
    private sealed class Subscription(DictionaryChangeLog<TKey, TValue> log, DictionarySnapshot<TKey, TValue> since, Action<DictionaryChangeSet<TKey, TValue>> subscriber) : IDisposable
    {
        private volatile StrongBox<DictionarySnapshot<TKey, TValue>>? _since = new(since); // Until the first set.
        private volatile bool _hasEnded;
        private long _told = since.Version;

        public void Tell(DictionaryChangeSet<TKey, TValue>? set, DictionarySnapshot<TKey, TValue> now)
        {
            ExecutionContext? context = ExecutionContext.Capture();
            try
            {
                if (_since is { Value: var since })
                {
                    if (since.Version > now.Version)
                    {
                        return; // It came while this was under way, with what is newer. It is told next: it has signalled.
                    }

                    set = new(now.ChangesSince(since, log._options.ValueComparer), since.Version);
                    _since = null;
                }

                if (set is not null && (set.Count > 0 || set.IsReset) && !_hasEnded)
                {
                    set = set.LeadingFrom(_told);
                    _told = set.ToVersion;
                    subscriber(set);
                }
            }
#pragma warning disable CA1031 // One subscriber's failure is not the others'.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                log.Fail(exception);
            }
            finally
            {
                if (context is not null)
                {
                    ExecutionContext.Restore(context); // What a subscriber makes ambient is its own.
                }
            }
        }

        public void Dispose()
        {
            End();
            log.End(this);
        }

        /// <summary>Calls nobody any more, and lets go of the snapshot.</summary>
        public void End() => (_hasEnded, _since) = (true, null);
    }
}
