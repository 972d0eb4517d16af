using System.Diagnostics.CodeAnalysis;

namespace SwmrKit;

#pragma warning disable CA1710 // A snapshot of a dictionary is what it is.
public readonly partial struct DictionarySnapshot<TKey, TValue>
#pragma warning restore CA1710
{
    /// <summary>Looks keys up by something that stands for them: strings by spans of characters, without making the string.</summary>
    /// <typeparam name="TAlternate">What stands for a key.</typeparam>
    /// <returns>The look-up.</returns>
    /// <exception cref="InvalidOperationException"><see cref="Comparer"/> does not implement <see cref="IAlternateEqualityComparer{TAlternate, T}"/> for it.</exception>
    public AlternateLookup<TAlternate> GetAlternateLookup<TAlternate>()
        where TAlternate : notnull, allows ref struct => TryGetAlternateLookup(out AlternateLookup<TAlternate> lookup)
            ? lookup
            : throw DictionaryErrors.NoLookup<TKey>(Comparer.GetType(), typeof(TAlternate));

    /// <summary>As <see cref="GetAlternateLookup"/>, where the comparer can do it.</summary>
    /// <typeparam name="TAlternate">What stands for a key.</typeparam>
    /// <param name="lookup">The look-up.</param>
    /// <returns>Whether the comparer can do it.</returns>
    public bool TryGetAlternateLookup<TAlternate>(out AlternateLookup<TAlternate> lookup)
        where TAlternate : notnull, allows ref struct
    {
        var comparer = Comparer as IAlternateEqualityComparer<TAlternate, TKey>;
        lookup = comparer is null ? default : new AlternateLookup<TAlternate>(this, comparer);
        return comparer is not null;
    }

    /// <summary>Looks a snapshot's keys up by something that stands for them. Any number of threads may use it; nothing is allocated.</summary>
    /// <typeparam name="TAlternate">What stands for a key.</typeparam>
    /// <remarks>Of <c>default</c> every member throws an <see cref="InvalidOperationException"/>.</remarks>
#pragma warning disable CA1815 // As the framework's own look-ups of this name, it is not compared.
    public readonly struct AlternateLookup<TAlternate>
#pragma warning restore CA1815
        where TAlternate : notnull, allows ref struct
    {
        private readonly DictionarySnapshot<TKey, TValue> _snapshot;
        private readonly IAlternateEqualityComparer<TAlternate, TKey>? _comparer;

        internal AlternateLookup(DictionarySnapshot<TKey, TValue> snapshot, IAlternateEqualityComparer<TAlternate, TKey> comparer) => (_snapshot, _comparer) = (snapshot, comparer);

        /// <summary>The snapshot it looks in.</summary>
        public DictionarySnapshot<TKey, TValue> Snapshot => _comparer is not null ? _snapshot : throw DictionaryErrors.DefaultLookup();

        /// <summary>Gets the value of the key that is stood for.</summary>
        /// <param name="key">What stands for the key.</param>
        /// <exception cref="KeyNotFoundException">The key is absent.</exception>
        public TValue this[TAlternate key] => TryGetValue(key, out TValue? value) ? value : throw DictionaryErrors.NotFound(_comparer!.Create(key));

        /// <summary>Finds the value of the key that is stood for. O(1).</summary>
        /// <param name="key">What stands for the key.</param>
        /// <param name="value">The value, or default.</param>
        /// <returns>Whether the key is there.</returns>
        public bool TryGetValue(TAlternate key, [MaybeNullWhen(false)] out TValue value) => TryGetValue(key, out _, out value);

        /// <summary>Finds the key that is stood for, and its value. O(1).</summary>
        /// <param name="key">What stands for the key.</param>
        /// <param name="actual">The key, or default.</param>
        /// <param name="value">The value, or default.</param>
        /// <returns>Whether the key is there.</returns>
        public bool TryGetValue(TAlternate key, [MaybeNullWhen(false)] out TKey actual, [MaybeNullWhen(false)] out TValue value)
        {
            if (_comparer is null)
            {
                throw DictionaryErrors.DefaultLookup();
            }

            if (_snapshot._root is { } root)
            {
                return CopyOnWriteDictionary<TKey, TValue>.TryFind(root, _comparer, key, out actual, out value);
            }

            (actual, value) = (default, default);
            return false;
        }

        /// <summary>Whether the key that is stood for is there. O(1).</summary>
        /// <param name="key">What stands for the key.</param>
        /// <returns>Whether it is.</returns>
        public bool ContainsKey(TAlternate key) => TryGetValue(key, out _, out _);
    }
}
