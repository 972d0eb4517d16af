using System.Globalization;
using System.Runtime.InteropServices;
using SwmrKit;

namespace HeadToHead;

/// <summary>What a row's dictionaries hold and what is asked of them; made when it is first needed.</summary>
/// <remarks>Asked are other instances of equal keys, as those are that come with a request, in random order.</remarks>
/// <param name="count">How many entries.</param>
/// <param name="of">Makes a key of a number.</param>
internal sealed class Keys<TKey>(int count, Func<int, TKey> of)
    where TKey : notnull
{
    private readonly Lazy<KeyValuePair<TKey, long>[]> _entries = new(() => [.. Numbers(0, count).Select(number => KeyValuePair.Create(of(number), (long)number))]);
    private readonly Lazy<TKey[]> _present = new(() =>
    {
        int[] numbers = Numbers(0, count);
        new Random(1).Shuffle(numbers);
        return [.. numbers.Select(of)];
    });

    private readonly Lazy<TKey[]> _absent = new(() => [.. Numbers(count, count).Select(of)]);

    public int Count => count;

    public KeyValuePair<TKey, long>[] Entries => _entries.Value;

    public TKey[] Present => _present.Value;

    public TKey[] Absent => _absent.Value;

    private static int[] Numbers(int first, int count) => [.. Enumerable.Range(first, count).Select(Scrambled)];

    /// <summary>Another number for each: in no order, and in no pattern that a hash table might like (the finalizer of MurmurHash3).</summary>
    private static int Scrambled(int number)
    {
        uint bits = (uint)number;
        bits = (bits ^ (bits >> 16)) * 0x85EBCA6B;
        bits = (bits ^ (bits >> 13)) * 0xC2B2AE35;
        return (int)(bits ^ (bits >> 16));
    }
}

internal static class Keys
{
    public static Keys<int> Numbers(int count) => new(count, static number => number);

    public static Keys<string> Strings(int count) => new(count, static number => string.Create(CultureInfo.InvariantCulture, $"user:{number}:name"));

    /// <summary>Strings that all have one hash under the fast function of text, as somebody would choose them who knew this process's random numbers.</summary>
    public static Keys<string> Flood(int count) => new(count, static number => Eight(TextHash.Blind, number));

    /// <summary>Strings as long as those of a flood, and no harder to tell apart, that do not collide.</summary>
    public static Keys<string> NoFlood(int count) => new(count, static number => Eight(TextHash.Blind ^ 0x1234_5678_9ABC_DEF1, number));

    /// <summary>Eight characters: the hash multiplies what it makes of the first four by what it makes of the others, and <see cref="TextHash.Blind"/> in front makes that zero.</summary>
    private static string Eight(ulong first, int number)
    {
        Span<byte> bytes = stackalloc byte[8 * sizeof(char)];
        bytes.Clear();
        MemoryMarshal.Write(bytes, in first);
        MemoryMarshal.Write(bytes[sizeof(ulong)..], in number);
        return new string(MemoryMarshal.Cast<byte, char>(bytes));
    }
}

/// <summary>A contender with a dictionary, which is filled when the first thread enlists.</summary>
internal abstract class DictionaryContender<TTable, TKey>(Keys<TKey> keys) : Contender(TTable.Name)
    where TTable : struct, ITable<TTable, TKey>
    where TKey : notnull
{
    private readonly Lazy<TTable> _table = new(() => TTable.Of(keys.Entries));

    public TTable Table => _table.Value;

    public Keys<TKey> Keys => keys;

    public override void Enlist() => _ = (Table, keys.Present);
}

/// <summary>Look-ups of keys, each found, or none.</summary>
internal sealed class LookUp<TTable, TKey>(Keys<TKey> keys, bool found) : DictionaryContender<TTable, TKey>(keys)
    where TTable : struct, ITable<TTable, TKey>
    where TKey : notnull
{
    public override void Enlist() => _ = (Table, Asked);

    private TKey[] Asked => found ? Keys.Present : Keys.Absent;

    public override void Run(int iterations)
    {
        TTable table = Table;
        TKey[] asked = Asked;
        long sum = 0;
        int next = Environment.CurrentManagedThreadId * 31 % asked.Length;
        for (int i = 0; i < iterations; i++)
        {
            sum += table.TryGetValue(asked[next], out long value) ? value : 1;
            if (++next == asked.Length)
            {
                next = 0;
            }
        }

        Consume(sum);
    }
}

/// <summary>Sets entries that are there, one at a time.</summary>
internal sealed class SetOne<TTable, TKey>(Keys<TKey> keys) : DictionaryContender<TTable, TKey>(keys)
    where TTable : struct, IWritableTable<TTable, TKey>
    where TKey : notnull
{
    private int _next;

    public override void Run(int iterations)
    {
        TTable table = Table;
        TKey[] asked = Keys.Present;
        int next = _next;
        for (int i = 0; i < iterations; i++)
        {
            table.Set(asked[next], i);
            if (++next == asked.Length)
            {
                next = 0;
            }
        }

        _next = next;
    }
}

