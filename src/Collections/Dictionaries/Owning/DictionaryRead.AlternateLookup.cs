using System.Diagnostics.CodeAnalysis;

namespace SwmrKit;

public ref partial struct DictionaryRead<TKey, TValue>
{
    /// <summary>Looks keys up by something that stands for them: strings by spans of characters, without making the string.</summary>
    /// <typeparam name="TAlternate">What stands for a key.</typeparam>
    /// <returns>The look-up, for use inside this read.</returns>
    /// <exception cref="InvalidOperationException">The dictionary's comparer does not implement <see cref="IAlternateEqualityComparer{TAlternate, T}"/> for it; or this is <c>default</c> or has been disposed.</exception>
    public readonly DictionaryRead<TKey, TValue>.AlternateLookup<TAlternate> GetAlternateLookup<TAlternate>()
        where TAlternate : notnull, allows ref struct => TryGetAlternateLookup(out AlternateLookup<TAlternate> lookup)
            ? lookup
            : throw DictionaryErrors.NoLookup<TKey>(_dictionary.Comparer.GetType(), typeof(TAlternate));

    /// <summary>As <see cref="GetAlternateLookup"/>, where the comparer can do it.</summary>
    /// <typeparam name="TAlternate">What stands for a key.</typeparam>
    /// <param name="lookup">The look-up, for use inside this read.</param>
    /// <returns>Whether the comparer can do it.</returns>
    /// <exception cref="InvalidOperationException">This is <c>default</c> or has been disposed.</exception>
    public readonly bool TryGetAlternateLookup<TAlternate>(out DictionaryRead<TKey, TValue>.AlternateLookup<TAlternate> lookup)
        where TAlternate : notnull, allows ref struct
    {
        ThrowIfNotOpen();
        var comparer = _dictionary.Comparer as IAlternateEqualityComparer<TAlternate, TKey>;
        lookup = comparer is null ? default : new AlternateLookup<TAlternate>(_dictionary, _guard, comparer);
        return comparer is not null;
    }

    /// <summary>Looks keys up by something that stands for them, inside a read.</summary>
    /// <typeparam name="TAlternate">What stands for a key.</typeparam>
    /// <remarks>Every member throws an <see cref="InvalidOperationException"/> when the read has ended, and of <c>default</c>; and an <see cref="ObjectDisposedException"/> when the dictionary has been disposed.</remarks>
    public ref struct AlternateLookup<TAlternate>
        where TAlternate : notnull, allows ref struct
    {
        private readonly OwningDictionary<TKey, TValue> _dictionary;
        private readonly IAlternateEqualityComparer<TAlternate, TKey> _comparer;
        private ReadGuard _guard; // A copy, which nobody disposes: so the slot is asked whether the guard is still open.

        internal AlternateLookup(OwningDictionary<TKey, TValue> dictionary, ReadGuard guard, IAlternateEqualityComparer<TAlternate, TKey> comparer)
        {
            _dictionary = dictionary;
            _guard = guard;
            _comparer = comparer;
        }

        /// <summary>Gets the value of the key that is stood for.</summary>
        /// <param name="key">What stands for the key.</param>
        /// <exception cref="KeyNotFoundException">The key is absent.</exception>
        public TValue this[TAlternate key] => TryGetValue(key, out TValue? value) ? value : throw DictionaryErrors.NotFound(_comparer.Create(key));

        /// <summary>Finds the value of the key that is stood for. O(1), without lock, wait or allocation.</summary>
        /// <param name="key">What stands for the key.</param>
        /// <param name="value">The value, protected until the read ends; or null.</param>
        /// <returns>Whether the key is there.</returns>
        public bool TryGetValue(TAlternate key, [MaybeNullWhen(false)] out TValue value) => TryGetValue(key, out _, out value);

        /// <summary>Finds the key that is stood for, and its value. O(1), without lock, wait or allocation.</summary>
        /// <param name="key">What stands for the key.</param>
        /// <param name="actual">The key, or default.</param>
        /// <param name="value">The value, protected until the read ends; or null.</param>
        /// <returns>Whether the key is there.</returns>
        public bool TryGetValue(TAlternate key, [MaybeNullWhen(false)] out TKey actual, [MaybeNullWhen(false)] out TValue value)
        {
            bool isFound = TryFind(key, out actual, out Published<TValue>? found);
            value = found?.Value;
            return isFound;
        }

        /// <summary>Whether the key that is stood for is there. O(1), without lock, wait or allocation.</summary>
        /// <param name="key">What stands for the key.</param>
        /// <returns>Whether it is.</returns>
        public bool ContainsKey(TAlternate key) => TryFind(key, out _, out _);

        /// <summary>Takes a lease of the value of the key that is stood for, which outlives the read.</summary>
        /// <param name="key">What stands for the key.</param>
        /// <param name="lease">The lease, to be disposed; null where the key is absent.</param>
        /// <returns>Whether the key is there.</returns>
        public bool TryLease(TAlternate key, [NotNullWhen(true)] out Lease<TValue>? lease)
        {
            lease = TryFind(key, out _, out Published<TValue>? found) ? Lease<TValue>.Promote(found) : null;
            return lease is not null;
        }

        private bool TryFind(TAlternate key, [MaybeNullWhen(false)] out TKey actual, [NotNullWhen(true)] out Published<TValue>? found)
        {
            OwningDictionaryErrors.ThrowIfEnded(_guard.Slot, _guard.Token);
            return _dictionary.TryFindUnder(ref _guard, _comparer, key, out actual, out found);
        }
    }
}
