using System.Buffers;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace SwmrKit;

/// <summary>
/// Disposes what was replaced: exactly once, promptly, and never while a reader can still be using it.
/// </summary>
/// <remarks>
/// <para><b>Readers</b> enter a read section (<see cref="Enter"/>, or faster through a handle from <see cref="Register"/>) and read
/// under its guard, without fence, lock, interlocked instruction or allocation. <b>Writers</b> first unlink something, so that no
/// new reader can find it, then <see cref="Retire(IDisposable, long, long)"/> it. It is disposed as soon as no reader that could have
/// found it is left; one heavy barrier (<see cref="AsymmetricBarrier.Heavy"/>) serves a whole batch.</para>
/// <para><b>What a reader holds back</b> is what was alive while it read. Containers know since when a thing was alive; for what
/// is retired without that knowledge, every reader that entered before counts.</para>
/// <para><b>Callbacks</b> run on a retiring thread or on the flush timer's, outside every lock; they may retire. One that throws
/// is counted and reported by <see cref="CallbackFailed"/>; the others run. So it is with an asynchronous disposal that fails.</para>
/// <para>All members may be called from any thread. Nothing runs at process exit.</para>
/// <para>The scheme combines interval-based reclamation (Wen et al., PPoPP 2018) with asymmetric barriers as in user-space RCU's
/// membarrier flavour.</para>
/// </remarks>
[DebuggerDisplay("{Statistics}")]
[SuppressMessage("ApiDesign", "RS0026", Justification = "The forms of Retire differ in what is retired, the first parameter.")]
public sealed class RetirementDomain : IDisposable
{
    private static readonly Lazy<RetirementDomain> s_shared = new(
        static () => new RetirementDomain(new RetirementOptions { Name = "shared" }),
        LazyThreadSafetyMode.PublicationOnly); // A construction that fails, for want of memory, is tried again; one too many is dropped.

    private static readonly TimeSpan s_disposeWait = TimeSpan.FromSeconds(5);

    private static int s_created;

    private readonly Reclaimer _reclaimer;
    private readonly TimeProvider _time;
    private readonly TimeSpan _stalledReaderAge;
    private SharedInt32 _disposed;

    /// <summary>Creates a domain with the default options.</summary>
    public RetirementDomain()
        : this(new RetirementOptions())
    {
    }

    /// <summary>Creates a domain.</summary>
    /// <param name="options">How it batches its work.</param>
    /// <exception cref="ArgumentNullException"><paramref name="options"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public RetirementDomain(RetirementOptions options)
        : this(options, AsymmetricBarrier.Heavy)
    {
    }

