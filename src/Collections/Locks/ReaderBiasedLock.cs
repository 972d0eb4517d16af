using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace SwmrKit;

/// <summary>
/// A reader-writer lock for what is read all the time and written seldom: entering to read costs neither a fence nor an interlocked instruction,
/// and readers do not disturb each other. The writer pays for that with one heavy barrier.
/// </summary>
/// <remarks>
/// <para><b>Recursion.</b> Reads nest, through whichever readers of the thread: leave them innermost first. A write inside a read is refused: it would wait for itself, and there is no upgrade. A write inside a write
/// is refused. A read inside a write is let in, and may outlive it: that is a downgrade, with no other writer in between. All of that is
/// known of threads; a section entered by <see cref="EnterWriteAsync(TimeSpan, CancellationToken)"/> belongs to none, and whoever enters from inside it waits for himself.</para>
/// <para><b>Fairness.</b> A writer keeps new readers out while it waits for those inside, and readers that have had to wait get in before the next writer.</para>
/// <para><b>Waiting</b> is spinning, then sleeping for a millisecond at a time: it is meant to be rare.</para>
/// <para>All members may be called from any thread; a read or write section belongs to the thread that entered it, but for
/// <see cref="AsyncLockWrite"/>. There is nothing to dispose.</para>
/// <para><b>How it works.</b> A reader announces itself in its slot and reads the <i>mode</i> after that. While the lock is <i>biased</i>, a light barrier between the two is
/// enough, because the next writer says "writing" and then makes a heavy barrier before it looks who is inside (L1). That writer leaves the lock
/// <i>unbiased</i>: readers fence, so that writers that follow soon need no heavy barrier either (L2). A reader that has come so often
/// without a write in between that its fences have cost what the last heavy barrier did gives the bias back, in a writer's place (L3): that reader's fences and the barriers
/// together never cost much more than twice what they would with the best choice of modes in hindsight. Time is measured at barriers only, by the time provider.</para>
/// </remarks>
[DebuggerDisplay("IsBiased = {IsBiased}, IsWriteHeld = {IsWriteHeld}")]
public sealed class ReaderBiasedLock
{
    /// <summary>How many reads with a fence cost what as many without one do and a microsecond: a fence takes some 2.5 ns.</summary>
    private const double ReadsPerMicrosecond = 400;

    /// <summary>What a barrier counts for at least, and at most: what takes longer than some 20 us is a writer held up in it, and the next barrier, which corrects that, must not be put off for long.</summary>
    private const int FewestQuietReads = 256;
    private const int MostQuietReads = 8_192;

    private readonly ReaderRegistry _readers;
    private readonly EraClock _clock;
    private readonly Action _heavy;
    private readonly TimeProvider _time;
    private readonly int _fewestQuietReads;
    private readonly WriterGate _gate = new();
    private PaddedWord _mode;
    private SharedInt32 _waiting; // Readers that have met a writer and are not inside yet.
    private SharedInt32 _quietReads; // How often a reader enters without a write in between before it gives the bias back.
    private SharedInt64 _revocations; // Written by writers only, inside the gate.

    /// <summary>Creates a lock that nobody holds.</summary>
    /// <param name="timeProvider">Measures the waits; by default the system's.</param>
    public ReaderBiasedLock(TimeProvider? timeProvider = null)
        : this(AsymmetricBarrier.Heavy, timeProvider ?? TimeProvider.System, FewestQuietReads)
    {
    }

    /// <param name="heavy">The heavy barrier; tests put a broken one here.</param>
    /// <param name="time">Measures the waits, and what a heavy barrier costs.</param>
    /// <param name="fewestQuietReads">How often a reader enters without a write in between before it gives the bias back, however little the barrier has cost.</param>
    internal ReaderBiasedLock(Action heavy, TimeProvider time, int fewestQuietReads)
    {
        _readers = new ReaderRegistry(heavy, time);
        _clock = _readers.Clock;
        _heavy = heavy;
        _time = time;
        _fewestQuietReads = fewestQuietReads;
    }

