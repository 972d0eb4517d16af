using System.Diagnostics.CodeAnalysis;

namespace SwmrKit;

#pragma warning disable CA1710 // A snapshot of a set is what it is.
public readonly partial struct SetSnapshot<T>
#pragma warning restore CA1710
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

    /// <summary>Looks a snapshot's items up by something that stands for them. Any number of threads may use it; nothing is allocated.</summary>
    /// <typeparam name="TAlternate">What stands for an item.</typeparam>
    /// <remarks>Of <c>default</c> every member throws an <see cref="InvalidOperationException"/>.</remarks>
#pragma warning disable CA1815 // As the framework's own look-ups of this name, it is not compared.
    public readonly struct AlternateLookup<TAlternate>
#pragma warning restore CA1815
        where TAlternate : notnull, allows ref struct
    {
        private readonly SetSnapshot<T> _snapshot;
        private readonly IAlternateEqualityComparer<TAlternate, T>? _comparer;

        internal AlternateLookup(SetSnapshot<T> snapshot, IAlternateEqualityComparer<TAlternate, T> comparer) => (_snapshot, _comparer) = (snapshot, comparer);

        /// <summary>The snapshot it looks in.</summary>
        public SetSnapshot<T> Snapshot => _comparer is not null ? _snapshot : throw DictionaryErrors.DefaultLookup();

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
            if (_comparer is null)
            {
                throw DictionaryErrors.DefaultLookup();
            }

            if (_snapshot._captured.Root is { } root)
            {
                return Table<T, byte>.TryFind(root, _comparer, equalValue, out actualValue, out _);
            }

            actualValue = default;
            return false;
        }
    }
}
