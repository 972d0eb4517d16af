using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace SwmrKit;

/// <summary>
/// Holds a value of several words, from 1 to 4,096 bytes, that readers copy whole while writers replace it: a position, a rate with its time stamp, a
/// row of counters. Nothing is allocated, neither by reads nor by writes.
/// </summary>
/// <typeparam name="T">The type of the value. One with references in it is refused by the compiler: put that in a <see cref="SwmrCell{T}"/>.</typeparam>
/// <remarks>
/// <para>A read copies the value and then looks whether it was replaced meanwhile; if so it tries again, and after some tries waits for the writers' lock, so that it ends
/// however fast writers are. A read is never torn, and never goes back to a value older than one that its thread has read before.</para>
/// <para><b>Slots.</b> Values are written in turn to the slots of a ring: the current one stays whole until as many have followed as there are slots, so that a read
/// fails only when it is overtaken by a whole round, and a writer that is held up half way holds up nobody. With one slot the cell is small, and reads while
/// nobody writes are as fast; but a read that meets a write fails, and while a writer is held up half way (a page fault, the end of its time slice) readers end up
/// waiting for it. One slot is for what is written rarely.</para>
/// <para>Writers are serialised by a lock. All members may be called from any thread. Reads and writes are O(size of the value), and wait-free or lock-based as said above; a write never waits for
/// readers, but for the copy of one that has taken the lock.</para>
/// </remarks>
[DebuggerDisplay("{Read()}, Version = {Version}")]
public sealed class SeqLockCell<T>
    where T : unmanaged
{
    private const int LargestSize = 4096;
    private const int MostSlots = 256;
    private const int UsualSlots = 8;
    private const int UsualTries = 64;

    // What a slot says while it is written; versions begin at 1.
    private const long BeingWritten = 0;

    private readonly Slot[] _ring;
    private readonly int _mask;
    private readonly int _stride;
    private readonly int _tries;
    private readonly ExclusiveLock _writer = new();
    private SharedInt64 _version;
    private SharedInt64 _lockedReads;
    private bool _isUpdating; // Guarded by the lock.

    /// <summary>Creates a cell.</summary>
    /// <param name="value">The first value.</param>
    /// <param name="slots">How many of the last values stay whole: a power of two from 1 to 256. Each takes the size of the value and 8 bytes, and no less than 128 where there are several.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="slots"/> is not a power of two from 1 to 256.</exception>
    /// <exception cref="NotSupportedException">The type is larger than 4,096 bytes.</exception>
    public SeqLockCell(T value = default, int slots = UsualSlots)
        : this(value, slots, UsualTries)
    {
    }

    /// <param name="value">The first value.</param>
    /// <param name="slots">How many of the last values stay whole.</param>
    /// <param name="tries">How often a read tries before it takes the writers' lock.</param>
    internal SeqLockCell(T value, int slots, int tries)
    {
        if (slots > MostSlots || !BitOperations.IsPow2(slots))
        {
            throw new ArgumentOutOfRangeException(nameof(slots), slots, $"The number of slots is a power of two from 1 to {MostSlots}.");
        }

        if (Unsafe.SizeOf<T>() > LargestSize)
        {
            throw new NotSupportedException($"{typeof(T)} has {Unsafe.SizeOf<T>()} bytes; a SeqLockCell holds at most {LargestSize}. Put a larger value into an object, and that into a SwmrCell.");
        }

        // Small neighbours in the ring are kept off each other's cache lines: one is read while the next is written. Large ones share at most the line where they meet.
        _stride = slots == 1 ? 1 : 1 + ((CacheLinePadding.Size - 1) / Unsafe.SizeOf<Slot>());
        _mask = slots - 1;
        _tries = tries;
        _ring = new Slot[slots * _stride];
        Publish(1, value);
    }

    /// <summary>The number of the current value among those the cell has held, from 1.</summary>
    /// <remarks>Read it with the value (<see cref="Read(out long)"/>) where the two must belong together.</remarks>
    public long Version => _version.Read();

    /// <summary>How many reads have found no whole value in all their tries, and have waited for the writers' lock. Where these are many, writes are too frequent for a cell of so few slots.</summary>
    public long LockedReads => _lockedReads.Read();

    /// <summary>Copies the current value.</summary>
    /// <returns>The value.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T Read() => Read(out _);

    /// <summary>Copies the current value, and says which one it is.</summary>
    /// <param name="version">The number of the value.</param>
    /// <returns>The value.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T Read(out long version)
    {
        // One local that nothing else has the address of, or the value would be copied twice.
        T value;
        long found;
        int tries = 0;
        while (!TryCopy(out value, out found))
        {
            tries = Wait(tries);
        }

        if (tries > _tries)
        {
            _writer.Exit();
        }

        version = found;
        return value;
    }

    /// <summary>Copies the current value if that is possible without waiting: it neither spins nor takes a lock.</summary>
    /// <param name="maxTries">How often it may be overtaken by writers before it gives up.</param>
    /// <param name="value">The value; the default where there is none.</param>
    /// <returns>Whether a whole value was copied.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxTries"/> is less than 1.</exception>
    public bool TryRead(int maxTries, out T value) => TryRead(maxTries, out value, out _);

    /// <summary>Copies the current value if that is possible without waiting, and says which one it is.</summary>
    /// <param name="maxTries">How often it may be overtaken by writers before it gives up.</param>
    /// <param name="value">The value; the default where there is none.</param>
    /// <param name="version">The number of the value; 0 where there is none.</param>
    /// <returns>Whether a whole value was copied.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxTries"/> is less than 1.</exception>
    public bool TryRead(int maxTries, out T value, out long version)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxTries, 1);
        for (int i = 0; i < maxTries; i++)
        {
            if (TryCopy(out value, out version))
            {
                return true;
            }
        }

        value = default; // Nobody is to see what may be torn.
        version = 0;
        return false;
    }

    /// <summary>Replaces the value.</summary>
    /// <param name="value">The new one.</param>
    /// <exception cref="InvalidOperationException">It was called by an update of this cell.</exception>
    public void Write(in T value)
    {
        using ExclusiveLock.Scope held = EnterAsWriter();
        Publish(_version.ReadRelaxed() + 1, value);
    }

    /// <summary>Replaces the value and returns the one replaced.</summary>
    /// <param name="value">The new one.</param>
    /// <returns>The value replaced.</returns>
    /// <exception cref="InvalidOperationException">It was called by an update of this cell.</exception>
    public T Exchange(in T value)
    {
        using ExclusiveLock.Scope held = EnterAsWriter();
        T replaced = CopyUnderLock(out long version);
        Publish(version + 1, value);
        return replaced;
    }

    /// <summary>Changes the value in place, as seen by one writer at a time: readers see it before or after the change.</summary>
    /// <param name="update">Changes a copy, which is then published; when it throws, the value stays as it was. It may read the cell, and may not write to it.</param>
    /// <exception cref="ArgumentNullException"><paramref name="update"/> is null.</exception>
    /// <exception cref="InvalidOperationException">It was called by an update of this cell.</exception>
    public void Update(SeqLockUpdate<T> update)
    {
        ArgumentNullException.ThrowIfNull(update);
        Update(update, static (ref value, update) => update(ref value));
    }

    /// <summary>Changes the value in place, with an argument in place of what a closure would be allocated for.</summary>
    /// <typeparam name="TArgument">The type of the argument.</typeparam>
    /// <param name="argument">Handed to the update.</param>
    /// <param name="update">Changes a copy, which is then published; when it throws, the value stays as it was. It may read the cell, and may not write to it.</param>
    /// <exception cref="ArgumentNullException"><paramref name="update"/> is null.</exception>
    /// <exception cref="InvalidOperationException">It was called by an update of this cell.</exception>
    public void Update<TArgument>(TArgument argument, SeqLockUpdate<T, TArgument> update)
        where TArgument : allows ref struct
    {
        ArgumentNullException.ThrowIfNull(update);
        using ExclusiveLock.Scope held = EnterAsWriter();
        T value = CopyUnderLock(out long version);
        _isUpdating = true;
        try
        {
            update(ref value, argument);
        }
        finally
        {
            _isUpdating = false;
        }

        Publish(version + 1, value);
    }

    /// <summary>Copies the current value, and then looks whether it was whole.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryCopy(out T value, out long version)
    {
        version = _version.Read(); // S2: what is copied is of this version or of later ones.
        ref Slot slot = ref SlotOf(version);
        slot.Value.CopyTo(out value);
        Fence.Acquire(); // S1: a copy with anything of a later version in it finds the mark of that one, or what came after it.
        return slot.Version.ReadRelaxed() == version;
    }

    /// <summary>Goes on to the next try of a read; the last of them is made under the writers' lock, where nothing can overtake it.</summary>
    /// <returns>How many tries have failed; more than the cell allows where the lock has been taken.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private int Wait(int tries)
    {
        if (tries + 1 < _tries)
        {
            return tries + 1;
        }

        _writer.Enter();
        _lockedReads.Write(_lockedReads.ReadRelaxed() + 1);
        return _tries + 1;
    }

    private T CopyUnderLock(out long version)
    {
        version = _version.ReadRelaxed();
        SlotOf(version).Value.CopyTo(out T value);
        return value;
    }

    /// <summary>Writes to the slot that has been read least lately, under the lock.</summary>
    private void Publish(long version, in T value)
    {
        ref Slot slot = ref SlotOf(version);
        slot.Version.WriteRelaxed(BeingWritten);
        Fence.Release(); // S1: the mark before any of the value.
        slot.Value.CopyFrom(in value);
        slot.Version.Write(version); // S2: the value before its version, here and in the cell.
        _version.Write(version);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref Slot SlotOf(long version) => ref _ring[((int)version & _mask) * _stride];

    private ExclusiveLock.Scope EnterAsWriter()
    {
        ExclusiveLock.Scope held = _writer.Enter();
        if (_isUpdating)
        {
            held.Dispose();
            throw new InvalidOperationException("An update of this cell writes to the cell itself. Change the value it is handed instead.");
        }

        return held;
    }

    private struct Slot
    {
        public SharedInt64 Version;
        public SharedBlock<T> Value;
    }
}
