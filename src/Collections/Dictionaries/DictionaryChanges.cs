using System.Collections;

namespace SwmrKit;

/// <summary>The changes between two snapshots of a dictionary: see <see cref="DictionarySnapshot{TKey, TValue}.ChangesSince"/>.</summary>
/// <typeparam name="TKey">The type of the keys.</typeparam>
/// <typeparam name="TValue">The type of the values.</typeparam>
/// <remarks>Any number of threads may enumerate it, each by an enumerator of its own. Both snapshots are immutable, so it is always the same. The dictionary's comparer and that of the values are called as it is enumerated; what
/// they throw comes out of <see cref="Enumerator.MoveNext"/>.</remarks>
#pragma warning disable CA1710, CA1815 // What it holds are changes; two are compared by nobody.
public readonly struct DictionaryChanges<TKey, TValue> : IEnumerable<DictionaryChange<TKey, TValue>>
#pragma warning restore CA1710, CA1815
    where TKey : notnull
{
    private readonly IEqualityComparer<TValue>? _comparer;

    internal DictionaryChanges(DictionarySnapshot<TKey, TValue> older, DictionarySnapshot<TKey, TValue> newer, IEqualityComparer<TValue>? comparer) =>
        (Older, Newer, _comparer) = (older, newer, comparer);

    /// <summary>The snapshot from which the changes lead.</summary>
    public DictionarySnapshot<TKey, TValue> Older { get; }

    /// <summary>The snapshot to which the changes lead: applied to the older one they give it.</summary>
    public DictionarySnapshot<TKey, TValue> Newer { get; }

    /// <summary>Goes through the changes. No allocation.</summary>
    /// <returns>The enumerator.</returns>
    public Enumerator GetEnumerator() => new(Older, Newer, _comparer);

    IEnumerator<DictionaryChange<TKey, TValue>> IEnumerable<DictionaryChange<TKey, TValue>>.GetEnumerator() => GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Goes through the changes: first what was added or replaced, then what was removed.</summary>
    public struct Enumerator : IEnumerator<DictionaryChange<TKey, TValue>>
    {
        private readonly DictionarySnapshot<TKey, TValue> _older;
        private readonly DictionarySnapshot<TKey, TValue> _newer;
        private readonly IEqualityComparer<TValue>? _comparer;
        private DictionarySnapshot<TKey, TValue>.Enumerator _entries;
        private bool _isInOlder;
        private bool _isAtChange;

        internal Enumerator(DictionarySnapshot<TKey, TValue> older, DictionarySnapshot<TKey, TValue> newer, IEqualityComparer<TValue>? comparer)
        {
            (_older, _newer, _comparer) = (older, newer, comparer);
            Reset();
        }

        /// <summary>The change it is at; before the first and after the last one, default.</summary>
        public DictionaryChange<TKey, TValue> Current { get; private set; }

        readonly object IEnumerator.Current => _isAtChange ? Current : throw DictionaryErrors.NotAtAnEntry();

        /// <summary>Goes on to the next change.</summary>
        /// <returns>Whether there is one.</returns>
        public bool MoveNext()
        {
            _isAtChange = (!_isInOlder && MoveInNewer()) || MoveInOlder();
            if (!_isAtChange)
            {
                Current = default;
            }

            return _isAtChange;
        }

        /// <summary>Goes back before the first change.</summary>
        public void Reset()
        {
            (Current, _isAtChange, _isInOlder) = (default, false, false);
            _entries = _newer.EnumerateExcept(_older);
        }

        /// <summary>Does nothing.</summary>
        public readonly void Dispose()
        {
        }

        private bool MoveInNewer()
        {
            while (_entries.MoveNext())
            {
                (TKey key, TValue value) = _entries.Current;
                if (!_older.TryGetValue(key, out TValue? before))
                {
                    Current = new(DictionaryChangeKind.Added, key, default, value);
                    return true;
                }

                if (!(_comparer?.Equals(before, value) ?? EqualityComparer<TValue>.Default.Equals(before, value)))
                {
                    Current = new(DictionaryChangeKind.Replaced, key, before, value);
                    return true;
                }
            }

            _isInOlder = true;
            _entries = _older.EnumerateExcept(_newer);
            return false;
        }

        private bool MoveInOlder()
        {
            while (_entries.MoveNext())
            {
                (TKey key, TValue value) = _entries.Current;
                if (!_newer.ContainsKey(key))
                {
                    Current = new(DictionaryChangeKind.Removed, key, value, default);
                    return true;
                }
            }

            return false;
        }
    }
}
