using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace SwmrKit;

/// <summary>
/// A dictionary of objects that must be disposed: connections, native indexes, mapped files, pooled buffers. Looking up costs what it costs in a
/// <see cref="CopyOnWriteDictionary{TKey, TValue}"/> and a read section; what is replaced or removed is disposed exactly once, as soon as no reader uses it.
/// </summary>
/// <typeparam name="TKey">The type of the keys. Keys must not change in what their comparer looks at.</typeparam>
/// <typeparam name="TValue">The type of the values. One that implements <see cref="IDisposable"/>, or only <see cref="IAsyncDisposable"/>, is disposed
/// when it has been replaced or removed; one that implements both, by its <see cref="IDisposable.Dispose"/>.</typeparam>
/// <remarks>
/// <para><b>Reading</b> goes through a read section (<see cref="Read(ReaderHandle)"/>), in which values are safe until it ends, or a lease
/// (<see cref="TryLease"/>), which holds one value across <c>await</c> and threads. A look-up under a guard takes no lock, never waits and allocates
/// nothing, whatever writers do. It sees some state between its beginning and its end; what must belong together is read from a
/// <see cref="DictionaryRead{TKey, TValue}.Snapshot"/>, which lives as long as its guard.</para>
/// <para><b>Writing.</b> Writers are serialised by a lock and never wait for readers. A write is O(1) amortised; it may be the one whose retirement fills a batch of the
/// domain and reclaims it.</para>
/// <para><b>Ownership.</b> The dictionary owns what is set in it, from the moment the call returns: if the call throws, or says that it has not set it, the value is the
/// caller's as before. An object that must be disposed is in one place at a time: setting it under a second key, or in another container, is refused; setting it again under its own key does nothing.
/// <see cref="TryTake"/> and <see cref="Exchange"/> hand a value over. What need not be disposed, a string for instance, may be set anywhere.</para>
/// <para><b>Comparers and delegates</b> run in the calls that need them, comparers of writers under the writer's lock. One that throws leaves the dictionary as it was. Writing to the dictionary
/// from inside its comparer or a batch's delegate is refused.</para>
/// <para>All members may be called from any thread; a read belongs to the thread that made it.</para>
/// </remarks>
[DebuggerDisplay("Count = {Count}")]
public sealed partial class OwningDictionary<TKey, TValue> : IDisposable
    where TKey : notnull
    where TValue : class
{
    private readonly Table<TKey, object?> _table; // Of Published<TValue>. As objects, because the mark of what is removed is none.
    private readonly EraClock _clock;
    private readonly ReaderRegistry _readers;
    private readonly ValueDisposal<TValue> _disposal;
    private readonly KeyGates<TKey> _keyGates;
    private SharedInt32 _disposed;

    /// <summary>Creates an empty dictionary in <see cref="RetirementDomain.Shared"/>.</summary>
    public OwningDictionary()
        : this(RetirementDomain.Shared)
    {
    }

    /// <summary>Creates an empty dictionary.</summary>
    /// <param name="domain">Who disposes what was replaced or removed.</param>
    /// <param name="comparer">Compares the keys; null for the default comparer of their type.</param>
    /// <param name="capacity">For how many entries to make room, which stays until <see cref="Clear"/> or <see cref="TrimExcess"/>.</param>
    /// <param name="reclaim">What to do with such an object instead of disposing it, for instance return it to a pool.</param>
    /// <exception cref="ArgumentNullException"><paramref name="domain"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="capacity"/> is negative.</exception>
    /// <exception cref="ObjectDisposedException">The domain has been disposed.</exception>
    public OwningDictionary(RetirementDomain domain, IEqualityComparer<TKey>? comparer = null, int capacity = 0, Action<TValue>? reclaim = null)
        : this(domain, comparer, capacity, reclaim, Geometry.Default)
    {
    }

    /// <param name="domain">Who disposes what was replaced or removed.</param>
    /// <param name="comparer">Compares the keys; null for the default comparer of their type.</param>
    /// <param name="capacity">For how many entries to make room.</param>
    /// <param name="reclaim">What to do with such an object instead of disposing it.</param>
    /// <param name="geometry">The sizes. Tests use small ones, with which a few keys make a large directory.</param>
    internal OwningDictionary(RetirementDomain domain, IEqualityComparer<TKey>? comparer, int capacity, Action<TValue>? reclaim, Geometry geometry)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(capacity);
        _disposal = new ValueDisposal<TValue>(domain, reclaim);
        _readers = domain.Readers;
        _clock = _readers.Clock;
        Comparer = comparer ?? EqualityComparer<TKey>.Default;
        _table = Table<TKey, object?>.For(Comparer, capacity, geometry, keepsRoom: capacity > 0);
        _keyGates = new KeyGates<TKey>(Comparer);
    }

    /// <summary>The domain that disposes what was replaced or removed.</summary>
    public RetirementDomain Domain => _disposal.Domain;

    /// <summary>Compares the keys.</summary>
    public IEqualityComparer<TKey> Comparer { get; }

    /// <summary>How many entries there are; 0 when the dictionary has been disposed. O(1), without a lock. It may trail a write in flight; a snapshot's is exact.</summary>
    /// <exception cref="OverflowException">There are more than <see cref="int.MaxValue"/>; everything else works with them.</exception>
    public int Count => DictionaryErrors.ToCount(_table.Count);

    /// <summary>The number of changes there have been, a batch counting as one: for <see cref="TryUpdate"/>. It may trail a write in flight; a snapshot's is exact.</summary>
    public long Version => _table.Version;

    /// <summary>Enters a read section of this dictionary as the calling thread's implicit reader.</summary>
    /// <returns>The read; dispose it on this thread.</returns>
    /// <exception cref="ObjectDisposedException">The domain has been disposed.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public DictionaryRead<TKey, TValue> Read() => new(this, ImplicitReaders.SlotOf(_readers));

    /// <summary>Enters a read section of this dictionary through a handle: the fastest way.</summary>
    /// <param name="reader">A handle of this dictionary's domain, registered by the calling thread.</param>
    /// <returns>The read; dispose it on this thread.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="reader"/> is null.</exception>
    /// <exception cref="InvalidOperationException">The handle belongs to another domain.</exception>
    /// <exception cref="ObjectDisposedException">The domain or the handle has been disposed.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public DictionaryRead<TKey, TValue> Read(ReaderHandle reader)
    {
        if (reader is null)
        {
            ReaderHandle.ThrowUnusable(reader);
        }

        ReaderSlot slot = reader.Slot;
        if (!ReferenceEquals(slot.Clock, _clock))
        {
            ReaderHandle.ThrowUnusable(reader);
        }

        var read = new DictionaryRead<TKey, TValue>(this, slot);
        FinalizedObject.KeepAlive(reader); // As in ReaderHandle.Enter.
        return read;
    }

    /// <summary>Takes a lease of a key's value: it is held until the lease is disposed, across <c>await</c> and on any thread.</summary>
    /// <param name="key">The key.</param>
    /// <param name="lease">The lease, to be disposed; null where the key is absent.</param>
    /// <returns>Whether the key is there.</returns>
    /// <remarks>
    /// It needs no reader and no guard. O(1) amortised; it allocates, and looks again when the value is replaced at that moment. To lease what a read has
    /// found, see <see cref="DictionaryRead{TKey, TValue}.TryLease"/>.
    /// </remarks>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is null.</exception>
    /// <exception cref="ObjectDisposedException">The dictionary or its domain has been disposed.</exception>
    public bool TryLease(TKey key, [NotNullWhen(true)] out Lease<TValue>? lease)
    {
        ArgumentNullException.ThrowIfNull(key);
        Domain.ThrowIfDisposed();
        lease = Lease<TValue>.Take(new ByKey(this, key));
        if (lease is null)
        {
            ThrowIfDisposed();
        }

        return lease is not null;
    }

    internal static Published<TValue> Decode(object? stored) => Unsafe.As<Published<TValue>>(stored)!;

    private void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(_disposed.Read() != 0, this);
}
