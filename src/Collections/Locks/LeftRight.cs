using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace SwmrKit;

/// <summary>
/// Any mutable structure, kept twice: readers read one copy and never wait, while the writer changes the other; then they change places.
/// For structures that are too large to be copied for each write, and read too often to be locked.
/// </summary>
/// <typeparam name="T">The type of the structure; reading it must be safe on several threads at once as long as nobody writes, as it is with the framework's collections.</typeparam>
/// <remarks>
/// <para><b>Operations run twice</b>, once on each copy, and must do the same both times: no random numbers, no clock, nothing that the first run has changed. What they do besides, they do twice.</para>
/// <para><b>A write</b> that throws has changed nothing that readers can see, unless a handler of <see cref="CopyGivenUp"/> threw. One that returns can be seen by every read that begins afterwards, and both copies have it, unless one was given up: see <see cref="CopyGivenUp"/>.</para>
/// <para>All members may be called from any thread; a read belongs to the thread that made it. Reads are O(1), without a fence, a lock or an allocation, and nest. Writers take turns; a
/// write waits for the readers that were inside when it was published, and costs one heavy barrier. A write inside a read, or inside another write, is refused; a read inside an operation sees what is published.</para>
/// <para><b>How it works.</b> A reader announces itself in its slot, then loads which copy is published. The writer changes the other one, publishes it, makes a heavy barrier, and
/// waits until each slot that was occupied by then has been left once (L6): what comes in later finds the new copy, so readers that come back to back keep nobody waiting. Then the old copy is nobody's, and gets the same change.</para>
/// <para>P. Ramalhete and A. Correia, <i>Left-Right: a concurrency control technique with wait-free population oblivious reads</i>, 2013; here with a slot for each reader, an asymmetric barrier and one wait for each write.</para>
/// </remarks>
[DebuggerDisplay("Rebuilds = {Rebuilds}")]
public sealed class LeftRight<T>
    where T : class
{
    private readonly ReaderRegistry _readers;
    private readonly EraClock _clock;
    private readonly Action _heavy;
    private readonly TimeProvider _time;
    private readonly Func<T, T> _clone;
    private readonly WriterGate _gate = new();
    private SharedReference<T> _current; // Null once it has been taken back.
    private SharedInt64 _rebuilds; // Written inside the gate.

    // Guarded by the gate.
    private T? _other; // Equal to the current one; null when it has been given up.
    private T? _taken;
    private bool _isGone;

    /// <summary>Keeps a structure twice.</summary>
    /// <param name="value">The structure; from now on it is used by this alone.</param>
    /// <param name="clone">Makes another one that is equal, and shares nothing with it that operations change. It is called at once, and for
    /// each copy that has been given up, while readers may be reading what it gets.</param>
    /// <param name="timeProvider">Measures the waits; by default the system's.</param>
    /// <exception cref="ArgumentNullException"><paramref name="value"/> or <paramref name="clone"/> is null.</exception>
    /// <exception cref="InvalidOperationException"><paramref name="clone"/> returned null or the object it got.</exception>
    public LeftRight(T value, Func<T, T> clone, TimeProvider? timeProvider = null)
        : this(value, clone, AsymmetricBarrier.Heavy, timeProvider ?? TimeProvider.System)
    {
    }

    /// <param name="value">The structure.</param>
    /// <param name="clone">Makes another one.</param>
    /// <param name="heavy">The heavy barrier; tests put a broken one here.</param>
    /// <param name="time">Measures the waits.</param>
    internal LeftRight(T value, Func<T, T> clone, Action heavy, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(value);
        ArgumentNullException.ThrowIfNull(clone);
        _readers = new ReaderRegistry(heavy, time);
        _clock = _readers.Clock;
        _heavy = heavy;
        _time = time;
        _clone = clone;
        _other = Clone(value);
        _current = new SharedReference<T>(value);
    }

    /// <summary>Raised by a writer, after its write, when the copy that readers had left, or had not, could not be brought up to date.</summary>
    /// <remarks>
    /// There are four reasons: a reader stayed in it for longer than the writer waits, or than it was allowed to; the operation, which had succeeded on the first copy, threw on the second; the heavy barrier failed.
    /// The write has been made all the same. The next one begins by making a copy. A copy given up is left to the garbage collector, and
    /// to the reader that may be in it. Handlers run on the writer's thread, outside its turn; what they throw reaches it.
    /// </remarks>
    public event EventHandler<LeftRightCopyGivenUpEventArgs>? CopyGivenUp;

    /// <summary>How many copies have been made anew, because an operation threw or a copy was given up.</summary>
    public long Rebuilds => _rebuilds.Read();

    /// <summary>Registers an explicit reader for the calling thread: the fastest way in.</summary>
    /// <param name="name">For people, and for the event when it holds a writer up; by default the thread's name.</param>
    /// <returns>The handle: pass it to <see cref="Read(ReaderHandle)"/>. Dispose it on this thread when that stops reading.</returns>
    public ReaderHandle Register(string? name = null) => _readers.Register(name);

    /// <summary>The readers that are inside now, by name: a sample, for diagnostics.</summary>
    /// <returns>The names.</returns>
    public IReadOnlyList<string> GetActiveReaders() => _readers.GetActiveReaders();

    /// <summary>Reads as the calling thread's implicit reader, registering it on first use.</summary>
    /// <returns>The read; dispose it on this thread.</returns>
    /// <exception cref="ObjectDisposedException">The structure has been taken back.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public LeftRightRead<T> Read() => ReadThrough(ImplicitReaders.SlotOf(_readers), _clock);

    /// <summary>Reads through a handle: the fastest way.</summary>
    /// <param name="reader">A handle of this structure, registered by the calling thread.</param>
    /// <returns>The read; dispose it on this thread.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="reader"/> is null.</exception>
    /// <exception cref="InvalidOperationException">The handle is not one of this structure's.</exception>
    /// <exception cref="ObjectDisposedException">The structure has been taken back, or the handle disposed.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public LeftRightRead<T> Read(ReaderHandle reader)
    {
        EraClock clock = _clock;
        if (reader is null)
        {
            ThrowUnusable(reader);
        }

        ReaderSlot slot = reader.Slot;
        if (!ReferenceEquals(slot.Clock, clock))
        {
            ThrowUnusable(reader);
        }

        LeftRightRead<T> read = ReadThrough(slot, clock);
        FinalizedObject.KeepAlive(reader); // As in ReaderHandle.Enter.
        return read;
    }

    /// <summary>Reads as the calling thread's implicit reader.</summary>
    /// <typeparam name="TResult">What is made of it.</typeparam>
    /// <param name="read">Gets the copy that is published, and does not change it.</param>
    /// <returns>What it returned: nothing that is part of the structure and that operations change.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="read"/> is null.</exception>
    /// <exception cref="ObjectDisposedException">The structure has been taken back.</exception>
    public TResult Read<TResult>(Func<T, TResult> read)
    {
        ArgumentNullException.ThrowIfNull(read);
        using LeftRightRead<T> open = Read();
        return read(open.Value);
    }

    /// <summary>Changes the structure, waiting for other writers, and for the readers of the copy that it replaces, without a limit.</summary>
    /// <param name="operation">The change; it runs once on each copy.</param>
    /// <exception cref="ArgumentNullException"><paramref name="operation"/> is null.</exception>
    /// <exception cref="InvalidOperationException">The calling thread is inside a read or a write of this structure; or a copy had to be made, and the clone was null or the object it was made of.</exception>
    /// <exception cref="ObjectDisposedException">The structure has been taken back.</exception>
    /// <exception cref="ThreadInterruptedException">The thread was interrupted while it waited for another writer; nothing has been changed.</exception>
    /// <remarks>What <paramref name="operation"/> throws on the first copy is thrown on; nothing has been published, and that copy is made anew before the next write.</remarks>
    public void Write(Action<T> operation) => Write(operation, Timeout.InfiniteTimeSpan, default);

    /// <summary>As <see cref="Write(Action{T})"/>, for no longer than a time.</summary>
    /// <param name="operation">The change; it runs once on each copy.</param>
    /// <param name="timeout">The longest wait, for writers and readers together; <see cref="Timeout.InfiniteTimeSpan"/> for no limit. When it ends in the wait for readers, the write has been made, and the copy they are in is given up: see <see cref="CopyGivenUp"/>.</param>
    /// <param name="cancellationToken">Ends the wait early, in the same way.</param>
    /// <exception cref="ArgumentNullException"><paramref name="operation"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The time is negative and not infinite.</exception>
    /// <exception cref="WriteTimeoutException">Another writer was inside all the time; nothing has been changed.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled before anything was changed.</exception>
    /// <exception cref="InvalidOperationException">As for <see cref="Write(Action{T})"/>.</exception>
    /// <exception cref="ObjectDisposedException">The structure has been taken back.</exception>
    /// <exception cref="ThreadInterruptedException">The thread was interrupted while it waited for another writer; nothing has been changed.</exception>
    public void Write(Action<T> operation, TimeSpan timeout, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(operation);
        _ = Write(operation, static (copy, operation) => Apply(operation, copy), timeout, cancellationToken);
    }

    /// <summary>As <see cref="Write(Action{T})"/>, with an argument in the place of a closure.</summary>
    /// <typeparam name="TArg">The type of the argument.</typeparam>
    /// <param name="argument">What is passed on; it is not kept.</param>
    /// <param name="operation">The change; it runs once on each copy.</param>
    /// <exception cref="ArgumentNullException"><paramref name="operation"/> is null.</exception>
    /// <exception cref="InvalidOperationException">As for <see cref="Write(Action{T})"/>.</exception>
    /// <exception cref="ObjectDisposedException">The structure has been taken back.</exception>
    /// <exception cref="ThreadInterruptedException">The thread was interrupted while it waited for another writer; nothing has been changed.</exception>
    public void Write<TArg>(TArg argument, Action<T, TArg> operation) => Write(argument, operation, Timeout.InfiniteTimeSpan, default);

    /// <summary>As <see cref="Write(Action{T}, TimeSpan, CancellationToken)"/>, with an argument in the place of a closure.</summary>
    /// <typeparam name="TArg">The type of the argument.</typeparam>
    /// <param name="argument">What is passed on; it is not kept.</param>
    /// <param name="operation">The change; it runs once on each copy.</param>
    /// <param name="timeout">The longest wait.</param>
    /// <param name="cancellationToken">Ends the wait early.</param>
    /// <exception cref="ArgumentNullException"><paramref name="operation"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The time is negative and not infinite.</exception>
    /// <exception cref="WriteTimeoutException">Another writer was inside all the time; nothing has been changed.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled before anything was changed.</exception>
    /// <exception cref="InvalidOperationException">As for <see cref="Write(Action{T})"/>.</exception>
    /// <exception cref="ObjectDisposedException">The structure has been taken back.</exception>
    /// <exception cref="ThreadInterruptedException">The thread was interrupted while it waited for another writer; nothing has been changed.</exception>
    public void Write<TArg>(TArg argument, Action<T, TArg> operation, TimeSpan timeout, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(operation);
        _ = Write((argument, operation), static (copy, call) => Apply(call, copy), timeout, cancellationToken);
    }

    /// <summary>As <see cref="Write(Action{T})"/>, with a result.</summary>
    /// <typeparam name="TResult">The type of the result.</typeparam>
    /// <param name="operation">The change; it runs once on each copy.</param>
    /// <returns>What it returned on the first copy: nothing that is part of the structure and that operations change.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="operation"/> is null.</exception>
    /// <exception cref="InvalidOperationException">As for <see cref="Write(Action{T})"/>.</exception>
    /// <exception cref="ObjectDisposedException">The structure has been taken back.</exception>
    /// <exception cref="ThreadInterruptedException">The thread was interrupted while it waited for another writer; nothing has been changed.</exception>
    public TResult Write<TResult>(Func<T, TResult> operation)
    {
        ArgumentNullException.ThrowIfNull(operation);
        return Write(operation, static (copy, operation) => operation(copy), Timeout.InfiniteTimeSpan, default);
    }

    /// <summary>Gives both copies to the caller alone, when no reader is inside any more. Reads and writes are refused from the call on.</summary>
    /// <param name="timeout">The longest wait; <see cref="Timeout.InfiniteTimeSpan"/> for no limit.</param>
    /// <param name="cancellationToken">Ends the wait early.</param>
    /// <returns>What was published last, and the other copy; null if that had been given up.</returns>
    /// <exception cref="WriteTimeoutException">A reader, whom it names, stayed inside, or a writer did. In the first case nobody else comes in any more: call again to go on waiting.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled; as when the time runs out.</exception>
    /// <exception cref="AsymmetricBarrierException">The heavy barrier failed; call again.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The time is negative and not infinite.</exception>
    /// <exception cref="InvalidOperationException">The calling thread is inside a read or a write of this structure.</exception>
    /// <exception cref="ObjectDisposedException">It has been taken back before.</exception>
    /// <exception cref="ThreadInterruptedException">The thread was interrupted while it waited.</exception>
    public (T Value, T? Copy) TakeBack(TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        var deadline = new Deadline(_time, timeout, cancellationToken);
        long turn = EnterGate(deadline, timeout);
        try
        {
            ObjectDisposedException.ThrowIf(_isGone, this);
            _taken ??= _current.ReadRelaxed();
            _current.Write(null);
            var readers = new GracePeriod(_readers, _heavy); // L6: null, Heavy, slots; pairs with ReadThrough.
            if (!deadline.SpinUntil(readers.IsOver) && !readers.IsOverAtLast())
            {
                throw WriteTimeoutException.HeldUpByReader(_readers.NameOf(readers.Awaited), timeout);
            }

            _isGone = true;
            return (_taken!, _other);
        }
        finally
        {
            _gate.Exit(turn);
        }
    }

    private static bool Apply(Action<T> operation, T copy)
    {
        operation(copy);
        return true;
    }

    private static bool Apply<TArg>((TArg Argument, Action<T, TArg> Operation) call, T copy)
    {
        call.Operation(copy, call.Argument);
        return true;
    }

    // As SwmrCell.ReadThrough: no call that returns stands between the slot's load and its last use.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private LeftRightRead<T> ReadThrough(ReaderSlot slot, EraClock clock)
    {
        if (slot.IsInside)
        {
            return ReadNested(slot).Copy();
        }

        // L6: announce, light barrier, copy; pairs with Heavy() in Replay and TakeBack.
        long token = slot.Enter(clock.Now);
        T? value = _current.Read(); // L7: acquire.
        if (value is null)
        {
            ThrowTakenBack(slot, token);
        }

        return new LeftRightRead<T>(slot, token, value);
    }

    /// <summary>Reads inside a read that is open: maybe another copy than that one, whose slot holds both.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private LeftRightRead<T> ReadNested(ReaderSlot slot)
    {
        long token = slot.EnterNested();
        T? value = _current.Read();
        if (value is null)
        {
            ThrowTakenBack(slot, token);
        }

        return new LeftRightRead<T>(slot, token, value);
    }

    /// <summary>The one way in which the structure changes: one copy, publication, the other copy.</summary>
    private TResult Write<TState, TResult>(TState state, Func<T, TState, TResult> operation, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var deadline = new Deadline(_time, timeout, cancellationToken);
        long turn = EnterGate(deadline, timeout);
        TResult result;
        LeftRightCopyGivenUpEventArgs? givenUp;
        try
        {
            T current = _current.ReadRelaxed() ?? throw new ObjectDisposedException(GetType().FullName);
            T next = _other ?? Rebuild(current);
            _other = null; // L8: whatever is thrown from here on, until both are equal again.
            result = operation(next, state);
            _current.Write(next); // L7: release.
            givenUp = Replay(current, state, operation, deadline);
        }
        finally
        {
            _gate.Exit(turn);
        }

        if (givenUp is not null)
        {
            CopyGivenUp?.Invoke(this, givenUp);
        }

        return result;
    }

    /// <summary>Brings the copy up to date that has just been replaced, when its readers have left. It throws nothing: the write has been published.</summary>
    /// <returns>Why that could not be done; null if it was.</returns>
    [SuppressMessage("Design", "CA1031", Justification = "Reported, by an event.")]
    private LeftRightCopyGivenUpEventArgs? Replay<TState, TResult>(T copy, TState state, Func<T, TState, TResult> operation, Deadline deadline)
    {
        GracePeriod? readers = null;
        bool isOver = false;
        try
        {
            readers = new GracePeriod(_readers, _heavy); // L6: publication, Heavy, slots; pairs with ReadThrough.
            isOver = deadline.SpinUntil(readers.IsOver) || readers.IsOverAtLast();
            if (isOver)
            {
                _ = operation(copy, state);
                _other = copy; // L8
                return null;
            }

            return new(_readers.NameOf(readers.Awaited), exception: null);
        }
        catch (Exception exception)
        {
            if (exception is ThreadInterruptedException)
            {
                Thread.CurrentThread.Interrupt(); // Kept for the thread's next wait.
            }

            return new(isOver || readers is null ? null : _readers.NameOf(readers.Awaited), exception);
        }
    }

    private T Rebuild(T current)
    {
        T copy = Clone(current);
        _rebuilds.Write(_rebuilds.ReadRelaxed() + 1);
        return copy;
    }

    private T Clone(T value)
    {
        T copy = _clone(value);
        return copy is null || ReferenceEquals(copy, value)
            ? throw new InvalidOperationException("The clone of the structure is null, or the same object: the two copies must be two.")
            : copy;
    }

    private long EnterGate(Deadline deadline, TimeSpan timeout)
    {
        if (_gate.IsHeldByCaller)
        {
            throw new InvalidOperationException("The structure was written from inside an operation on it. Do both in one operation.");
        }

        if (_readers.IsCallerInside())
        {
            throw new InvalidOperationException("The calling thread is inside a read of the structure it wants to write, and would wait for itself. Dispose the read first.");
        }

        long turn = _gate.Enter(deadline);
        return turn != 0 ? turn : throw WriteTimeoutException.HeldUpByWriter(timeout);
    }

    [DoesNotReturn]
    private void ThrowTakenBack(ReaderSlot slot, long token)
    {
        new LeftRightRead<T>(slot, token, null!).Dispose();
        throw new ObjectDisposedException(GetType().FullName);
    }

    // Ends in a throw of its own, as ReaderHandle's.
    [DoesNotReturn]
    private static void ThrowUnusable(ReaderHandle? reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        reader.ThrowIfDisposed();
        throw new InvalidOperationException($"The reader handle '{reader.Name}' was not registered by this structure, and would hold no writer up.");
    }
}
