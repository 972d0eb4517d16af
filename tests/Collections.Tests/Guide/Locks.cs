namespace SwmrKit.Tests.Guide;

/// <summary>The code of docs/locks.md.</summary>
public sealed class Locks : IClassFixture<SharedMachine>
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(60);

    private sealed class Prices
    {
        private readonly ReaderBiasedLock _lock = new();
        private readonly SortedDictionary<string, decimal> _prices = [];

        // Any number of threads, all the time: no fence, no interlocked instruction, no allocation.
        public bool TryGet(string article, out decimal price)
        {
            using LockRead read = _lock.EnterRead();
            return _prices.TryGetValue(article, out price);
        }

        // Now and then: alone with the structure.
        public void Set(string article, decimal price)
        {
            using LockWrite write = _lock.EnterWrite(TimeSpan.FromSeconds(10));    // or an exception that names the reader inside
            _prices[article] = price;
        }

        public decimal Sum(IEnumerable<string> articles)
        {
            using ReaderHandle reader = _lock.Register("pricing");                  // once, on a thread that reads all the time
            decimal sum = 0;
            foreach (string article in articles)
            {
                using LockRead read = _lock.EnterRead(reader);
                sum += _prices.GetValueOrDefault(article);
            }

            return sum;
        }

        public async Task LoadAsync(IAsyncEnumerable<(string Article, decimal Price)> all, CancellationToken cancellation)
        {
            using AsyncLockWrite write = await _lock.EnterWriteAsync(cancellation); // no thread of its own, here or in the loop
            _prices.Clear();
            await foreach ((string article, decimal price) in all)
            {
                _prices.Add(article, price);
            }
        }

        public int SetAndCount(string article, decimal price)
        {
            LockWrite write = _lock.EnterWrite();
            _prices[article] = price;
            using LockRead read = _lock.EnterRead();                                // a downgrade: no other writer comes between
            write.Dispose();
            return _prices.Count;
        }
    }

    private sealed class Words
    {
        private readonly LeftRight<SortedSet<string>> _words = new([], static words => [.. words]);

        // Any number of threads, all the time; they never wait, whatever the writer does.
        public int Count(string from, string to)
        {
            using LeftRightRead<SortedSet<string>> read = _words.Read();
            return read.Value.GetViewBetween(from, to).Count;
        }

        // Runs once on each of the two copies.
        public bool Add(string word) => _words.Write(words => words.Add(word));

        // Waits for readers of the old copy no longer than that.
        public void AddAll(string[] more, TimeSpan timeout) =>
            _words.Write(more, static (words, more) => words.UnionWith(more), timeout, CancellationToken.None);
    }

    [Fact]
    public async Task Prices_are_read_under_the_lock_and_written_by_one_at_a_time()
    {
        var prices = new Prices();
        prices.Set("tea", 2.50m);
        Assert.True(prices.TryGet("tea", out decimal price));
        Assert.Equal(2.50m, price);
        Assert.Equal(2, prices.SetAndCount("coffee", 3));
        Assert.Equal(5.50m, prices.Sum(["tea", "coffee", "water"]));
        await prices.LoadAsync(All(), default).WaitAsync(s_deadline);
        Assert.False(prices.TryGet("tea", out _));
        Assert.True(prices.TryGet("water", out _));

        static async IAsyncEnumerable<(string Article, decimal Price)> All()
        {
            await Task.Yield();
            yield return ("water", 1);
        }
    }

    [Fact]
    public void Words_are_counted_in_one_copy_and_added_to_both()
    {
        var words = new Words();
        Assert.True(words.Add("left"));
        Assert.False(words.Add("left"));
        words.AddAll(["right", "middle"], TimeSpan.FromSeconds(1));
        Assert.Equal(2, words.Count("left", "middle"));
    }
}
