using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Collections.Immutable;
using SwmrKit;

namespace HeadToHead;

/// <summary>A dictionary as the rows use it. Structs implement it, so that each loop is compiled for its own.</summary>
internal interface ITable<TSelf, TKey>
    where TSelf : struct, ITable<TSelf, TKey>
    where TKey : notnull
{
    static abstract string Name { get; }

    static abstract TSelf Of(IEnumerable<KeyValuePair<TKey, long>> entries);

    bool TryGetValue(TKey key, out long value);
}

/// <summary>A table that is changed one entry at a time.</summary>
internal interface IWritableTable<TSelf, TKey> : ITable<TSelf, TKey>
    where TSelf : struct, IWritableTable<TSelf, TKey>
    where TKey : notnull
{
    void Set(TKey key, long value);

    void Remove(TKey key);
}

/// <summary>A table of which one keeps what it held before.</summary>
internal interface IPersistentTable<TSelf, TKey> : IWritableTable<TSelf, TKey>
    where TSelf : struct, IPersistentTable<TSelf, TKey>
    where TKey : notnull
{
    /// <summary>Takes a snapshot, and keeps it until the next one.</summary>
    void Snapshot();

    void SetAll(KeyValuePair<TKey, long>[] entries);
}

internal readonly struct OurTable<TKey>(CopyOnWriteDictionary<TKey, long> table) : IPersistentTable<OurTable<TKey>, TKey>
    where TKey : notnull
{
    public static string Name => "CopyOnWriteDictionary";

    public static OurTable<TKey> Of(IEnumerable<KeyValuePair<TKey, long>> entries)
    {
        var table = new CopyOnWriteDictionary<TKey, long>();
        table.AddRange(entries);
        return new(table);
    }

    public bool TryGetValue(TKey key, out long value) => table.TryGetValue(key, out value);

    public void Set(TKey key, long value) => table.Set(key, value);

    public void Remove(TKey key) => table.TryRemove(key);

    public void Snapshot() => _ = table.Snapshot();

    public void SetAll(KeyValuePair<TKey, long>[] entries) => table.Update(batch =>
    {
        foreach ((TKey key, long value) in entries)
        {
            batch.Set(key, value);
        }
    });
}

/// <summary>The fastest there is while nobody writes: readers beside a writer would corrupt it.</summary>
internal readonly struct PlainTable<TKey>(Dictionary<TKey, long> table) : IWritableTable<PlainTable<TKey>, TKey>
    where TKey : notnull
{
    public static string Name => "Dictionary";

    public static PlainTable<TKey> Of(IEnumerable<KeyValuePair<TKey, long>> entries) => new(new Dictionary<TKey, long>(entries));

    public bool TryGetValue(TKey key, out long value) => table.TryGetValue(key, out value);

    public void Set(TKey key, long value) => table[key] = value;

    public void Remove(TKey key) => table.Remove(key);
}

internal readonly struct ConcurrentTable<TKey>(ConcurrentDictionary<TKey, long> table) : IWritableTable<ConcurrentTable<TKey>, TKey>
    where TKey : notnull
{
    public static string Name => "ConcurrentDictionary";

    public static ConcurrentTable<TKey> Of(IEnumerable<KeyValuePair<TKey, long>> entries) => new(new ConcurrentDictionary<TKey, long>(entries));

    public bool TryGetValue(TKey key, out long value) => table.TryGetValue(key, out value);

    public void Set(TKey key, long value) => table[key] = value;

    public void Remove(TKey key) => table.TryRemove(key, out _);
}

/// <summary>Never written again: building another is its write.</summary>
internal readonly struct FrozenTable<TKey>(FrozenDictionary<TKey, long> table) : ITable<FrozenTable<TKey>, TKey>
    where TKey : notnull
{
    public static string Name => "FrozenDictionary";

    public static FrozenTable<TKey> Of(IEnumerable<KeyValuePair<TKey, long>> entries) => new(entries.ToFrozenDictionary());

    public bool TryGetValue(TKey key, out long value) => table.TryGetValue(key, out value);
}

internal readonly struct FrozenCellTable<TKey>(FrozenDictionaryCell<TKey, long> table) : ITable<FrozenCellTable<TKey>, TKey>
    where TKey : notnull
{
    public static string Name => "FrozenDictionaryCell";

    public static FrozenCellTable<TKey> Of(IEnumerable<KeyValuePair<TKey, long>> entries) => new(new FrozenDictionaryCell<TKey, long>(entries));

    public bool TryGetValue(TKey key, out long value) => table.TryGetValue(key, out value);
}

/// <summary>In a static field that is never written again, whose content the JIT knows: the fastest form there is, and one that cannot be replaced. One for the process, so all rows that use it have the same keys.</summary>
internal readonly struct StaticFrozenNumbers : ITable<StaticFrozenNumbers, int>
{
    public static string Name => "static FrozenDictionary";

    public static StaticFrozenNumbers Of(IEnumerable<KeyValuePair<int, long>> entries) =>
        Held.Table.Count == entries.Count() ? default : throw new InvalidOperationException("the static table is that of other rows");

    public bool TryGetValue(int key, out long value) => Held.Table.TryGetValue(key, out value);

    private static class Held
    {
        public static readonly FrozenDictionary<int, long> Table = Keys.Numbers(Rows.FrozenEntries).Entries.ToFrozenDictionary();
    }
}

/// <summary>As <see cref="StaticFrozenNumbers"/>.</summary>
internal readonly struct StaticFrozenStrings : ITable<StaticFrozenStrings, string>
{
    public static string Name => "static FrozenDictionary";

    public static StaticFrozenStrings Of(IEnumerable<KeyValuePair<string, long>> entries) =>
        Held.Table.Count == entries.Count() ? default : throw new InvalidOperationException("the static table is that of other rows");

    public bool TryGetValue(string key, out long value) => Held.Table.TryGetValue(key, out value);

    private static class Held
    {
        public static readonly FrozenDictionary<string, long> Table = Keys.Strings(Rows.FrozenEntries).Entries.ToFrozenDictionary();
    }
}

/// <summary>Published by a reference, as one does: the one writer replaces it.</summary>
internal readonly struct ImmutableTable<TKey> : IPersistentTable<ImmutableTable<TKey>, TKey>
    where TKey : notnull
{
    private readonly Box _box;

    private ImmutableTable(ImmutableDictionary<TKey, long> table) => _box = new Box(table);

    public static string Name => "ImmutableDictionary";

    public static ImmutableTable<TKey> Of(IEnumerable<KeyValuePair<TKey, long>> entries) => new(entries.ToImmutableDictionary());

    public bool TryGetValue(TKey key, out long value) => _box.Current.TryGetValue(key, out value);

    public void Set(TKey key, long value) => _box.Current = _box.Current.SetItem(key, value);

    public void Remove(TKey key) => _box.Current = _box.Current.Remove(key);

    public void Snapshot() => _box.Kept = _box.Current;

    public void SetAll(KeyValuePair<TKey, long>[] entries) => _box.Current = _box.Current.SetItems(entries);

    private sealed class Box(ImmutableDictionary<TKey, long> current)
    {
        private ImmutableDictionary<TKey, long> _current = current;

        public ImmutableDictionary<TKey, long> Current
        {
            get => Volatile.Read(ref _current);
            set => Volatile.Write(ref _current, value);
        }

        public ImmutableDictionary<TKey, long>? Kept { get; set; }
    }
}
