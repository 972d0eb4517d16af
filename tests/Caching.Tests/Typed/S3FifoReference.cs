namespace SwmrKit.Tests;

/// <summary>S3-FIFO in its simplest form, with lists that are searched from end to end: what a <see cref="SwmrCache{TKey, TValue}"/> does on one thread. The first of a list is the oldest.</summary>
/// <param name="capacity">How much it holds.</param>
/// <param name="notesVisits">Whether it does; a control's does not.</param>
internal sealed class S3FifoReference(long capacity, bool notesVisits = true)
{
    private readonly List<Entry> _small = [];
    private readonly List<Entry> _main = [];
    private readonly List<int?> _ghosts = []; // Null where one has come back.

    public long Capacity { get; private set; } = capacity;

    public List<(int Key, int Value, CacheRemovalReason Reason)> Gone { get; } = [];

    public IEnumerable<Entry> Entries => _small.Concat(_main);

    public long Size => Entries.Sum(static entry => entry.Weight);

    public int? Get(int key)
    {
        Visit(Find(key));
        return Find(key)?.Value;
    }

    /// <param name="key">The key.</param>
    /// <param name="value">The value.</param>
    /// <param name="weight">What it weighs.</param>
    /// <param name="mustBeThere">Whether the key must be there, or must not; null for whichever.</param>
    public bool Put(int key, int value, long weight, bool? mustBeThere)
    {
        Entry? prior = Find(key);
        if (mustBeThere is { } must && must != prior is not null)
        {
            return false;
        }

        if (weight > Capacity)
        {
            if (prior is not null)
            {
                Leave(prior, CacheRemovalReason.Replaced);
            }

            Gone.Add((key, value, CacheRemovalReason.Evicted));
            return true;
        }

        while (Size - (prior?.Weight ?? 0) + weight > Capacity)
        {
            Evict(prior);
        }

        if (prior is not null)
        {
            Gone.Add((key, prior.Value, CacheRemovalReason.Replaced));
            (prior.Value, prior.Weight) = (value, weight);
            Visit(prior);
        }
        else if (_ghosts.LastIndexOf(key) is >= 0 and int place)
        {
            _ghosts[place] = null;
            _main.Add(new Entry(key, value, weight));
        }
        else
        {
            _small.Add(new Entry(key, value, weight));
        }

        return true;
    }

    public bool Remove(int key)
    {
        if (Find(key) is not { } entry)
        {
            return false;
        }

        Leave(entry, CacheRemovalReason.Removed);
        return true;
    }

    public int Trim(int count)
    {
        int most = Math.Min(count, Entries.Count());
        for (int i = 0; i < most; i++)
        {
            Evict(spared: null);
        }

        return most;
    }

    public void Resize(long capacity)
    {
        Capacity = capacity;
        while (Size > Capacity)
        {
            Evict(spared: null);
        }
    }

    public void Clear()
    {
        Gone.AddRange(Entries.OrderBy(static entry => entry.Key).Select(static entry => (entry.Key, entry.Value, CacheRemovalReason.Cleared)));
        _small.Clear();
        _main.Clear();
        _ghosts.Clear();
    }

    private void Evict(Entry? spared)
    {
        while (true)
        {
            bool isFromSmall = _small.Count > 0 && (_main.Count == 0 || _main.Sum(static entry => entry.Weight) <= Capacity - Math.Max(1, Capacity / 20));
            Entry oldest = (isFromSmall ? _small : _main)[0];
            if (oldest != spared && oldest.Visits == 0)
            {
                if (isFromSmall)
                {
                    int count = Entries.Count();
                    while (_ghosts.Count > 0 && _ghosts.Count >= count + (count / 2))
                    {
                        _ghosts.RemoveAt(0);
                    }

                    _ghosts.Add(oldest.Key);
                }

                Leave(oldest, CacheRemovalReason.Evicted);
                return;
            }

            (isFromSmall ? _small : _main).RemoveAt(0);
            oldest.Visits = isFromSmall ? 0 : Math.Max(0, oldest.Visits - 1);
            _main.Add(oldest);
        }
    }

    private void Leave(Entry entry, CacheRemovalReason reason)
    {
        Assert.True(_small.Remove(entry) || _main.Remove(entry));
        Gone.Add((entry.Key, entry.Value, reason));
    }

    private void Visit(Entry? entry)
    {
        if (entry is { Visits: < 3 } && notesVisits)
        {
            entry.Visits++;
        }
    }

    private Entry? Find(int key) => Entries.FirstOrDefault(entry => entry.Key == key);

    internal sealed class Entry(int key, int value, long weight)
    {
        public int Key { get; } = key;

        public int Value { get; set; } = value;

        public long Weight { get; set; } = weight;

        public int Visits { get; set; }
    }
}