    /// <summary>What a reader may do after it has announced itself.</summary>
    private enum Mode
    {
        /// <summary>Go in.</summary>
        Biased,

        /// <summary>Go in if it still is no other after a full fence.</summary>
        Unbiased,

        /// <summary>Withdraw and wait: a writer is inside, or waits for the readers that are.</summary>
        Writing,
    }

    /// <summary>Whether reading is without a fence now: a sample, for diagnostics.</summary>
    public bool IsBiased => (Mode)_mode.Word.Read() == Mode.Biased;

    /// <summary>Whether a writer is inside, or waits to be: a sample, for diagnostics.</summary>
    public bool IsWriteHeld => (Mode)_mode.Word.Read() == Mode.Writing;

    /// <summary>How many writers have found the lock biased, and paid a heavy barrier.</summary>
    public long Revocations => _revocations.Read();

    /// <summary>Registers an explicit reader for the calling thread: the fastest way in.</summary>
    /// <param name="name">For people, and for the exception of a writer it holds up; by default the thread's name.</param>
    /// <returns>The handle, for this lock alone: pass it to <see cref="EnterRead(ReaderHandle)"/>. Dispose it on this thread when that stops reading.</returns>
    public ReaderHandle Register(string? name = null) => _readers.Register(name, isOfLock: true);

    /// <summary>The readers that are inside now, by name: a sample, for diagnostics. One that only waits may be among them.</summary>
    /// <returns>The names.</returns>
    public IReadOnlyList<string> GetActiveReaders() => _readers.GetActiveReaders();

    /// <summary>Enters to read as the calling thread's implicit reader, registering it on first use. Waits while a writer is inside.</summary>
    /// <returns>The read; dispose it on this thread.</returns>
    /// <exception cref="ThreadInterruptedException">The thread was interrupted while it waited.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public LockRead EnterRead() => EnterThrough(ImplicitReaders.SlotOf(_readers), _clock);

    /// <summary>Enters to read through a handle: the fastest way. Waits while a writer is inside.</summary>
    /// <param name="reader">A handle of this lock, registered by the calling thread.</param>
    /// <returns>The read; dispose it on this thread.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="reader"/> is null.</exception>
    /// <exception cref="InvalidOperationException">The handle is not one of this lock's.</exception>
    /// <exception cref="ObjectDisposedException">The handle has been disposed.</exception>
    /// <exception cref="ThreadInterruptedException">The thread was interrupted while it waited.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public LockRead EnterRead(ReaderHandle reader)
    {
        EraClock clock = _clock;
        if (reader is null)
        {
            ThrowUnusable(reader);
        }

        ReaderSlot slot = reader.LockSlot;
        if (!ReferenceEquals(slot.Clock, clock))
        {
            ThrowUnusable(reader);
        }

        LockRead read = EnterThrough(slot, clock);
        FinalizedObject.KeepAlive(reader); // As in ReaderHandle.Enter.
        return read;
    }

    /// <summary>As <see cref="EnterRead()"/>, for no longer than a time. It reads the clock.</summary>
    /// <param name="timeout">The longest wait; <see cref="Timeout.InfiniteTimeSpan"/> for no limit.</param>
    /// <param name="cancellationToken">Ends the wait early.</param>
    /// <returns>The read; dispose it on this thread.</returns>
    /// <exception cref="TimeoutException">A writer was inside all the time.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The time is negative and not infinite.</exception>
    /// <exception cref="ThreadInterruptedException">The thread was interrupted while it waited.</exception>
    public LockRead EnterRead(TimeSpan timeout, CancellationToken cancellationToken) =>
        EnterWithin(ImplicitReaders.SlotOf(_readers), timeout, cancellationToken);

