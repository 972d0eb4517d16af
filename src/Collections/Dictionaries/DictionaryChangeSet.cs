using System.Collections;

namespace SwmrKit;

/// <summary>What a dictionary's writes between two versions have changed, taken together. Immutable.</summary>
/// <typeparam name="TKey">The type of the keys.</typeparam>
/// <typeparam name="TValue">The type of the values.</typeparam>
/// <remarks>Each key comes at most once, with what it was at the one version and is at the other; in no particular order. <see cref="DictionaryBatch{TKey, TValue}.Apply(DictionaryChangeSet{TKey, TValue})"/> makes of a copy of the one
/// state the other.</remarks>
#pragma warning disable CA1710 // It is called what it is.
public sealed class DictionaryChangeSet<TKey, TValue> : IReadOnlyList<DictionaryChange<TKey, TValue>>
#pragma warning restore CA1710
    where TKey : notnull
{
    private readonly DictionaryChange<TKey, TValue>[] _changes;

    internal DictionaryChangeSet(DictionaryChanges<TKey, TValue> changes, long fromVersion)
    {
        _changes = [.. changes];
        (FromVersion, ToVersion, IsReset) = (fromVersion, changes.Newer.Version, changes.Older.IsDefault);
    }

    private DictionaryChangeSet(DictionaryChangeSet<TKey, TValue> same, long fromVersion) =>
        (_changes, FromVersion, ToVersion, IsReset) = (same._changes, fromVersion, same.ToVersion, same.IsReset);

    /// <summary>The version from which the changes lead.</summary>
    public long FromVersion { get; }

    /// <summary>The version to which they lead; the next set begins with it.</summary>
    public long ToVersion { get; }

    /// <summary>Whether the changes lead from nothing: they add everything there is, and what one has is to be forgotten first.</summary>
    public bool IsReset { get; }

    /// <summary>How many keys have changed.</summary>
    public int Count => _changes.Length;

    /// <summary>A change.</summary>
    /// <param name="index">Which, from 0.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="index"/> is not that of a change.</exception>
    public DictionaryChange<TKey, TValue> this[int index] =>
        (uint)index < (uint)_changes.Length ? _changes[index] : throw new ArgumentOutOfRangeException(nameof(index), index, $"There are {_changes.Length} changes.");

    /// <summary>Goes through the changes.</summary>
    /// <returns>The enumerator.</returns>
    public IEnumerator<DictionaryChange<TKey, TValue>> GetEnumerator() => _changes.AsEnumerable().GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>The same changes for who has come to an earlier version, between which and this set's nothing was changed that is told.</summary>
    internal DictionaryChangeSet<TKey, TValue> LeadingFrom(long version) => FromVersion == version ? this : new(this, version);
}
