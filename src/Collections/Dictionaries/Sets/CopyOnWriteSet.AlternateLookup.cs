using System.Diagnostics.CodeAnalysis;

namespace SwmrKit;

public sealed partial class CopyOnWriteSet<T>
{
    /// <summary>Looks items up by something that stands for them: strings by spans of characters, without making the string.</summary>
    /// <typeparam name="TAlternate">What stands for an item.</typeparam>
    /// <returns>The look-up.</returns>
    /// <exception cref="InvalidOperationException"><see cref="Comparer"/> does not implement <see cref="IAlternateEqualityComparer{TAlternate, T}"/> for it.</exception>
    public AlternateLookup<TAlternate> GetAlternateLookup<TAlternate>()
        where TAlternate : notnull, allows ref struct => TryGetAlternateLookup(out AlternateLookup<TAlternate> lookup)
            ? lookup
            : throw DictionaryErrors.NoLookup<T>(Comparer.GetType(), typeof(TAlternate));

    /// <summary>As <see cref="GetAlternateLookup"/>, where the comparer can do it.</summary>
    /// <typeparam name="TAlternate">What stands for an item.</typeparam>
    /// <param name="lookup">The look-up.</param>
    /// <returns>Whether the comparer can do it.</returns>
    public bool TryGetAlternateLookup<TAlternate>(out AlternateLookup<TAlternate> lookup)
        where TAlternate : notnull, allows ref struct
    {
        var comparer = Comparer as IAlternateEqualityComparer<TAlternate, T>;
        lookup = comparer is null ? default : new AlternateLookup<TAlternate>(this, comparer);
        return comparer is not null;
    }

    /// <summary>Looks items up by something that stands for them. Thread-safe as the set is; reads allocate nothing.</summary>
    /// <typeparam name="TAlternate">What stands for an item.</typeparam>
    /// <remarks>Of <c>default</c> every member throws an <see cref="InvalidOperationException"/>.</remarks>
#pragma warning disable CA1815 // As the framework's own look-ups of this name, it is not compared.
    public readonly struct AlternateLookup<TAlternate>
#pragma warning restore CA1815
        where TAlternate : notnull, allows ref struct
    {
        private readonly CopyOnWriteSet<T>? _set;
        private readonly IAlternateEqualityComparer<TAlternate, T> _comparer;

        internal AlternateLookup(CopyOnWriteSet<T> set, IAlternateEqualityComparer<TAlternate, T> comparer) => (_set, _comparer) = (set, comparer);

        /// <summary>The set it looks in.</summary>
        public CopyOnWriteSet<T> Set => _set ?? throw DictionaryErrors.DefaultLookup();

        /// <summary>Whether the item that is stood for is there. O(1).</summary>
        /// <param name="item">What stands for the item.</param>
        /// <returns>Whether it is.</returns>
        public bool Contains(TAlternate item) => TryGetValue(item, out _);

        /// <summary>Finds the item that is stood for. O(1).</summary>
        /// <param name="equalValue">What stands for the item.</param>
        /// <param name="actualValue">The item, or default.</param>
        /// <returns>Whether it is there.</returns>
        public bool TryGetValue(TAlternate equalValue, [MaybeNullWhen(false)] out T actualValue) => Table<T, byte>.TryFind(Set._table.CurrentRoot, _comparer, equalValue, out actualValue, out _);

        /// <summary>Adds the item that is stood for, if it is absent; only then it is made.</summary>
        /// <param name="item">What stands for the item.</param>
        /// <returns>Whether it was added.</returns>
        /// <exception cref="InvalidOperationException">As for <see cref="CopyOnWriteSet{T}.Add"/>.</exception>
        public bool Add(TAlternate item) => !Contains(item) && Set.Add(_comparer.Create(item));

        /// <summary>Removes the item that is stood for.</summary>
        /// <param name="item">What stands for the item.</param>
        /// <returns>Whether it was there.</returns>
        /// <exception cref="InvalidOperationException">As for <see cref="CopyOnWriteSet{T}.Add"/>.</exception>
        public bool Remove(TAlternate item) => TryGetValue(item, out T? actual) && Set.Remove(actual);
    }
}
