using System.Globalization;

namespace HeadToHead;

/// <summary>What a row's dictionaries hold and what is asked of them.</summary>
/// <remarks>Asked are other instances of equal keys, as those are that come with a request, in random order.</remarks>
internal sealed class Keys<TKey>
    where TKey : notnull
{
    /// <param name="count">How many entries.</param>
    /// <param name="of">Makes a key of a number.</param>
    public Keys(int count, Func<int, TKey> of)
    {
        var random = new Random(1);
        int[] numbers = [.. Enumerable.Range(0, count).Select(Scrambled)];
        Entries = [.. numbers.Select(number => KeyValuePair.Create(of(number), (long)number))];
        random.Shuffle(numbers);
        Present = [.. numbers.Select(of)];
        Absent = [.. Enumerable.Range(count, count).Select(i => of(Scrambled(i)))];
    }

    public KeyValuePair<TKey, long>[] Entries { get; }

    public TKey[] Present { get; }

    public TKey[] Absent { get; }

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
}

/// <summary>Look-ups of keys, each found, or none.</summary>
internal sealed class LookUp<TTable, TKey>(Keys<TKey> keys, bool found) : Contender(TTable.Name)
    where TTable : struct, ITable<TTable, TKey>
    where TKey : notnull
{
    private readonly TKey[] _asked = found ? keys.Present : keys.Absent;

    public TTable Table { get; } = TTable.Of(keys.Entries);

    public override void Run(int iterations)
    {
        TTable table = Table;
        TKey[] asked = _asked;
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
internal sealed class SetOne<TTable, TKey>(Keys<TKey> keys) : Contender(TTable.Name)
    where TTable : struct, IWritableTable<TTable, TKey>
    where TKey : notnull
{
    private readonly TTable _table = TTable.Of(keys.Entries);
    private int _next;

    public override void Run(int iterations)
    {
        TTable table = _table;
        TKey[] asked = keys.Present;
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

/// <summary>Takes a snapshot, then sets one entry.</summary>
internal sealed class SetAfterSnapshot<TTable, TKey>(Keys<TKey> keys) : Contender(TTable.Name)
    where TTable : struct, IPersistentTable<TTable, TKey>
    where TKey : notnull
{
    private readonly TTable _table = TTable.Of(keys.Entries);
    private int _next;

    public override void Run(int iterations)
    {
        for (int i = 0; i < iterations; i++)
        {
            _table.Snapshot();
            _table.Set(keys.Present[_next], i);
            _next = (_next + 1) % keys.Present.Length;
        }
    }
}

/// <summary>Takes a snapshot, then sets a thousand entries at once; each time others.</summary>
internal sealed class BatchAfterSnapshot<TTable, TKey> : Contender
    where TTable : struct, IPersistentTable<TTable, TKey>
    where TKey : notnull
{
    private readonly TTable _table;
    private readonly KeyValuePair<TKey, long>[][] _batches;
    private int _next;

    public BatchAfterSnapshot(Keys<TKey> keys)
        : base(TTable.Name)
    {
        _table = TTable.Of(keys.Entries);
        _batches = [.. keys.Present.Select(static (key, i) => KeyValuePair.Create(key, (long)i)).Chunk(1_000)];
    }

    public override void Run(int iterations)
    {
        for (int i = 0; i < iterations; i++)
        {
            KeyValuePair<TKey, long>[] batch = _batches[_next];
            for (int j = 0; j < batch.Length; j++)
            {
                batch[j] = KeyValuePair.Create(batch[j].Key, batch[j].Value + 1); // Setting what is there already may cost less.
            }

            _table.Snapshot();
            _table.SetAll(batch);
            _next = (_next + 1) % _batches.Length;
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
    private readonly ManualResetEventSlim _mayWrite = new(false);
    private readonly BusyThread? _writer;

    public LookUpBesideWriter(Keys<TKey> keys, bool writes)
        : base(writes ? TTable.Name : Alone)
    {
        _reader = new LookUp<TTable, TKey>(keys, found: true);
        if (writes)
        {
            int next = 0;
            _writer = new BusyThread(() =>
            {
                _mayWrite.Wait();
                for (int i = 0; i < 1_000; i++)
                {
                    _reader.Table.Set(keys.Present[next], i);
                    next = (next + 7) % keys.Present.Length;
                }
            });
        }
    }

    public override void Run(int iterations)
    {
        if (_writer is not null)
        {
            _mayWrite.Set();
        }

        _reader.Run(iterations);
        _mayWrite.Reset();
    }

    public override void Dispose()
    {
        _mayWrite.Set();
        _writer?.Dispose();
        _mayWrite.Dispose();
    }
}
