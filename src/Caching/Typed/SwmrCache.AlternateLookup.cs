using System.Diagnostics.CodeAnalysis;

namespace SwmrKit;

public sealed partial class SwmrCache<TKey, TValue>
{
    /// <summary>Looks keys up by something that stands for them: strings by spans of characters, without making the string.</summary>
    /// <typeparam name="TAlternate">What stands for a key.</typeparam>
    /// <returns>The look-up.</returns>
    /// <exception cref="InvalidOperationException"><see cref="Comparer"/> does not implement <see cref="IAlternateEqualityComparer{TAlternate, T}"/> for it.</exception>
    public AlternateLookup<TAlternate> GetAlternateLookup<TAlternate>()
        where TAlternate : notnull, allows ref struct => new(this, _table.GetAlternateLookup<TAlternate>());

    /// <summary>Looks keys up by something that stands for them. Thread-safe as the cache is; a look-up allocates nothing.</summary>
    /// <typeparam name="TAlternate">What stands for a key.</typeparam>
    /// <remarks>Of <c>default</c> every member throws an <see cref="InvalidOperationException"/>.</remarks>
#pragma warning disable CA1815 // As the framework's own look-ups of this name, it is not compared.
    public readonly struct AlternateLookup<TAlternate>
#pragma warning restore CA1815
        where TAlternate : notnull, allows ref struct
    {
        private readonly SwmrCache<TKey, TValue>? _cache;
        private readonly CopyOnWriteDictionary<TKey, TypedEntry<TKey, TValue>>.AlternateLookup<TAlternate> _lookup;

        internal AlternateLookup(SwmrCache<TKey, TValue> cache, CopyOnWriteDictionary<TKey, TypedEntry<TKey, TValue>>.AlternateLookup<TAlternate> lookup) => (_cache, _lookup) = (cache, lookup);

        /// <summary>The cache it looks in.</summary>
        public SwmrCache<TKey, TValue> Cache => _cache ?? throw new InvalidOperationException("This look-up is the default value, which looks nowhere. GetAlternateLookup makes one.");

        /// <summary>Finds the value of the key that is stood for, as <see cref="SwmrCache{TKey, TValue}.TryGetValue"/> does.</summary>
        /// <param name="key">What stands for the key.</param>
        /// <param name="value">The value, or default.</param>
        /// <returns>Whether the key is there, and not expired.</returns>
        /// <exception cref="ObjectDisposedException">The cache is disposed.</exception>
        public bool TryGetValue(TAlternate key, [MaybeNullWhen(false)] out TValue value)
        {
            SwmrCache<TKey, TValue> cache = Cache;
            ObjectDisposedException.ThrowIf(cache._isDisposed, cache);
            _lookup.TryGetValue(key, out TypedEntry<TKey, TValue>? entry);
            return cache.Finish(entry, out value);
        }

        /// <summary>Removes the key that is stood for, as <see cref="SwmrCache{TKey, TValue}.TryRemove(TKey, out TValue)"/> does.</summary>
        /// <param name="key">What stands for the key.</param>
        /// <param name="value">The value it had, or default.</param>
        /// <returns>Whether it was there, and not expired.</returns>
        /// <exception cref="InvalidOperationException">The comparer writes to the cache that calls it.</exception>
        /// <exception cref="ObjectDisposedException">The cache is disposed.</exception>
        public bool TryRemove(TAlternate key, [MaybeNullWhen(false)] out TValue value)
        {
            SwmrCache<TKey, TValue> cache = Cache;
            ObjectDisposedException.ThrowIf(cache._isDisposed, cache);
            if (_lookup.TryGetValue(key, out TypedEntry<TKey, TValue>? entry))
            {
                return cache.TryRemove(entry.Key, out value);
            }

            value = default;
            return false;
        }
    }
}
