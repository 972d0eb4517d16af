using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace SwmrKit;

/// <summary>
/// Disposes what was replaced: exactly once, promptly, and never while a reader can still be using it.
/// </summary>
/// <remarks>
/// <para><b>Readers</b> enter a read section (<see cref="Enter"/>, or faster through a handle from <see cref="Register"/>) and read
/// under its guard, without fence, lock, interlocked instruction or allocation. <b>Writers</b> first unlink something, so that no
/// new reader can find it, then <see cref="Retire(IDisposable)"/> it. It is disposed as soon as no reader that could have
/// found it is left; one heavy barrier (<see cref="AsymmetricBarrier.Heavy"/>) serves a whole batch.</para>
/// <para><b>What a reader holds back</b> is what was alive while it read. Containers know since when a thing was alive; for what
/// is retired without that knowledge, every reader that entered before counts.</para>
/// <para><b>Callbacks</b> run on a retiring thread or on the flush timer's, outside every lock; they may retire. One that throws
/// is counted and reported by <see cref="CallbackFailed"/>; the others run.</para>
/// <para>All members may be called from any thread. Nothing runs at process exit.</para>
/// <para>The scheme combines interval-based reclamation (Wen et al., PPoPP 2018) with asymmetric barriers as in user-space RCU's
/// membarrier flavour.</para>
/// </remarks>
[DebuggerDisplay("{Statistics}")]
public sealed class RetirementDomain : IDisposable
{
    private static readonly Lazy<RetirementDomain> s_shared = new(static () => new RetirementDomain());

    private static readonly TimeSpan s_disposeWait = TimeSpan.FromSeconds(5);

