using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace SwmrKit;

// What reads under a guard, snapshots and leases find: always by the whole way from the live root, or all of it from a root captured under the guard.
public sealed partial class OwningDictionary<TKey, TValue>
{
    /// <summary>Finds a key's value, and protects it by a guard of this dictionary's domain.</summary>
    /// <param name="slot">The guard's slot.</param>
    /// <param name="upper">The upper bound the guard knows to be published; raised where that is not enough.</param>
    /// <param name="key">The key.</param>
    /// <returns>The value; null where the key is absent.</returns>
    /// <exception cref="ObjectDisposedException">The dictionary has been disposed.</exception>
    internal Published<TValue>? FindUnder(ReaderSlot slot, ref long upper, TKey key)
    {
        while (_table.TryFind(key, out object? stored)) // From the live root, each time.
        {
            Published<TValue> found = Decode(stored);
            if (found.Birth <= upper) // O8: born by the published upper bound, or the bound is raised and the key looked up again.
            {
                return found;
            }

            Raise(slot, ref upper);
        }

        ThrowIfDisposed();
        return null;
    }

    /// <summary>As the other overload, by something that stands for the key.</summary>
    internal Published<TValue>? FindUnder<TAlternate>(
        ReaderSlot slot, ref long upper, IAlternateEqualityComparer<TAlternate, TKey> comparer, TAlternate alternate, [MaybeNull] out TKey key)
        where TAlternate : notnull, allows ref struct
    {
        while (Table<TKey, object?>.TryFind(_table.CurrentRoot, comparer, alternate, out key, out object? stored))
        {
            Published<TValue> found = Decode(stored);
            if (found.Birth <= upper) // O8, as above.
            {
                return found;
            }

            Raise(slot, ref upper);
        }

        ThrowIfDisposed();
        return null;
    }

    /// <summary>Captures the dictionary under a guard, which then protects all that is in it.</summary>
    /// <remarks>
    /// O8, for all values at once: the bound is published, then the root captured, then the era looked at. If that is still the bound, everything captured was born by it. A reader
    /// repeats this only when the era has advanced meanwhile, a few times in each batch of retirements.
    /// </remarks>
    internal OwningDictionarySnapshot<TKey, TValue> CaptureUnder(ReaderSlot slot, long token, scoped ref long upper)
    {
        Table<TKey, object?>.Captured captured;
        do
        {
            if (_clock.Now != upper)
            {
                Raise(slot, ref upper);
            }

            captured = _table.Capture();
        }
        while (_clock.Now != upper);

        ThrowIfDisposed();
        return new OwningDictionarySnapshot<TKey, TValue>(this, captured, slot, token);
    }

    /// <summary>Finds a key's value in a root that was captured under a guard still open.</summary>
    internal Published<TValue>? FindCaptured(Table<TKey, object?>.Root root, TKey key) => _table.TryFind(root, key, out object? stored) ? Decode(stored) : null;

    /// <summary>As the other overload, by something that stands for the key.</summary>
    internal static Published<TValue>? FindCaptured<TAlternate>(
        Table<TKey, object?>.Root root, IAlternateEqualityComparer<TAlternate, TKey> comparer, TAlternate alternate, [MaybeNull] out TKey key)
        where TAlternate : notnull, allows ref struct => Table<TKey, object?>.TryFind(root, comparer, alternate, out key, out object? stored) ? Decode(stored) : null;

    /// <summary>What a cursor over a captured root is at.</summary>
    internal static KeyValuePair<TKey, TValue> EntryAt(in Table<TKey, object?>.Cursor cursor) => new(cursor.Key, Decode(cursor.Value).Value);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Raise(ReaderSlot slot, ref long upper)
    {
        slot.RaiseUpper();
        upper = slot.PublishedUpper;
    }

    /// <summary>A key, looked up for a lease.</summary>
    private readonly struct ByKey(OwningDictionary<TKey, TValue> dictionary, TKey key) : ILiveRoot<TValue>
    {
        public Published<TValue>? Current => dictionary._table.TryFind(key, out object? stored) ? Decode(stored) : null;
    }
}
