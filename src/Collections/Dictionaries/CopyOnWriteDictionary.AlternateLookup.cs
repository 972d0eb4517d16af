using System.Diagnostics.CodeAnalysis;

namespace SwmrKit;

public sealed partial class CopyOnWriteDictionary<TKey, TValue>
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
        if (Comparer is IAlternateEqualityComparer<TAlternate, TKey> comparer)
        {
            lookup = new AlternateLookup<TAlternate>(this, comparer);
            return true;
        }

        lookup = default;
        return false;
    }

    /// <summary>Looks keys up by something that stands for them. Thread-safe as the dictionary is; reads allocate nothing.</summary>
    /// <typeparam name="TAlternate">What stands for a key.</typeparam>
    /// <remarks>Of <c>default</c> every member throws an <see cref="InvalidOperationException"/>.</remarks>
#pragma warning disable CA1815 // As the framework's own look-ups of this name, it is not compared.
    public readonly struct AlternateLookup<TAlternate>
#pragma warning restore CA1815
        where TAlternate : notnull, allows ref struct
    {
        private readonly CopyOnWriteDictionary<TKey, TValue>? _dictionary;
        private readonly IAlternateEqualityComparer<TAlternate, TKey> _comparer;

        internal AlternateLookup(CopyOnWriteDictionary<TKey, TValue> dictionary, IAlternateEqualityComparer<TAlternate, TKey> comparer) =>
            (_dictionary, _comparer) = (dictionary, comparer);

        /// <summary>The dictionary it looks in.</summary>
        public CopyOnWriteDictionary<TKey, TValue> Dictionary => _dictionary ?? throw DictionaryErrors.DefaultLookup();

        /// <summary>Gets the value of the key that is stood for, or sets it.</summary>
        /// <param name="key">What stands for the key.</param>
        /// <exception cref="KeyNotFoundException">On getting, the key is absent.</exception>
        /// <exception cref="InvalidOperationException">On setting, as for <see cref="CopyOnWriteDictionary{TKey, TValue}.Set"/>.</exception>
        public TValue this[TAlternate key]
        {
            get => TryGetValue(key, out TValue? value) ? value : throw DictionaryErrors.NotFound(_comparer.Create(key));
            set
            {
                CopyOnWriteDictionary<TKey, TValue> dictionary = Dictionary;
                dictionary.Set(_comparer.Create(key), value);
            }
        }

        /// <summary>Finds the value of the key that is stood for.</summary>
        /// <param name="key">What stands for the key.</param>
        /// <param name="value">The value, or default.</param>
        /// <returns>Whether the key is there.</returns>
        public bool TryGetValue(TAlternate key, [MaybeNullWhen(false)] out TValue value) => Dictionary.TryFind(_comparer, key, out _, out value);

        /// <summary>Finds the key that is stood for, and its value.</summary>
        /// <param name="key">What stands for the key.</param>
        /// <param name="actual">The key, or default.</param>
        /// <param name="value">The value, or default.</param>
        /// <returns>Whether the key is there.</returns>
        public bool TryGetValue(TAlternate key, [MaybeNullWhen(false)] out TKey actual, [MaybeNullWhen(false)] out TValue value) =>
            Dictionary.TryFind(_comparer, key, out actual, out value);

        /// <summary>Whether the key that is stood for is there.</summary>
        /// <param name="key">What stands for the key.</param>
        /// <returns>Whether it is.</returns>
        public bool ContainsKey(TAlternate key) => TryGetValue(key, out _);

        /// <summary>Adds the key that is stood for, if it is absent; only then it is made.</summary>
        /// <param name="key">What stands for the key.</param>
        /// <param name="value">Its value.</param>
        /// <returns>Whether it was added.</returns>
        /// <exception cref="InvalidOperationException">As for <see cref="CopyOnWriteDictionary{TKey, TValue}.TryAdd"/>.</exception>
        public bool TryAdd(TAlternate key, TValue value) => !ContainsKey(key) && Dictionary.TryAdd(_comparer.Create(key), value);

        /// <summary>Removes the key that is stood for.</summary>
        /// <param name="key">What stands for the key.</param>
        /// <returns>Whether it was there.</returns>
        /// <exception cref="InvalidOperationException">As for <see cref="CopyOnWriteDictionary{TKey, TValue}.Set"/>.</exception>
        public bool TryRemove(TAlternate key) => TryRemove(key, out _);

        /// <summary>Removes the key that is stood for.</summary>
        /// <param name="key">What stands for the key.</param>
        /// <param name="value">The value it had.</param>
        /// <returns>Whether it was there.</returns>
        /// <exception cref="InvalidOperationException">As for <see cref="CopyOnWriteDictionary{TKey, TValue}.Set"/>.</exception>
        public bool TryRemove(TAlternate key, [MaybeNullWhen(false)] out TValue value)
        {
            if (Dictionary.TryFind(_comparer, key, out TKey? actual, out value))
            {
                return Dictionary.TryRemove(actual, out value);
            }

            return false;
        }
    }
}
