using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace SwmrKit;

/// <summary>A read section of an <see cref="OwningDictionary{TKey, TValue}"/>: what is found in it is safe from disposal until it ends.</summary>
/// <typeparam name="TKey">The type of the keys.</typeparam>
/// <typeparam name="TValue">The type of the values.</typeparam>
/// <remarks>
/// <para>Use it with <c>using</c>, on one thread, innermost first; see <see cref="ReadGuard"/>. Do not dispose the values, and do not use them afterwards.</para>
/// <para>Each look-up sees the dictionary as it is then; <see cref="Snapshot"/> gives one state of it. What a read holds back is what was alive while it read; a snapshot under it holds back all that was in it.</para>
/// </remarks>
#pragma warning disable CA1710 // A read section is no collection, although it can be gone through.
public ref partial struct DictionaryRead<TKey, TValue>
#pragma warning restore CA1710
    where TKey : notnull
    where TValue : class
{
    // A ReadGuard's fields, held here flat: a guard in a field would be copied from where it was made.
    private readonly OwningDictionary<TKey, TValue> _dictionary;
    private readonly long _token;
    private long _upper;
    private ReaderSlot? _slot;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal DictionaryRead(OwningDictionary<TKey, TValue> dictionary, ReaderSlot slot)
    {
        _dictionary = dictionary;
        if (slot.IsInside)
        {
            _token = slot.EnterNested();
            _upper = slot.PublishedUpper;
        }
        else
        {
            _upper = slot.Clock.Now; // O3: acquire, before the announcement.
            _token = slot.Enter(_upper);
        }

        _slot = slot;
    }

    /// <summary>Gets a key's value.</summary>
    /// <param name="key">The key.</param>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is null.</exception>
    /// <exception cref="KeyNotFoundException">The key is absent.</exception>
    /// <exception cref="InvalidOperationException">This is <c>default</c> or has been disposed.</exception>
    /// <exception cref="ObjectDisposedException">The dictionary has been disposed.</exception>
    public TValue this[TKey key] => TryGetValue(key, out TValue? value) ? value : throw DictionaryErrors.NotFound(key);

    /// <summary>Finds a key's value. O(1), without lock, wait or allocation; it looks again when the value it found is younger than it has announced.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">Its value, protected until the read ends; or null.</param>
    /// <returns>Whether the key is there.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is null.</exception>
    /// <exception cref="InvalidOperationException">This is <c>default</c> or has been disposed.</exception>
    /// <exception cref="ObjectDisposedException">The dictionary has been disposed.</exception>
    public bool TryGetValue(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        value = Find(key)?.Value;
        return value is not null;
    }

    /// <summary>Whether a key is there. O(1), without lock, wait or allocation.</summary>
    /// <param name="key">The key.</param>
    /// <returns>Whether it is.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is null.</exception>
    /// <exception cref="InvalidOperationException">This is <c>default</c> or has been disposed.</exception>
    /// <exception cref="ObjectDisposedException">The dictionary has been disposed.</exception>
    public bool ContainsKey(TKey key) => Find(key) is not null;

    /// <summary>Takes a lease of a key's value, which outlives the read: it may cross <c>await</c> and threads.</summary>
    /// <param name="key">The key.</param>
    /// <param name="lease">The lease, to be disposed; null where the key is absent.</param>
    /// <returns>Whether the key is there.</returns>
    /// <remarks>O(1) amortised; it allocates. <see cref="OwningDictionary{TKey, TValue}.TryLease"/> does the same without a read.</remarks>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is null.</exception>
    /// <exception cref="InvalidOperationException">This is <c>default</c> or has been disposed.</exception>
    /// <exception cref="ObjectDisposedException">The dictionary has been disposed.</exception>
    public bool TryLease(TKey key, [NotNullWhen(true)] out Lease<TValue>? lease)
    {
        lease = Find(key) is { } found ? Lease<TValue>.Promote(found) : null;
        return lease is not null;
    }

    /// <summary>Gets a key's value; makes and adds one where it is absent. It is protected until the read ends.</summary>
    /// <param name="key">The key.</param>
    /// <param name="factory">Makes the value: as for <see cref="OwningDictionary{TKey, TValue}.GetOrAdd(TKey, Func{TKey, TValue})"/>. It runs, and others' factories of the key are waited for,
    /// inside this read section: it must not wait for readers of the domain, as <see cref="RetirementDomain.Synchronize"/> does.</param>
    /// <returns>The value that is there afterwards.</returns>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="InvalidOperationException">This is <c>default</c> or has been disposed; or as for the dictionary's.</exception>
    /// <exception cref="ObjectDisposedException">The dictionary has been disposed; what the factory has made is disposed.</exception>
    public TValue GetOrAdd(TKey key, Func<TKey, TValue> factory)
    {
        ArgumentNullException.ThrowIfNull(factory);
        return GetOrAdd(key, static (key, factory) => factory(key), factory);
    }

    /// <summary>As <see cref="GetOrAdd(TKey, Func{TKey, TValue})"/>, without a closure.</summary>
    /// <typeparam name="TArgument">The type of the argument.</typeparam>
    /// <param name="key">The key.</param>
    /// <param name="factory">Makes the value.</param>
    /// <param name="argument">Handed to the factory.</param>
    /// <returns>The value that is there afterwards.</returns>
    /// <exception cref="ArgumentNullException">The key or the factory is null.</exception>
    /// <exception cref="InvalidOperationException">As for the other overload.</exception>
    /// <exception cref="ObjectDisposedException">The dictionary has been disposed; what the factory has made is disposed.</exception>
    public TValue GetOrAdd<TArgument>(TKey key, Func<TKey, TArgument, TValue> factory, TArgument argument)
        where TArgument : allows ref struct
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(factory);
        return _dictionary.GetOrAddUnder(Slot, ref _upper, key, factory, argument);
    }

    /// <summary>The dictionary as it is now, until this read ends: all values in it are protected. O(1), no allocation; it waits for no write but the stores of one entry, or of the links of one page.</summary>
    /// <returns>The snapshot. Pages written afterwards are copied first, each once.</returns>
    /// <exception cref="InvalidOperationException">This is <c>default</c> or has been disposed.</exception>
    /// <exception cref="ObjectDisposedException">The dictionary has been disposed.</exception>
    public OwningDictionarySnapshot<TKey, TValue> Snapshot() => _dictionary.CaptureUnder(Slot, _token, ref _upper);

    /// <summary>Goes through the entries as of now: those of a snapshot taken by this call.</summary>
    /// <returns>The enumerator, for use inside this read.</returns>
    /// <exception cref="InvalidOperationException">This is <c>default</c> or has been disposed.</exception>
    /// <exception cref="ObjectDisposedException">The dictionary has been disposed.</exception>
    public OwningDictionarySnapshot<TKey, TValue>.Enumerator GetEnumerator() => Snapshot().GetEnumerator();

    /// <summary>Ends the read. Further calls, on copies too, do nothing.</summary>
    /// <exception cref="InvalidOperationException">A guard entered later on the same reader is still open; nothing has been changed.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Dispose()
    {
        if (_slot is { } slot)
        {
            if (!slot.TryLeave(_token))
            {
                slot.LeaveNested(_token);
            }

            _slot = null;
        }
    }

    private Published<TValue>? Find(TKey key)
    {
        if (key is null)
        {
            ArgumentNullException.ThrowIfNull(key);
        }

        return _dictionary.FindUnder(Slot, ref _upper, key);
    }

    /// <summary>The slot, while the read is open.</summary>
    private readonly ReaderSlot Slot
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            ReaderSlot? slot = _slot;
            if (slot is null)
            {
                ReadGuard.ThrowNotOpen();
            }

            return slot;
        }
    }
}
