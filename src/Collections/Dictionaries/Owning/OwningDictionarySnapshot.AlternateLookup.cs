using System.Diagnostics.CodeAnalysis;

namespace SwmrKit;

public readonly ref partial struct OwningDictionarySnapshot<TKey, TValue>
{
    /// <summary>Looks keys up by something that stands for them: strings by spans of characters, without making the string.</summary>
    /// <typeparam name="TAlternate">What stands for a key.</typeparam>
    /// <returns>The look-up, for use inside the read.</returns>
    /// <exception cref="InvalidOperationException">The dictionary's comparer does not implement <see cref="IAlternateEqualityComparer{TAlternate, T}"/> for it; or the read has ended.</exception>
    public OwningDictionarySnapshot<TKey, TValue>.AlternateLookup<TAlternate> GetAlternateLookup<TAlternate>()
        where TAlternate : notnull, allows ref struct => TryGetAlternateLookup(out AlternateLookup<TAlternate> lookup)
            ? lookup
            : throw DictionaryErrors.NoLookup<TKey>(Comparer.GetType(), typeof(TAlternate));

    /// <summary>As <see cref="GetAlternateLookup"/>, where the comparer can do it.</summary>
    /// <typeparam name="TAlternate">What stands for a key.</typeparam>
    /// <param name="lookup">The look-up, for use inside the read.</param>
    /// <returns>Whether the comparer can do it.</returns>
    /// <exception cref="InvalidOperationException">The read has ended.</exception>
    public bool TryGetAlternateLookup<TAlternate>(out OwningDictionarySnapshot<TKey, TValue>.AlternateLookup<TAlternate> lookup)
        where TAlternate : notnull, allows ref struct
    {
        ThrowIfEnded();
        var comparer = Comparer as IAlternateEqualityComparer<TAlternate, TKey>;
        lookup = comparer is null ? default : new AlternateLookup<TAlternate>(this, comparer);
        return comparer is not null;
    }

    /// <summary>Looks a snapshot's keys up by something that stands for them, inside its read. Nothing is allocated.</summary>
    /// <typeparam name="TAlternate">What stands for a key.</typeparam>
    /// <remarks>Every member throws an <see cref="InvalidOperationException"/> when the read has ended, and of <c>default</c>.</remarks>
    public readonly ref struct AlternateLookup<TAlternate>
        where TAlternate : notnull, allows ref struct
    {
        private readonly OwningDictionarySnapshot<TKey, TValue> _snapshot;
        private readonly IAlternateEqualityComparer<TAlternate, TKey>? _comparer;

        internal AlternateLookup(OwningDictionarySnapshot<TKey, TValue> snapshot, IAlternateEqualityComparer<TAlternate, TKey> comparer)
        {
            _snapshot = snapshot;
            _comparer = comparer;
        }

        /// <summary>Gets the value of the key that is stood for.</summary>
        /// <param name="key">What stands for the key.</param>
        /// <exception cref="KeyNotFoundException">The key is absent.</exception>
        public TValue this[TAlternate key] => TryGetValue(key, out TValue? value) ? value : throw DictionaryErrors.NotFound(_comparer!.Create(key));

        /// <summary>Finds the value of the key that is stood for. O(1).</summary>
        /// <param name="key">What stands for the key.</param>
        /// <param name="value">The value, protected until the read ends; or null.</param>
        /// <returns>Whether the key is there.</returns>
        public bool TryGetValue(TAlternate key, [MaybeNullWhen(false)] out TValue value) => TryGetValue(key, out _, out value);

        /// <summary>Finds the key that is stood for, and its value. O(1).</summary>
        /// <param name="key">What stands for the key.</param>
        /// <param name="actual">The key, or default.</param>
        /// <param name="value">The value, protected until the read ends; or null.</param>
        /// <returns>Whether the key is there.</returns>
        public bool TryGetValue(TAlternate key, [MaybeNullWhen(false)] out TKey actual, [MaybeNullWhen(false)] out TValue value)
        {
            if (_comparer is null)
            {
                throw DictionaryErrors.DefaultLookup();
            }

            _snapshot.ThrowIfEnded();
            (actual, value) = (default, null);
            if (_snapshot._slot is not null)
            {
                value = OwningDictionary<TKey, TValue>.FindCaptured(_snapshot._captured.Root, _comparer, key, out actual)?.Value;
            }

            return value is not null;
        }

        /// <summary>Whether the key that is stood for is there. O(1).</summary>
        /// <param name="key">What stands for the key.</param>
        /// <returns>Whether it is.</returns>
        public bool ContainsKey(TAlternate key) => TryGetValue(key, out _, out _);
    }
}