    /// <summary>As <see cref="EnterRead(ReaderHandle)"/>, for no longer than a time. It reads the clock.</summary>
    /// <param name="reader">A handle of this lock, registered by the calling thread.</param>
    /// <param name="timeout">The longest wait; <see cref="Timeout.InfiniteTimeSpan"/> for no limit.</param>
    /// <param name="cancellationToken">Ends the wait early.</param>
    /// <returns>The read; dispose it on this thread.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="reader"/> is null.</exception>
    /// <exception cref="InvalidOperationException">The handle is not one of this lock's.</exception>
    /// <exception cref="ObjectDisposedException">The handle has been disposed.</exception>
    /// <exception cref="TimeoutException">A writer was inside all the time.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The time is negative and not infinite.</exception>
    /// <exception cref="ThreadInterruptedException">The thread was interrupted while it waited.</exception>
    public LockRead EnterRead(ReaderHandle reader, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (reader is null || !ReferenceEquals(reader.LockSlot.Clock, _clock))
        {
            ThrowUnusable(reader);
        }

        LockRead read = EnterWithin(reader.LockSlot, timeout, cancellationToken);
        FinalizedObject.KeepAlive(reader);
        return read;
    }

    /// <summary>Enters to write, waiting for writers and readers that are inside.</summary>
    /// <returns>The write; dispose it on this thread.</returns>
    /// <exception cref="InvalidOperationException">The calling thread is inside, to read or to write.</exception>
    /// <exception cref="AsymmetricBarrierException">The heavy barrier failed; nobody has been let in.</exception>
    /// <exception cref="ThreadInterruptedException">The thread was interrupted while it waited.</exception>
    public LockWrite EnterWrite() => EnterWrite(Timeout.InfiniteTimeSpan);

    /// <summary>Enters to write, waiting for writers and readers that are inside, but no longer than a time.</summary>
    /// <param name="timeout">The longest wait; <see cref="Timeout.InfiniteTimeSpan"/> for no limit.</param>
    /// <param name="cancellationToken">Ends the wait early.</param>
    /// <returns>The write; dispose it on this thread.</returns>
    /// <remarks>O(readers registered).</remarks>
    /// <exception cref="WriteTimeoutException">The time ran out; it names a reader that stayed inside, if it was one.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="InvalidOperationException">The calling thread is inside, to read or to write.</exception>
    /// <exception cref="AsymmetricBarrierException">The heavy barrier failed; nobody has been let in.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The time is negative and not infinite.</exception>
    /// <exception cref="ThreadInterruptedException">The thread was interrupted while it waited.</exception>
    public LockWrite EnterWrite(TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        var deadline = new Deadline(_time, timeout, cancellationToken);
        ThrowIfCallerInside();
        long turn = _gate.Enter(deadline);
        if (turn == 0)
        {
            throw WriteTimeoutException.HeldUpByWriter(timeout);
        }

        try
        {
            if (!deadline.SpinUntil(HasNobodyWaiting))
            {
                throw WriteTimeoutException.HeldUpByWriter(timeout);
            }

            GracePeriod readers = Exclude();
            return deadline.SpinUntil(readers.IsOver) || readers.IsOverAtLast() ? new LockWrite(this, turn) : throw HeldUp(readers, timeout);
        }
        catch
        {
            ExitWrite(turn);
            throw;
        }
    }

    /// <summary>As <see cref="EnterWriteAsync(TimeSpan, CancellationToken)"/>, without a limit.</summary>
    /// <param name="cancellationToken">Ends the wait early.</param>
    /// <returns>The write; dispose it, on any thread.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="InvalidOperationException">The calling thread is inside, to read or to write.</exception>
    /// <exception cref="AsymmetricBarrierException">The heavy barrier failed; nobody has been let in.</exception>
    public Task<AsyncLockWrite> EnterWriteAsync(CancellationToken cancellationToken) => EnterWriteAsync(Timeout.InfiniteTimeSpan, cancellationToken);

