using System.Diagnostics.CodeAnalysis;

namespace SwmrKit;

public sealed partial class SetBatch<T>
{
    /// <summary>Looks items up by something that stands for them: strings by spans of characters, without making the string.</summary>
    /// <typeparam name="TAlternate">What stands for an item.</typeparam>
    /// <returns>The look-up.</returns>
    /// <exception cref="InvalidOperationException">The set's comparer does not implement <see cref="IAlternateEqualityComparer{TAlternate, T}"/> for it.</exception>
    public AlternateLookup<TAlternate> GetAlternateLookup<TAlternate>()
        where TAlternate : notnull, allows ref struct => TryGetAlternateLookup(out AlternateLookup<TAlternate> lookup)
            ? lookup
            : throw DictionaryErrors.NoLookup<T>(_comparer.GetType(), typeof(TAlternate));

    /// <summary>As <see cref="GetAlternateLookup"/>, where the comparer can do it.</summary>
    /// <typeparam name="TAlternate">What stands for an item.</typeparam>
    /// <param name="lookup">The look-up.</param>
    /// <returns>Whether the comparer can do it.</returns>
    public bool TryGetAlternateLookup<TAlternate>(out AlternateLookup<TAlternate> lookup)
        where TAlternate : notnull, allows ref struct
    {
        var comparer = _comparer as IAlternateEqualityComparer<TAlternate, T>;
        lookup = comparer is null ? default : new AlternateLookup<TAlternate>(this, comparer);
        return comparer is not null;
    }

    /// <summary>Looks a batch's items up, with the changes so far, by something that stands for them. For the batch's delegate only, as the batch is.</summary>
    /// <typeparam name="TAlternate">What stands for an item.</typeparam>
    /// <remarks>Every member throws an <see cref="InvalidOperationException"/> when the batch has ended, on another thread than its delegate's, and of <c>default</c>.</remarks>
#pragma warning disable CA1815 // As the framework's own look-ups of this name, it is not compared.
    public readonly struct AlternateLookup<TAlternate>
#pragma warning restore CA1815
        where TAlternate : notnull, allows ref struct
    {
        private readonly SetBatch<T>? _batch;
        private readonly IAlternateEqualityComparer<TAlternate, T> _comparer;

        internal AlternateLookup(SetBatch<T> batch, IAlternateEqualityComparer<TAlternate, T> comparer) => (_batch, _comparer) = (batch, comparer);

        /// <summary>The batch it looks in.</summary>
        public SetBatch<T> Batch => _batch ?? throw DictionaryErrors.DefaultLookup();

        /// <summary>Whether the item that is stood for is there. O(1).</summary>
        /// <param name="item">What stands for the item.</param>
        /// <returns>Whether it is.</returns>
        public bool Contains(TAlternate item) => TryGetValue(item, out _);

        /// <summary>Finds the item that is stood for. O(1).</summary>
        /// <param name="equalValue">What stands for the item.</param>
        /// <param name="actualValue">The item, or default.</param>
        /// <returns>Whether it is there.</returns>
        public bool TryGetValue(TAlternate equalValue, [MaybeNullWhen(false)] out T actualValue)
        {
            SetBatch<T> batch = Batch;
            batch.ThrowIfEnded();
            return Table<T, byte>.TryFind(batch._draft.Root, _comparer, equalValue, out actualValue, out _);
        }

        /// <summary>Adds the item that is stood for, if it is absent; only then it is made.</summary>
        /// <param name="item">What stands for the item.</param>
        /// <returns>Whether it was added.</returns>
        public bool Add(TAlternate item) => !Contains(item) && Batch.Add(_comparer.Create(item));

        /// <summary>Removes the item that is stood for.</summary>
        /// <param name="item">What stands for the item.</param>
        /// <returns>Whether it was there.</returns>
        public bool Remove(TAlternate item) => TryGetValue(item, out T? actual) && Batch.Remove(actual);
    }
}
