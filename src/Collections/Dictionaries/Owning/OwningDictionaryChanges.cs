namespace SwmrKit;

/// <summary>The changes between two snapshots of an owning dictionary, for use inside the read both were taken from: see <see cref="OwningDictionarySnapshot{TKey, TValue}.ChangesSince"/>.</summary>
/// <typeparam name="TKey">The type of the keys.</typeparam>
/// <typeparam name="TValue">The type of the values.</typeparam>
/// <remarks>The read protects what was replaced or removed as it does what is there. When it has ended every member that reads throws an <see cref="InvalidOperationException"/>. The dictionary's comparer and that of the values are
/// called as the changes are enumerated; what they throw comes out of <see cref="Enumerator.MoveNext"/>. <c>default</c> has no changes.</remarks>
#pragma warning disable CA1710 // What it holds are changes.
public readonly ref struct OwningDictionaryChanges<TKey, TValue>
#pragma warning restore CA1710
    where TKey : notnull
    where TValue : class
{
    private readonly IEqualityComparer<TValue>? _comparer;

    internal OwningDictionaryChanges(OwningDictionarySnapshot<TKey, TValue> older, OwningDictionarySnapshot<TKey, TValue> newer, IEqualityComparer<TValue>? comparer)
    {
        Older = older;
        Newer = newer;
        _comparer = comparer;
    }

    /// <summary>The snapshot from which the changes lead.</summary>
    public OwningDictionarySnapshot<TKey, TValue> Older { get; }

    /// <summary>The snapshot to which the changes lead: applied to the older one they give it.</summary>
    public OwningDictionarySnapshot<TKey, TValue> Newer { get; }

    /// <summary>Goes through the changes. No allocation.</summary>
    /// <returns>The enumerator, for use inside the read.</returns>
    /// <exception cref="InvalidOperationException">The read has ended.</exception>
    public OwningDictionaryChanges<TKey, TValue>.Enumerator GetEnumerator() => new(Older, Newer, _comparer);

    /// <summary>Goes through the changes, inside their read: first what was added or replaced, then what was removed.</summary>
    public ref struct Enumerator
    {
        private readonly OwningDictionarySnapshot<TKey, TValue> _older;
        private readonly OwningDictionarySnapshot<TKey, TValue> _newer;
        private readonly IEqualityComparer<TValue>? _comparer;
        private OwningDictionarySnapshot<TKey, TValue>.Enumerator _entries;
        private bool _isInOlder;

        internal Enumerator(OwningDictionarySnapshot<TKey, TValue> older, OwningDictionarySnapshot<TKey, TValue> newer, IEqualityComparer<TValue>? comparer)
        {
            _older = older;
            _newer = newer;
            _comparer = comparer;
            _entries = newer.EnumerateExcept(older);
        }

        /// <summary>The change it is at, its values protected until the read ends; before the first and after the last one, default.</summary>
        public DictionaryChange<TKey, TValue> Current { get; private set; }

        /// <summary>Goes on to the next change.</summary>
        /// <returns>Whether there is one.</returns>
        /// <exception cref="InvalidOperationException">The read has ended.</exception>
        public bool MoveNext()
        {
            bool isAtChange = (!_isInOlder && MoveInNewer()) || MoveInOlder();
            if (!isAtChange)
            {
                Current = default;
            }

            return isAtChange;
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

                if (!ReferenceEquals(before, value) && _comparer?.Equals(before, value) != true)
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