    /// <param name="options">How it batches its work.</param>
    /// <param name="heavy">The heavy barrier; tests put a broken one here.</param>
    internal RetirementDomain(RetirementOptions options, Action heavy)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _time = options.TimeProvider;
        _stalledReaderAge = options.StalledReaderAge;
        Name = options.Name ?? $"domain-{Interlocked.Increment(ref s_created)}";
        Readers = new ReaderRegistry(heavy, _time);
        Hazards = new HazardRegistry(this, options);
        _reclaimer = new Reclaimer(this, heavy, options);
        RetirementMetrics.Add(this);
    }

    /// <summary>A callback threw, or an asynchronous disposal failed. Raised on the thread where that came up; exceptions of handlers are ignored.</summary>
    /// <remarks>A handler runs as a callback does: it may retire and publish, which is left to the timer; <see cref="Synchronize"/> and
    /// <see cref="Dispose"/> are refused. What fails in it is counted, and not reported to handlers again.</remarks>
    public event EventHandler<RetirementFailedEventArgs>? CallbackFailed;

    /// <summary>A pass on a retiring thread or on the flush timer's failed, as a rule because the heavy barrier did; or the timer could not be set; or
    /// <see cref="Dispose"/> left something behind. What was considered stays pending and is tried again.</summary>
    /// <remarks>
    /// <para>A pass that was asked for (<see cref="TryReclaim"/>, <see cref="Synchronize"/>, <see cref="Dispose"/>) throws instead. After a timer that could not be
    /// set, the next retirement or pass sets it.</para>
    /// <para>A handler runs as a callback does: see <see cref="CallbackFailed"/>.</para>
    /// </remarks>
    public event EventHandler<RetirementFailedEventArgs>? ReclaimFailed;

    /// <summary>A <see cref="Lease{T}"/> of an object that must be disposed was dropped: collected without having been disposed. Nobody knows whether the object is
    /// still in use, so it is left to its own finalizer, and counts as <see cref="RetirementStatistics.Abandoned"/> when it has been retired.</summary>
    /// <remarks>Raised on the finalizer's thread, where a handler must not wait. It runs as a callback does: see <see cref="CallbackFailed"/>.</remarks>
    public event EventHandler<LeaseLeakedEventArgs>? LeaseLeaked;

    /// <summary>More has become pending than the options allow, unless their policy is <see cref="RetirementOverflow.Grow"/>. Raised once each time the limit
    /// is passed, by the retiring thread.</summary>
    /// <remarks>A handler runs as a callback does: see <see cref="CallbackFailed"/>.</remarks>
    public event EventHandler<RetirementOverflowEventArgs>? Overflowed;

    /// <summary>The domain of containers that were given none: one a process, never disposed.</summary>
    public static RetirementDomain Shared => s_shared.Value;

    /// <summary>The name of <see cref="RetirementOptions.Name"/>, or one with a number.</summary>
    public string Name { get; }

    /// <summary>The readers of this domain.</summary>
    public ReaderRegistry Readers { get; }

    /// <summary>How many leases are held now, of objects that must be disposed. O(1).</summary>
    public int LeasesHeld => Hazards.Held;

    internal HazardRegistry Hazards { get; }

    /// <summary>The counts since creation. O(1).</summary>
    public RetirementStatistics Statistics => _reclaimer.Statistics;

    /// <summary>Registers an explicit reader for the calling thread.</summary>
    /// <param name="name">For people; by default the thread's name.</param>
    /// <returns>The handle. It is bound to the calling thread; dispose it there when the thread stops reading.</returns>
    /// <exception cref="ObjectDisposedException">The domain has been disposed.</exception>
    public ReaderHandle Register(string? name = null)
    {
        ThrowIfDisposed();
        return Readers.Register(name);
    }

    /// <summary>Enters a read section as the calling thread's implicit reader.</summary>
    /// <returns>The guard; dispose it on this thread, innermost first.</returns>
    /// <exception cref="ObjectDisposedException">The domain has been disposed.</exception>
    public ReadGuard Enter()
    {
        ThrowIfDisposed();
        return Readers.Enter();
    }

    /// <summary>Hands over something that no reader can find any more, to be disposed when no reader holds it. Never waits for readers.</summary>
    /// <param name="value">What to dispose. The calling thread has unlinked it, and nobody else disposes it.</param>
    /// <param name="bytes">What it occupies, for statistics and limits.</param>
    /// <param name="birth">The era (<see cref="ReaderRegistry.Era"/>) read before it was first published: what only readers from before that
    /// era could hold back is not held back. With 0, unknown, every reader that entered before the retirement counts, and
    /// <b>one that never leaves holds back everything retired since: without bound</b>.</param>
    /// <remarks>
    /// <para>O(1), amortised over a batch; no allocation at steady state. When a batch is full its callbacks run on the calling thread, unless it
    /// is itself in a callback or in <see cref="SwmrCell{T}.Update"/>: call this after leaving your own locks. Running out of memory loses what has been
    /// unlinked: <see cref="Reserve"/> before the unlink where that matters.</para>
    /// <para>An object that can be disposed both ways is disposed by its <see cref="IDisposable.Dispose"/>, which is what containers prefer too;
    /// convert it to <see cref="IAsyncDisposable"/> for the other way.</para>
    /// <para>An object that a container has published and given away (<see cref="Detached{T}"/>) is retired once by whichever way, and not disposed before its leases are. The earlier birth
    /// counts, yours or that of its first publication; with 0 it is unknown as ever, for it may have been reachable otherwise too. <see cref="Detached{T}.Retire"/> knows it.</para>
    /// </remarks>
    /// <exception cref="ArgumentNullException"><paramref name="value"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="bytes"/> or <paramref name="birth"/> is negative, or the era of birth has not come yet.</exception>
    /// <exception cref="InvalidOperationException">A container has published the object, and it is still published, has been retired, or belongs to another domain; nothing has been changed.</exception>
    [OverloadResolutionPriority(1)]
    public void Retire(IDisposable value, long bytes = 0, long birth = 0) =>
        Accept(RetiredItem.Disposing(value, bytes, birth, Readers.Clock), Ownership.Find(value));

    /// <summary>As <see cref="Retire(IDisposable, long, long)"/>, for what is disposed asynchronously.</summary>
    /// <param name="value">What to dispose. The calling thread has unlinked it, and nobody else disposes it.</param>
    /// <param name="bytes">What it occupies, for statistics and limits.</param>
    /// <param name="birth">The era read before it was first published, or 0 when unknown: then a reader that never leaves holds back without bound.</param>
    /// <remarks>
    /// The callback begins the disposal, and nothing waits for its end but <see cref="Synchronize"/> and <see cref="Dispose"/>: until then it is pending, afterwards
    /// reclaimed; a failure is reported by <see cref="CallbackFailed"/>. A disposal that does not complete at once costs an allocation. In
    /// its part behind the first <c>await</c> it must not call <see cref="Synchronize"/> or <see cref="Dispose"/> of this domain: it would wait for itself, which
    /// cannot be noticed there.
    /// </remarks>
    /// <exception cref="ArgumentNullException"><paramref name="value"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="bytes"/> or <paramref name="birth"/> is negative, or the era of birth has not come yet.</exception>
    /// <exception cref="InvalidOperationException">A container has published the object, and it is still published, has been retired, or belongs to another domain; nothing has been changed.</exception>
    public void Retire(IAsyncDisposable value, long bytes = 0, long birth = 0) =>
        Accept(RetiredItem.DisposingAsync(value, bytes, birth, Readers.Clock), Ownership.Find(value));

    /// <summary>As <see cref="Retire(IDisposable, long, long)"/>, with an action to be called instead of a disposal.</summary>
    /// <typeparam name="TState">The type of the state.</typeparam>
    /// <param name="state">What the action gets. The calling thread has unlinked it.</param>
    /// <param name="action">What to do, once; a static lambda costs no allocation.</param>
    /// <param name="bytes">What it occupies, for statistics and limits.</param>
    /// <param name="birth">The era read before it was first published, or 0 when unknown: then a reader that never leaves holds back without bound.</param>
    /// <remarks>The state is only what the action gets: it may be published or retired several times, and its leases are not waited for. So do not dispose in the action
    /// what a container has given away: retire that itself.</remarks>
    /// <exception cref="ArgumentNullException"><paramref name="state"/> or <paramref name="action"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="bytes"/> or <paramref name="birth"/> is negative, or the era of birth has not come yet.</exception>
    public void Retire<TState>(TState state, Action<TState> action, long bytes = 0, long birth = 0)
        where TState : class => _reclaimer.Retire(RetiredItem.Calling(state, action, bytes, birth, Readers.Clock));

    /// <summary>As <see cref="Retire(IDisposable, long, long)"/>, for an array that goes back to its pool. Its size is counted as its bytes.</summary>
    /// <typeparam name="T">The type of the elements.</typeparam>
    /// <param name="array">The array, rented from the pool. The calling thread has unlinked it, and nobody else returns it.</param>
    /// <param name="pool">Where it goes.</param>
    /// <param name="clearArray">Whether the pool clears it.</param>
    /// <param name="birth">The era read before it was first published, or 0 when unknown: then a reader that never leaves holds back without bound.</param>
    /// <remarks>An array that was published before and rented again is a new one: its birth is the era read before the new publication.</remarks>
    /// <exception cref="ArgumentNullException"><paramref name="array"/> or <paramref name="pool"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="birth"/> is negative, or an era that has not come yet.</exception>
    /// <exception cref="InvalidOperationException">A container has published the array, and it is still published, has been retired, or belongs to another domain; nothing has been changed.</exception>
    public void Retire<T>(T[] array, ArrayPool<T> pool, bool clearArray = false, long birth = 0) =>
        Accept(RetiredItem.Returning(array, pool, clearArray, birth, Readers.Clock), Ownership.Find(array));

    /// <summary>
    /// Makes room for one retirement, before the unlink: what is then retired through it is taken over without an allocation, so
    /// that running out of memory cannot lose it.
    /// </summary>
    /// <returns>The room; dispose it, used or not.</returns>
    /// <remarks>O(1) amortised. What readers hold back and what callbacks retire does not take the room.</remarks>
    /// <exception cref="OutOfMemoryException">There is none. Nothing has been unlinked yet.</exception>
    /// <exception cref="RetirementOverflowException">More is pending than the options allow, and <see cref="RetirementOverflow.Throw"/> is chosen.</exception>
    public RetirementReservation Reserve() => new(_reclaimer, mayRefuse: true);

    /// <summary>Reclaims now what no reader holds, instead of when the batch is full or the delay over. Does not wait for readers.</summary>
    /// <returns>How many things were reclaimed by this call, asynchronous disposals that go on not counted; 0 in a callback or in
    /// <see cref="SwmrCell{T}.Update"/>, where it does nothing.</returns>
    /// <exception cref="AsymmetricBarrierException">The heavy barrier failed; everything is still pending.</exception>
    public int TryReclaim() => Reclaimer.MayRunCallbacks ? _reclaimer.Reclaim() : 0;

    /// <summary>
    /// Waits until every read section open now has been left, then reclaims what was retired before the call, callbacks that
    /// other threads are running and asynchronous disposals included. For what a lease holds it waits until the lease is disposed.
    /// </summary>
    /// <remarks>A lease belongs to no thread: waiting for one that the caller itself holds is not noticed, and lasts until the time is over. One that was dropped is
    /// waited for until it is collected; what it held is not reclaimed then, but <see cref="RetirementStatistics.Abandoned"/>.</remarks>
    /// <param name="timeout">The longest wait; <see cref="Timeout.InfiniteTimeSpan"/> for no limit.</param>
    /// <param name="cancellationToken">Ends the wait early.</param>
    /// <returns>True when all of that is done, false when the time ran out: <see cref="ReaderRegistry.GetActiveReaders"/> of
    /// <see cref="Readers"/> then names the readers that have not left, and <see cref="LeasesHeld"/> counts the leases that have not been disposed.</returns>
    /// <exception cref="InvalidOperationException">The calling thread is inside a read section of this domain, runs a callback, or is in
    /// <see cref="SwmrCell{T}.Update"/>.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="AsymmetricBarrierException">The heavy barrier failed; everything is still pending.</exception>
    /// <exception cref="ThreadInterruptedException">The thread was interrupted while it waited.</exception>
    public bool Synchronize(TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        ThrowIfMustNotWait(nameof(Synchronize));
        var deadline = new Deadline(_time, timeout, cancellationToken);
        Readers.ThrowIfCallerInside();
        return deadline.SpinUntil(BeginSynchronization().IsOver);
    }

    /// <summary>As <see cref="Synchronize"/>, without holding a thread: looks again from time to time, at most 16 ms apart.</summary>
    /// <param name="timeout">The longest wait; <see cref="Timeout.InfiniteTimeSpan"/> for no limit.</param>
    /// <param name="cancellationToken">Ends the wait early.</param>
    /// <returns>True when all of that is done, false when the time ran out.</returns>
    /// <remarks>May be called inside a read section, if the task is awaited after it. In an asynchronous disposal of this domain, behind its first <c>await</c>, it would wait for
    /// itself, which cannot be noticed there. Callbacks run on the calling thread first, later on the thread pool's.</remarks>
    /// <exception cref="InvalidOperationException">The calling thread runs a callback, or is in <see cref="SwmrCell{T}.Update"/>.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The time is negative and not infinite.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="AsymmetricBarrierException">The heavy barrier failed; everything is still pending.</exception>
    public Task<bool> SynchronizeAsync(TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        ThrowIfMustNotWait(nameof(SynchronizeAsync));
        var deadline = new Deadline(_time, timeout, cancellationToken);
        using AsyncFlowControl noFlow = ExecutionContext.SuppressFlow(); // As the timer: the caller's ambient state has no business in callbacks.
        return deadline.PollUntilAsync(BeginSynchronization().IsOver);
    }

    /// <summary>Waits until nothing is pending: what callbacks retire in turn, and what other threads go on retiring, included.</summary>
    /// <param name="cancellationToken">Ends the wait; nothing is lost by that.</param>
    /// <returns>A task that completes when nothing was pending.</returns>
    /// <remarks>For the end of a program's or a component's life, when writers have stopped: while they go on it may never end. See also <see cref="SynchronizeAsync"/>.</remarks>
    /// <exception cref="InvalidOperationException">The calling thread runs a callback, or is in <see cref="SwmrCell{T}.Update"/>.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="AsymmetricBarrierException">The heavy barrier failed; everything is still pending.</exception>
    public Task DrainAsync(CancellationToken cancellationToken = default)
    {
        ThrowIfMustNotWait(nameof(DrainAsync));
        using AsyncFlowControl noFlow = ExecutionContext.SuppressFlow(); // As in SynchronizeAsync.
        return DrainAsync(this, cancellationToken);

        static async Task DrainAsync(RetirementDomain domain, CancellationToken cancellationToken)
        {
            await domain.SynchronizeAsync(Timeout.InfiniteTimeSpan, cancellationToken).ConfigureAwait(false);
            while (domain.Statistics.Pending != 0)
            {
                await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding); // Callbacks that go on retiring must not keep the caller.
                await domain.SynchronizeAsync(Timeout.InfiniteTimeSpan, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>The readers that have been inside one read section for at least that long: what holds back reclamation.</summary>
    /// <param name="age">For how long; not negative.</param>
    /// <returns>Them, with the age of their section: since a pass, or an earlier call, first saw it. So the first call may report nothing, and no
    /// section is reported as older than it is.</returns>
    /// <remarks>O(readers), and may wait for a pass that is under way. It costs readers nothing.</remarks>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="age"/> is negative.</exception>
    public IReadOnlyList<StalledReader> GetStalledReaders(TimeSpan age)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(age, TimeSpan.Zero);
        return _reclaimer.StalledReaders(age);
    }

    private Synchronization BeginSynchronization() => new(Readers.BeginGracePeriod(), _reclaimer);

    /// <summary>
    /// Lets no further reader in, waits up to five seconds for those inside and for leases of what has been retired, and reclaims what none of them holds. The rest
    /// stays pending and is reclaimed when its reader leaves or its lease is disposed; what was waited for in vain is then reported, with the readers' names and the
    /// number of leases, by <see cref="ReclaimFailed"/> as a <see cref="TimeoutException"/>. Further calls drain again.
    /// </summary>
    /// <remarks>
    /// <para>Entering, and reading a container without an open guard, throws from then on, through existing handles too. Guards that are open stay
    /// in force, and so do leases; a lease can be taken only from such a guard. A thread that was entering, or taking a lease, at that moment still comes in, once, and is protected as any other.</para>
    /// <para>Writers go on: containers may be written and disposed afterwards, and what they retire is reclaimed.</para>
    /// </remarks>
    /// <exception cref="InvalidOperationException">The calling thread is inside a read section of this domain, runs a callback, is in
    /// <see cref="SwmrCell{T}.Update"/>, or the domain is <see cref="Shared"/>.</exception>
    /// <exception cref="AsymmetricBarrierException">The heavy barrier failed; everything is still pending.</exception>
    /// <exception cref="ThreadInterruptedException">The thread was interrupted while it waited. The domain is disposed; a further call drains again.</exception>
    public void Dispose()
    {
        ThrowIfMustNotWait(nameof(Dispose));
        if (s_shared.IsValueCreated && ReferenceEquals(this, Shared))
        {
            throw new InvalidOperationException("RetirementDomain.Shared serves the whole process and cannot be disposed. Create a domain of your own.");
        }

        if (Readers.IsCallerInside())
        {
            throw new InvalidOperationException("The calling thread is inside a read section of the domain. Dispose the guard first.");
        }

        _disposed.Write(1);
        Readers.Close();
        if (!Synchronize(s_disposeWait))
        {
            _reclaimer.Reclaim();
            OnFailed(
                new TimeoutException(
                    $"The domain was disposed, but after {s_disposeWait.TotalSeconds} seconds a reader was still inside, a lease was held or a callback had not ended. "
                    + $"What is pending, {Statistics.Pending}, is reclaimed when they have. Leases held: {LeasesHeld}. "
                    + $"Readers inside: {string.Join(", ", Readers.GetActiveReaders())}."),
                isCallback: false);
        }
    }

    internal Reclaimer Reclaimer => _reclaimer;

    /// <summary>How many readers the gauge counts as stalled.</summary>
    internal int StalledReaders => GetStalledReaders(_stalledReaderAge).Count;

    /// <summary>Room for what has been unlinked already or must be: it is never refused.</summary>
    internal RetirementReservation ReserveAlways() => new(_reclaimer, mayRefuse: false);

    private void Accept(RetiredItem item, Ownership? record)
    {
        if (record is null)
        {
            _reclaimer.Retire(item);
            return;
        }

        using RetirementReservation room = ReserveAlways(); // Before the object is claimed, as before an unlink.
        room.Accept(item, record);
    }

    internal unsafe void OnOverflow(long pending, long pendingBytes)
    {
        Tell(&Raise, (pending, pendingBytes));

        static void Raise(RetirementDomain domain, (long Pending, long PendingBytes) overflow) =>
            domain.Overflowed?.Invoke(domain, new RetirementOverflowEventArgs(overflow.Pending, overflow.PendingBytes));
    }

    internal unsafe void OnFailed(Exception exception, bool isCallback)
    {
        Tell(&Raise, (exception, isCallback));

        static void Raise(RetirementDomain domain, (Exception Exception, bool IsCallback) failure) =>
            (failure.IsCallback ? domain.CallbackFailed : domain.ReclaimFailed)?.Invoke(domain, new RetirementFailedEventArgs(failure.Exception));
    }

    internal unsafe void OnLeaseLeaked(LeaseLeakedEventArgs leak)
    {
        Tell(&Raise, leak);

        static void Raise(RetirementDomain domain, LeaseLeakedEventArgs leak) => domain.LeaseLeaked?.Invoke(domain, leak);
    }

    /// <summary>Tells the handlers of an event. Never fails: what they throw is ignored, and so is that there was no memory to tell them with.</summary>
    /// <param name="raise">Raises the event: a function pointer, so that nothing is allocated before it is called.</param>
    /// <param name="what">What has happened.</param>
    [SuppressMessage("Design", "CA1031", Justification = "A handler's failure must not end the timer's thread or stop other callbacks.")]
    private unsafe void Tell<T>(delegate*<RetirementDomain, T, void> raise, T what)
    {
        if (ThreadVariable<RetirementFailedEventArgs, bool>.Value)
        {
            return; // In a handler already: what fails in it, reported, could go on for ever.
        }

        ThreadVariable<RetirementFailedEventArgs, bool>.Value = true;
        CallbackScope.Enter(); // A pass run by what a handler retires could fail in turn.
        try
        {
            raise(this, what);
        }
        catch (Exception)
        {
            // Documented: exceptions of handlers are ignored.
        }
        finally
        {
            CallbackScope.Exit();
            ThreadVariable<RetirementFailedEventArgs, bool>.Value = false;
        }
    }

    internal void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(_disposed.Read() != 0, this);

    private static void ThrowIfMustNotWait(string what)
    {
        if (CallbackScope.IsActive)
        {
            throw new InvalidOperationException(
                $"{what} was called from a reclamation callback, which it would have to wait for. Call it from another thread or after the callback.");
        }

        if (WriterScope.IsActive)
        {
            throw new InvalidOperationException(
                $"{what} was called from inside the Update of a cell or a dictionary: a callback it waited for could wait for that container. Call it after the update.");
        }
    }
}