/// <summary>Removes the oldest entry and adds one that has not been there before: the size stays.</summary>
internal sealed class Churn<TTable>(int count) : Contender(TTable.Name)
    where TTable : struct, IWritableTable<TTable, int>
{
    private readonly TTable _table = TTable.Of(Enumerable.Range(0, count).Select(static i => KeyValuePair.Create(i, (long)i)));
    private int _oldest;

    public override void Run(int iterations)
    {
        TTable table = _table;
        for (int i = 0; i < iterations; i++)
        {
            table.Remove(_oldest);
            table.Set(unchecked(_oldest + count), i);
            _oldest = unchecked(_oldest + 1);
        }
    }
}

/// <summary>Adds one entry after the other, and begins anew with an empty table when all are there.</summary>
internal sealed class Fill<TTable, TKey>(Keys<TKey> keys) : Contender(TTable.Name)
    where TTable : struct, IWritableTable<TTable, TKey>
    where TKey : notnull
{
    private TTable _table = TTable.Of([]);
    private int _next;

    public override void Enlist() => _ = keys.Present;

    public override void Run(int iterations)
    {
        TKey[] added = keys.Present;
        for (int i = 0; i < iterations; i++)
        {
            if (_next == added.Length)
            {
                (_table, _next) = (TTable.Of([]), 0);
            }

            _table.Set(added[_next++], i);
        }
    }
}

/// <summary>Makes a table of an array of entries, all at once; the time and the bytes are those of an entry.</summary>
internal sealed class Load<TTable, TKey>(Keys<TKey> keys) : Contender(TTable.Name)
    where TTable : struct, IWritableTable<TTable, TKey>
    where TKey : notnull
{
    private TTable _table;

    public override void Enlist() => _ = keys.Entries;

    public override void Run(int iterations)
    {
        for (int made = 0; made < iterations; made += keys.Count)
        {
            _table = TTable.Of(made + keys.Count <= iterations ? keys.Entries : keys.Entries[..(iterations - made)]);
        }

        _ = _table;
    }
}

/// <summary>Takes a snapshot, then sets one entry.</summary>
internal sealed class SetAfterSnapshot<TTable, TKey>(Keys<TKey> keys) : DictionaryContender<TTable, TKey>(keys)
    where TTable : struct, IPersistentTable<TTable, TKey>
    where TKey : notnull
{
    private int _next;

    public override void Run(int iterations)
    {
        TTable table = Table;
        TKey[] asked = Keys.Present;
        for (int i = 0; i < iterations; i++)
        {
            table.Snapshot();
            table.Set(asked[_next], i);
            _next = (_next + 1) % asked.Length;
        }
    }
}

/// <summary>Takes a snapshot, then sets a thousand entries at once; each time others.</summary>
internal sealed class BatchAfterSnapshot<TTable, TKey>(Keys<TKey> keys) : DictionaryContender<TTable, TKey>(keys)
    where TTable : struct, IPersistentTable<TTable, TKey>
    where TKey : notnull
{
    private readonly Lazy<KeyValuePair<TKey, long>[][]> _batches = new(() => [.. keys.Present.Select(static (key, i) => KeyValuePair.Create(key, (long)i)).Chunk(1_000)]);
    private int _next;

    public override void Enlist() => _ = (Table, _batches.Value);

    public override void Run(int iterations)
    {
        TTable table = Table;
        for (int i = 0; i < iterations; i++)
        {
            KeyValuePair<TKey, long>[] batch = _batches.Value[_next];
            for (int j = 0; j < batch.Length; j++)
            {
                batch[j] = KeyValuePair.Create(batch[j].Key, batch[j].Value + 1); // Setting what is there already may cost less.
            }

            table.Snapshot();
            table.SetAll(batch);
            _next = (_next + 1) % _batches.Value.Length;
        }
    }
}

/// <summary>Look-ups of keys that are there while another thread sets entries as fast as it can; or while it idles.</summary>
internal sealed class LookUpBesideWriter<TTable, TKey> : Contender
    where TTable : struct, IWritableTable<TTable, TKey>
    where TKey : notnull
{
    public const string Alone = "no writer";

    private readonly LookUp<TTable, TKey> _reader;
    private readonly PausedThread? _writer;

    public LookUpBesideWriter(Keys<TKey> keys, bool writes)
        : base(writes ? TTable.Name : Alone)
    {
        _reader = new LookUp<TTable, TKey>(keys, found: true);
        if (writes)
        {
            int next = 0;
            _writer = new PausedThread(() =>
            {
                for (int i = 0; i < 1_000; i++)
                {
                    _reader.Table.Set(keys.Present[next], i);
                    next = (next + 7) % keys.Present.Length;
                }
            });
        }
    }

    public override void Enlist() => _reader.Enlist();

    public override void Before() => _writer?.Start();

    public override void After() => _writer?.Pause();

    public override void Run(int iterations) => _reader.Run(iterations);

    public override void Dispose() => _writer?.Dispose();
}