    private readonly Reclaimer _reclaimer;
    private readonly TimeProvider _time;
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
        Readers = new ReaderRegistry(heavy, _time);
        _reclaimer = new Reclaimer(this, heavy, options);
    }

    /// <summary>A callback threw. Raised on the thread that ran it; exceptions of handlers are ignored.</summary>
    public event EventHandler<RetirementFailedEventArgs>? CallbackFailed;

    /// <summary>A pass failed, as a rule because the heavy barrier did. What it considered stays pending and is tried again.</summary>
    public event EventHandler<RetirementFailedEventArgs>? ReclaimFailed;

    /// <summary>The domain of containers that were given none: one a process, never disposed.</summary>
    public static RetirementDomain Shared => s_shared.Value;

    /// <summary>The readers of this domain.</summary>
    public ReaderRegistry Readers { get; }

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
    /// <exception cref="ArgumentNullException"><paramref name="value"/> is null.</exception>
    public void Retire(IDisposable value) => Retire(value, bytes: 0);

    /// <summary>As <see cref="Retire(IDisposable)"/>, with its size.</summary>
    /// <param name="value">What to dispose. The calling thread has unlinked it, and nobody else disposes it.</param>
    /// <param name="bytes">What it occupies, for statistics and limits.</param>
    /// <exception cref="ArgumentNullException"><paramref name="value"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="bytes"/> is negative.</exception>
    public void Retire(IDisposable value, long bytes)
    {
        ArgumentNullException.ThrowIfNull(value);
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        _reclaimer.Retire(RetiredItem.Disposing(value, RetiredItem.UnknownBirth, bytes), reserved: false);
    }

    /// <summary>Hands over something that no reader can find any more: the action is called when no reader holds it. Never waits for readers.</summary>
    /// <typeparam name="TState">The type of what the action gets.</typeparam>
    /// <param name="state">What the action gets.</param>
    /// <param name="action">What to do, once; a static lambda costs no allocation.</param>
    /// <param name="bytes">What it occupies, for statistics and limits.</param>
    /// <param name="birth">The era (<see cref="ReaderRegistry.Era"/>) read before it was first published, or 0 when unknown: with it, a
    /// reader that stopped reading before does not hold it back.</param>
    /// <exception cref="ArgumentNullException"><paramref name="state"/> or <paramref name="action"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="bytes"/> or <paramref name="birth"/> is negative, or the era of birth has not come yet.</exception>
    public void Retire<TState>(TState state, Action<TState> action, long bytes = 0, long birth = 0)
        where TState : class
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(action);
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        ArgumentOutOfRangeException.ThrowIfNegative(birth);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(birth, Readers.Era);
        _reclaimer.Retire(RetiredItem.Calling(state, action, birth, bytes), reserved: false);
    }

    /// <summary>Reclaims now what no reader holds, instead of when the batch is full or the delay over. Does not wait for readers.</summary>
    /// <returns>How many things were reclaimed by this call; 0 in a callback, where it does nothing.</returns>
    /// <exception cref="AsymmetricBarrierException">The heavy barrier failed; everything is still pending.</exception>
    public int TryReclaim() => CallbackScope.IsActive ? 0 : _reclaimer.Reclaim();

    /// <summary>
    /// Waits until every read section open now has been left, then reclaims what was retired before the call, callbacks that
    /// other threads are running included.
    /// </summary>
    /// <param name="timeout">The longest wait; <see cref="Timeout.InfiniteTimeSpan"/> for no limit.</param>
    /// <param name="cancellationToken">Ends the wait early.</param>
    /// <returns>True when all of that is done, false when the time ran out.</returns>
    /// <exception cref="InvalidOperationException">The calling thread is inside a read section of this domain, or runs a callback.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="AsymmetricBarrierException">The heavy barrier failed; everything is still pending.</exception>
    public bool Synchronize(TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        ThrowIfInCallback(nameof(Synchronize));
        long start = _time.GetTimestamp();
        return Readers.WaitForReaders(timeout, cancellationToken) && _reclaimer.ReclaimAndWait(() =>
        {
            cancellationToken.ThrowIfCancellationRequested();
            return timeout != Timeout.InfiniteTimeSpan && _time.GetElapsedTime(start) >= timeout;
        });
    }

    /// <summary>
    /// Registers no further reader, waits up to five seconds for those inside, and reclaims what none of them holds. The rest
    /// stays pending and is reclaimed when its reader leaves. Handles and containers that exist go on working, safely; what they
    /// retire is reclaimed. Further calls drain again.
    /// </summary>
    /// <exception cref="InvalidOperationException">The calling thread is inside a read section of this domain, runs a callback, or
    /// the domain is <see cref="Shared"/>.</exception>
    /// <exception cref="AsymmetricBarrierException">The heavy barrier failed; everything is still pending.</exception>
    public void Dispose()
    {
        ThrowIfInCallback(nameof(Dispose));
        if (s_shared.IsValueCreated && ReferenceEquals(this, Shared))
        {
            throw new InvalidOperationException("RetirementDomain.Shared serves the whole process and cannot be disposed. Create a domain of your own.");
        }

        if (Readers.IsCallerInside())
        {
            throw new InvalidOperationException("The calling thread is inside a read section of the domain. Dispose the guard first.");
        }

        _disposed.Write(1);
        if (!Synchronize(s_disposeWait))
        {
            _reclaimer.Reclaim();
        }
    }

    internal Reclaimer Reclaimer => _reclaimer;

    [SuppressMessage("Design", "CA1031", Justification = "A handler's failure must not end the timer's thread or stop other callbacks.")]
    internal void OnFailed(Exception exception, bool isCallback)
    {
        try
        {
            (isCallback ? CallbackFailed : ReclaimFailed)?.Invoke(this, new RetirementFailedEventArgs(exception));
        }
        catch (Exception)
        {
            // Documented: exceptions of handlers are ignored.
        }
    }

    internal void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(_disposed.Read() != 0, this);

    private static void ThrowIfInCallback(string what)
    {
        if (CallbackScope.IsActive)
        {
            throw new InvalidOperationException(
                $"{what} was called from a reclamation callback, which it would have to wait for. Call it from another thread or after the callback.");
        }
    }
}
