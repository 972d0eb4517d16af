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
        ReaderSlot slot = Slot;
        var comparer = _dictionary.Comparer as IAlternateEqualityComparer<TAlternate, TKey>;
        lookup = comparer is null ? default : new AlternateLookup<TAlternate>(_dictionary, slot, _token, _upper, comparer);
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
        private readonly ReaderSlot? _slot;
        private readonly long _token;
        private long _upper;

        internal AlternateLookup(OwningDictionary<TKey, TValue> dictionary, ReaderSlot slot, long token, long upper, IAlternateEqualityComparer<TAlternate, TKey> comparer)
        {
            _dictionary = dictionary;
            _slot = slot;
            _token = token;
            _upper = upper;
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
            value = Find(key, out actual)?.Value;
            return value is not null;
        }

        /// <summary>Whether the key that is stood for is there. O(1), without lock, wait or allocation.</summary>
        /// <param name="key">What stands for the key.</param>
        /// <returns>Whether it is.</returns>
        public bool ContainsKey(TAlternate key) => Find(key, out _) is not null;

        /// <summary>Takes a lease of the value of the key that is stood for, which outlives the read.</summary>
        /// <param name="key">What stands for the key.</param>
        /// <param name="lease">The lease, to be disposed; null where the key is absent.</param>
        /// <returns>Whether the key is there.</returns>
        public bool TryLease(TAlternate key, [NotNullWhen(true)] out Lease<TValue>? lease)
        {
            lease = Find(key, out _) is { } found ? Lease<TValue>.Promote(found) : null;
            return lease is not null;
        }

        private Published<TValue>? Find(TAlternate key, [MaybeNull] out TKey actual)
        {
            OwningDictionaryErrors.ThrowIfEnded(_slot, _token);
            return _dictionary.FindUnder(_slot, ref _upper, _comparer, key, out actual);
        }
    }
}