    /// <summary>
    /// Enters to write without holding a thread while it waits, nor while it is inside: the section may be left on another thread. It looks again
    /// after a millisecond, then after twice that, up to sixteen.
    /// </summary>
    /// <param name="timeout">The longest wait; <see cref="Timeout.InfiniteTimeSpan"/> for no limit.</param>
    /// <param name="cancellationToken">Ends the wait early.</param>
    /// <returns>The write; dispose it, on any thread.</returns>
    /// <remarks>Threads that want to read meanwhile do wait, each holding itself.</remarks>
    /// <exception cref="WriteTimeoutException">The time ran out; it names a reader that stayed inside, if it was one.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="InvalidOperationException">The calling thread is inside, to read or to write.</exception>
    /// <exception cref="AsymmetricBarrierException">The heavy barrier failed; nobody has been let in.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The time is negative and not infinite.</exception>
    public async Task<AsyncLockWrite> EnterWriteAsync(TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        var deadline = new Deadline(_time, timeout, cancellationToken);
        ThrowIfCallerInside();
        long turn = await _gate.EnterAsync(deadline).ConfigureAwait(false);
        if (turn == 0)
        {
            throw WriteTimeoutException.HeldUpByWriter(timeout);
        }

        try
        {
            if (!await deadline.PollUntilAsync(HasNobodyWaiting).ConfigureAwait(false))
            {
                throw WriteTimeoutException.HeldUpByWriter(timeout);
            }

            GracePeriod readers = Exclude();
            return await deadline.PollUntilAsync(readers.IsOver).ConfigureAwait(false) || readers.IsOverAtLast() ? new AsyncLockWrite(this, turn) : throw HeldUp(readers, timeout);
        }
        catch
        {
            ExitWrite(turn);
            throw;
        }
    }

    /// <summary>Leaves a write section, or gives up one that has not been reached; does nothing for a turn that has ended.</summary>
    internal void ExitWrite(long turn)
    {
        if (!_gate.IsCurrent(turn))
        {
            return;
        }

        if (!IsBiased)
        {
            _mode.Word.Write((int)Mode.Unbiased); // L4: release, after what was written.
        }

        _gate.Exit(turn);
    }

    // As SwmrCell.ReadThrough: no call that returns stands between the slot's load and its last use.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private LockRead EnterThrough(ReaderSlot slot, EraClock clock)
    {
        if (slot.IsInside)
        {
            return EnterNested(slot).Copy();
        }

        // L1: announce, light barrier, mode; pairs with Heavy() in Exclude.
        long token = slot.Enter(clock.Now);
        return (Mode)_mode.Word.Read() == Mode.Biased ? new LockRead(slot, token) : EnterUnbiased(slot, token).Copy();
    }

    /// <summary>Enters inside a read that is open, whatever the mode: a writer that waits for that one waits for this one too.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static LockRead EnterNested(ReaderSlot slot) => new(slot, slot.EnterNested());

    [MethodImpl(MethodImplOptions.NoInlining)]
    private LockRead EnterUnbiased(ReaderSlot slot, long token) =>
        TryEnterUnbiased(slot, token) ? new LockRead(slot, token) : EnterWaiting(slot, new Deadline(_time, Timeout.InfiniteTimeSpan, default));

    private LockRead EnterWithin(ReaderSlot slot, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var deadline = new Deadline(_time, timeout, cancellationToken);
        if (slot.IsInside)
        {
            return EnterNested(slot);
        }

        long token = slot.Enter(_clock.Now); // L1, as in EnterThrough.
        return (Mode)_mode.Word.Read() == Mode.Biased || TryEnterUnbiased(slot, token) ? new LockRead(slot, token) : EnterWaiting(slot, deadline);
    }

    /// <summary>Goes in after an announcement that has not found the lock biased, or withdraws it.</summary>
    private bool TryEnterUnbiased(ReaderSlot slot, long token)
    {
        Fence.Full(); // L1: announce, fence, mode; pairs with the fence, or Heavy(), in Exclude.
        Mode mode = (Mode)_mode.Word.Read();
        if (mode == Mode.Writing && !_gate.IsHeldByCaller)
        {
            slot.TryLeave(token);
            return false;
        }

        if (mode == Mode.Unbiased && slot.HasBeenQuiet(token, _quietReads.ReadRelaxed()))
        {
            TryRebias();
        }

        return true;
    }

