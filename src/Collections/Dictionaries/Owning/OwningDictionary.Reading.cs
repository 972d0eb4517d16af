using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace SwmrKit;

// What reads under a guard, snapshots and leases find: always by the whole way from the live root, or all of it from a root captured under the guard.
public sealed partial class OwningDictionary<TKey, TValue>
{
    /// <summary>Finds a key's value, and protects it by a guard of this dictionary's domain.</summary>
    internal bool TryFindUnder(scoped ref ReadGuard guard, TKey key, [NotNullWhen(true)] out Published<TValue>? found)
    {
        while (_table.TryFind(key, out object? stored)) // From the live root, each time.
        {
            found = Decode(stored);
            if (found.Birth <= guard.Upper) // O8: born by the published upper bound, or the bound is raised and the key looked up again.
            {
                return true;
            }

            Raise(ref guard);
        }

        found = null;
        return IsMissing();
    }

    /// <summary>As <see cref="TryFindUnder(ref ReadGuard, TKey, out Published{TValue})"/>, by something that stands for the key.</summary>
    internal bool TryFindUnder<TAlternate>(
        scoped ref ReadGuard guard,
        IAlternateEqualityComparer<TAlternate, TKey> comparer,
        TAlternate alternate,
        [MaybeNullWhen(false)] out TKey key,
        [NotNullWhen(true)] out Published<TValue>? found)
        where TAlternate : notnull, allows ref struct
    {
        while (Table<TKey, object?>.TryFind(_table.CurrentRoot, comparer, alternate, out key, out object? stored))
        {
            found = Decode(stored);
            if (found.Birth <= guard.Upper) // O8, as above.
            {
                return true;
            }

            Raise(ref guard);
        }

        found = null;
        return IsMissing();
    }

    /// <summary>Captures the dictionary under a guard, which then protects all that is in it.</summary>
    /// <remarks>
    /// O8, for all values at once: the bound is published, then the root captured, then the era looked at. If that is still the bound, everything captured was born by it. A reader
    /// repeats this only when the era has advanced meanwhile, a few times in each batch of retirements.
    /// </remarks>
    internal OwningDictionarySnapshot<TKey, TValue> CaptureUnder(scoped ref ReadGuard guard)
    {
        Table<TKey, object?>.Captured captured;
        do
        {
            if (_clock.Now != guard.Upper)
            {
                Raise(ref guard);
            }

            captured = _table.Capture();
        }
        while (_clock.Now != guard.Upper);

        ThrowIfDisposed();
        return new OwningDictionarySnapshot<TKey, TValue>(this, captured, guard.Slot!, guard.Token);
    }

    /// <summary>Finds a key's value in a root that was captured under a guard still open.</summary>
    internal bool TryFindCaptured(Table<TKey, object?>.Root root, TKey key, [NotNullWhen(true)] out Published<TValue>? found)
    {
        found = _table.TryFind(root, key, out object? stored) ? Decode(stored) : null;
        return found is not null;
    }

    /// <summary>As the other overload, by something that stands for the key.</summary>
    internal static bool TryFindCaptured<TAlternate>(
        Table<TKey, object?>.Root root,
        IAlternateEqualityComparer<TAlternate, TKey> comparer,
        TAlternate alternate,
        [MaybeNullWhen(false)] out TKey key,
        [NotNullWhen(true)] out Published<TValue>? found)
        where TAlternate : notnull, allows ref struct
    {
        found = Table<TKey, object?>.TryFind(root, comparer, alternate, out key, out object? stored) ? Decode(stored) : null;
        return found is not null;
    }

    /// <summary>What a cursor over a captured root is at.</summary>
    internal static KeyValuePair<TKey, TValue> EntryAt(in Table<TKey, object?>.Cursor cursor) => new(cursor.Key, Decode(cursor.Value).Value);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Raise(scoped ref ReadGuard guard)
    {
        guard.Slot!.RaiseUpper();
        guard.UpperWasRaised();
    }

    /// <summary>A key, looked up for a lease.</summary>
    private readonly struct ByKey(OwningDictionary<TKey, TValue> dictionary, TKey key) : ILiveRoot<TValue>
    {
        public Published<TValue>? Current => dictionary._table.TryFind(key, out object? stored) ? Decode(stored) : null;
    }

    /// <summary>Something that stands for a key, looked up for a lease.</summary>
    private readonly ref struct ByAlternate<TAlternate>(OwningDictionary<TKey, TValue> dictionary, IAlternateEqualityComparer<TAlternate, TKey> comparer, TAlternate alternate) : ILiveRoot<TValue>
        where TAlternate : notnull, allows ref struct
    {
        private readonly TAlternate _alternate = alternate;

        public Published<TValue>? Current =>
            Table<TKey, object?>.TryFind(dictionary._table.CurrentRoot, comparer, _alternate, out _, out object? stored) ? Decode(stored) : null;
    }
}
