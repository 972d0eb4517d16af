using System.Diagnostics.CodeAnalysis;

namespace SwmrKit;

public sealed partial class DictionaryBatch<TKey, TValue>
{
    /// <summary>Looks keys up by something that stands for them: strings by spans of characters, without making the string.</summary>
    /// <typeparam name="TAlternate">What stands for a key.</typeparam>
    /// <returns>The look-up.</returns>
    /// <exception cref="InvalidOperationException">The dictionary's comparer does not implement <see cref="IAlternateEqualityComparer{TAlternate, T}"/> for it.</exception>
    public AlternateLookup<TAlternate> GetAlternateLookup<TAlternate>()
        where TAlternate : notnull, allows ref struct => TryGetAlternateLookup(out AlternateLookup<TAlternate> lookup)
            ? lookup
            : throw DictionaryErrors.NoLookup<TKey>(_comparer.GetType(), typeof(TAlternate));

    /// <summary>As <see cref="GetAlternateLookup"/>, where the comparer can do it.</summary>
    /// <typeparam name="TAlternate">What stands for a key.</typeparam>
    /// <param name="lookup">The look-up.</param>
    /// <returns>Whether the comparer can do it.</returns>
    public bool TryGetAlternateLookup<TAlternate>(out AlternateLookup<TAlternate> lookup)
        where TAlternate : notnull, allows ref struct
    {
        var comparer = _comparer as IAlternateEqualityComparer<TAlternate, TKey>;
        lookup = comparer is null ? default : new AlternateLookup<TAlternate>(this, comparer);
        return comparer is not null;
    }

    /// <summary>Looks a batch's keys up, with the changes so far, by something that stands for them. For the batch's delegate only, as the batch is.</summary>
    /// <typeparam name="TAlternate">What stands for a key.</typeparam>
    /// <remarks>Every member throws an <see cref="InvalidOperationException"/> when the batch has ended, on another thread than its delegate's, and of <c>default</c>.</remarks>
#pragma warning disable CA1815 // As the framework's own look-ups of this name, it is not compared.
    public readonly struct AlternateLookup<TAlternate>
#pragma warning restore CA1815
        where TAlternate : notnull, allows ref struct
    {
        private readonly DictionaryBatch<TKey, TValue>? _batch;
        private readonly IAlternateEqualityComparer<TAlternate, TKey> _comparer;

        internal AlternateLookup(DictionaryBatch<TKey, TValue> batch, IAlternateEqualityComparer<TAlternate, TKey> comparer) => (_batch, _comparer) = (batch, comparer);

        /// <summary>The batch it looks in.</summary>
        public DictionaryBatch<TKey, TValue> Batch => _batch ?? throw DictionaryErrors.DefaultLookup();

        /// <summary>Gets the value of the key that is stood for, or sets it.</summary>
        /// <param name="key">What stands for the key.</param>
        /// <exception cref="KeyNotFoundException">On getting, the key is absent.</exception>
        public TValue this[TAlternate key]
        {
            get => TryGetValue(key, out TValue? value) ? value : throw DictionaryErrors.NotFound(_comparer.Create(key));
            set
            {
                DictionaryBatch<TKey, TValue> batch = Batch;
                batch.Set(TryGetValue(key, out TKey? actual, out _) ? actual : _comparer.Create(key), value);
            }
        }

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
            DictionaryBatch<TKey, TValue> batch = Batch;
            batch.ThrowIfEnded();
            return CopyOnWriteDictionary<TKey, TValue>.TryFind((object?)batch._primitives?.Root ?? batch._objects!.Root, _comparer, key, out actual, out value);
        }

        /// <summary>Whether the key that is stood for is there. O(1).</summary>
        /// <param name="key">What stands for the key.</param>
        /// <returns>Whether it is.</returns>
        public bool ContainsKey(TAlternate key) => TryGetValue(key, out _, out _);

        /// <summary>Adds the key that is stood for, if it is absent; only then it is made.</summary>
        /// <param name="key">What stands for the key.</param>
        /// <param name="value">Its value.</param>
        /// <returns>Whether it was added.</returns>
        public bool TryAdd(TAlternate key, TValue value) => !ContainsKey(key) && Batch.TryAdd(_comparer.Create(key), value);

        /// <summary>Removes the key that is stood for.</summary>
        /// <param name="key">What stands for the key.</param>
        /// <returns>Whether it was there.</returns>
        public bool TryRemove(TAlternate key) => TryRemove(key, out _);

        /// <summary>Removes the key that is stood for.</summary>
        /// <param name="key">What stands for the key.</param>
        /// <param name="value">The value it had.</param>
        /// <returns>Whether it was there.</returns>
        public bool TryRemove(TAlternate key, [MaybeNullWhen(false)] out TValue value) => TryGetValue(key, out TKey? actual, out value) && Batch.TryRemove(actual, out value);
    }
}