    private LockRead EnterWaiting(ReaderSlot slot, Deadline deadline)
    {
        if (_readers.FindSlotOfCallerInside() is { } outer)
        {
            return EnterNested(outer); // On another reader of this thread, whom the writer may be waiting for.
        }

        _waiting.Add(1);
        try
        {
            while (deadline.SpinUntil(HasNoWriter))
            {
                long token = slot.Enter(_clock.Now);
                if (TryEnterUnbiased(slot, token))
                {
                    return new LockRead(slot, token);
                }
            }
        }
        finally
        {
            _waiting.Add(-1);
        }

        throw new TimeoutException("A writer was inside for longer than the time to enter for reading.");
    }

    /// <summary>L3: only in a writer's place. A writer in its own would otherwise find its word overwritten, and readers beside it.</summary>
    private void TryRebias()
    {
        if (_gate.TryEnter(out long turn))
        {
            _mode.Word.Write((int)Mode.Biased);
            _gate.Exit(turn);
        }
    }

    /// <summary>Keeps new readers out, inside the gate. Those inside are out when what it returns is over.</summary>
    /// <exception cref="AsymmetricBarrierException">The heavy barrier failed; readers are let in as before.</exception>
    private GracePeriod Exclude()
    {
        bool isBiased = IsBiased;
        _mode.Word.Write((int)Mode.Writing);
        if (!isBiased)
        {
            return new GracePeriod(_readers, static () => Fence.Full()); // L1: mode, fence, slots; pairs with the fence in TryEnterUnbiased.
        }

        try
        {
            long start = _time.GetTimestamp();
            var readers = new GracePeriod(_readers, _heavy); // L1: mode, Heavy, slots; pairs with the light barrier in EnterThrough.
            double paid = _time.GetElapsedTime(start).TotalMicroseconds * ReadsPerMicrosecond;
            _quietReads.WriteRelaxed(Math.Max(_fewestQuietReads, (int)Math.Min(paid, MostQuietReads)));
            _revocations.Write(_revocations.ReadRelaxed() + 1);
            return readers;
        }
        catch
        {
            _mode.Word.Write((int)Mode.Biased); // L2: without that barrier, no writer may ever do with a fence.
            throw;
        }
    }

    private bool HasNobodyWaiting() => _waiting.Read() == 0;

    private bool HasNoWriter() => (Mode)_mode.Word.Read() != Mode.Writing;

    private WriteTimeoutException HeldUp(GracePeriod readers, TimeSpan timeout) => WriteTimeoutException.HeldUpByReader(_readers.NameOf(readers.Awaited), timeout);

    /// <exception cref="InvalidOperationException">The calling thread is inside.</exception>
    private void ThrowIfCallerInside()
    {
        if (_gate.IsHeldByCaller)
        {
            throw new InvalidOperationException("The calling thread is inside this lock to write already. Writes do not nest: pass on that you are inside, instead of entering again.");
        }

        if (_readers.IsCallerInside())
        {
            throw new InvalidOperationException(
                "The calling thread is inside this lock to read, and would wait for itself: a read cannot become a write. Leave the read first, enter to write, and look again at what you have read.");
        }
    }

    // Ends in a throw of its own, as ReaderHandle's.
    [DoesNotReturn]
    private static void ThrowUnusable(ReaderHandle? reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        reader.ThrowIfDisposed();
        throw new InvalidOperationException($"The reader handle '{reader.Name}' was not registered by this lock, and would hold no writer up.");
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct PaddedWord
    {
        private readonly CacheLinePadding _before;
        public SharedInt64 Word;
        private readonly CacheLinePadding _after;
    }
}
