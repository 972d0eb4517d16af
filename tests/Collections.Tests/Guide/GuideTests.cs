namespace SwmrKit.Tests.Guide;

/// <summary>What docs/guide.md, docs/dictionary.md and docs/locks.md show and claim. Every piece of code there is a piece of this folder.</summary>
public sealed class GuideTests : IClassFixture<SharedMachine>, IDisposable
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(60);

    private readonly RetirementDomain _domain = new(new RetirementOptions { FlushDelay = TimeSpan.FromHours(1) });
    private readonly IndexFiles _files = new();

    public void Dispose()
    {
        _domain.Dispose();
        _files.Dispose();
    }

    [Theory]
    [InlineData("guide.md")]
    [InlineData("dictionary.md")]
    [InlineData("locks.md")]
    public void Every_piece_of_code_in_the_guide_stands_in_this_folder(string page)
    {
        string[] sources = Directory.GetFiles(Path.Combine(Snippets.Repository, "tests", "Collections.Tests", "Guide"), "*.cs");
        string[] snippets = Snippets.Of(Path.Combine(Snippets.Repository, "docs", page));
        Assert.True(snippets.Length > 5);
        Assert.All(snippets, snippet => Assert.True(Snippets.IsIn(snippet, sources), "in no file of the folder:\n" + snippet));
    }

    [Fact]
    public void Control_a_piece_of_code_that_stands_nowhere_is_noticed()
    {
        string[] sources = Directory.GetFiles(Path.Combine(Snippets.Repository, "tests", "Collections.Tests", "Guide"), "*.cs");
        Assert.False(Snippets.IsIn("public long Contains(long key) =>", sources));
        Assert.False(Snippets.IsIn("", sources));
    }

    [Fact]
    public async Task Indexes_by_customer_are_unmapped_when_their_last_reader_has_left()
    {
        string path = _files.Write(1, 2, 3);
        using (var indexes = new OwningDictionary<string, MappedIndex>(_domain))
        {
            foreach (string customer in new[] { "a", "b", "d" })
            {
                indexes.Set(customer, new MappedIndex(path));
            }

            Assert.True(Contains("a", 2));
            Assert.False(Contains("x", 2));
            Assert.Equal(3, Total(3));
            ExpectMapped(3);
            Change(_files.Write(4, 5));
            _domain.TryReclaim();
            ExpectMapped(2);
            Assert.Equal(0, Total(3));
            Assert.Equal(2, Total(5));
            Assert.True(await ContainsAsync("x", Task.FromResult(2L)));
            ExpectMapped(3);

            bool Contains(string customer, long key)
            {
                using DictionaryRead<string, MappedIndex> read = indexes.Read();      // or, faster, indexes.Read(handle)
                return read.TryGetValue(customer, out MappedIndex? index) && index.Contains(key);
            }

            long Total(long key)
            {
                long total = 0;
                using DictionaryRead<string, MappedIndex> read = indexes.Read();
                foreach ((_, MappedIndex index) in read.Snapshot())                   // one state of all, however long this takes
                {
                    total += index.Contains(key) ? 1 : 0;
                }

                return total;
            }

            void Change(string path)
            {
                indexes.Set("a", new MappedIndex(path));                              // the one it replaces is unmapped when its last reader has left
                indexes.TryRemove("b");                                               // and so is this one
                indexes.Update(batch =>                                               // readers and snapshots see all of it, or nothing
                {
                    batch.Set("c", new MappedIndex(path));
                    batch.TryRemove("d");
                });
            }

            async Task<bool> ContainsAsync(string customer, Task<long> key)
            {
                using Lease<MappedIndex> lease = indexes.GetOrAdd(customer, Open);    // opened once, however many ask
                return lease.Value.Contains(await key);
            }

            MappedIndex Open(string customer) => new(path);
        }

        ExpectMapped(0);
    }

    [Fact]
    public void A_replaced_index_is_unmapped_when_its_last_reader_has_left_and_the_last_with_the_cell()
    {
        string path = _files.Write(1, 2, 3);
        using (var cell = new SwmrCell<MappedIndex>(new MappedIndex(path), _domain))
        {
            Assert.True(Contains(cell, 2));
            using (CellRead<MappedIndex> read = cell.Read())
            {
                path = _files.Write(4, 5, 6);
                cell.Publish(new MappedIndex(path));
                _domain.TryReclaim();
                Assert.True(read.Value.Contains(3));
                Assert.False(read.Value.Contains(4));
                ExpectMapped(2);
            }

            Assert.Equal(1, _domain.TryReclaim());
            ExpectMapped(1);
            Assert.False(Contains(cell, 3));
            Assert.True(Contains(cell, 4));
        }

        ExpectMapped(0);
        Assert.Equal(2, _domain.Statistics.Reclaimed);
    }

    [Fact]
    public void The_first_example_answers_from_the_index_published_last()
    {
        string path = _files.Write(1, 2, 3);

        using var cell = new SwmrCell<MappedIndex>(new MappedIndex(path));   // owns the current index

        // Any number of threads, all the time: no lock, no interlocked instruction, no fence, no allocation.
        bool Contains(long key)
        {
            using CellRead<MappedIndex> read = cell.Read();
            return read.Value.Contains(key);        // cannot be unmapped before the read ends
        }

        // Now and then: the old one is unmapped when its last reader has left.
        void Reload(string path) => cell.Publish(new MappedIndex(path));

        Assert.True(Contains(1));
        Reload(_files.Write(2, 3));
        Assert.False(Contains(1));
    }

    private static bool Contains(SwmrCell<MappedIndex> cell, long key)
    {
        using CellRead<MappedIndex> read = cell.Read();
        return read.Value.Contains(key);
    }

    [Fact]
    public void Reads_nest()
    {
        using var allowed = new SwmrCell<MappedIndex>(new MappedIndex(_files.Write(1, 2, 3)), _domain);
        using var banned = new SwmrCell<MappedIndex>(new MappedIndex(_files.Write(2)), _domain);
        Assert.True(IsWelcome(1));
        Assert.False(IsWelcome(2));
        using (ReadGuard outer = _domain.Enter())
        {
            Assert.True(IsWelcome(3)); // Its reads are inner ones of this.
        }

        bool IsWelcome(long key)
        {
            using CellRead<MappedIndex> good = allowed.Read();
            using CellRead<MappedIndex> bad = banned.Read();
            return good.Value.Contains(key) && !bad.Value.Contains(key);
        }
    }

    [Fact]
    public async Task A_lease_is_held_across_await_and_its_index_unmapped_afterwards()
    {
        using var cell = new SwmrCell<MappedIndex>(new MappedIndex(_files.Write(1, 2, 3)), _domain);
        Assert.Equal(3, await CountAsync(KeysWhileTheIndexIsReplaced()));
        Assert.Equal(1, _domain.TryReclaim());
        ExpectMapped(1);
        Lease<MappedIndex>? found = Find(4);
        Assert.NotNull(found);
        cell.Publish(new MappedIndex(_files.Write(5)));
        _domain.TryReclaim();
        Assert.True(found.Value.Contains(4));
        found.Dispose();
        Assert.Equal(1, _domain.TryReclaim());
        Assert.Null(Find(4));
        Assert.Equal(0, _domain.LeasesHeld);

        async Task<int> CountAsync(IAsyncEnumerable<long> keys)
        {
            using Lease<MappedIndex> lease = cell.Lease();
            int found = 0;
            await foreach (long key in keys)            // on whatever thread it goes on
            {
                found += lease.Value.Contains(key) ? 1 : 0;
            }

            return found;                               // unmapped from here on, if it has been replaced
        }

        Lease<MappedIndex>? Find(long key)
        {
            using CellRead<MappedIndex> read = cell.Read();
            return read.Value.Contains(key) ? read.Lease() : null;
        }

        async IAsyncEnumerable<long> KeysWhileTheIndexIsReplaced()
        {
            yield return 1;
            cell.Publish(new MappedIndex(_files.Write(4)));
            for (long key = 2; key <= 4; key++)
            {
                await Task.Yield();
                Assert.Equal(0, _domain.TryReclaim());
                ExpectMapped(2);
                yield return key;
            }
        }
    }

    [Fact]
    public void A_guard_refreshed_now_and_then_lets_go_of_what_it_read()
    {
        using var cell = new SwmrCell<MappedIndex>(new MappedIndex(_files.Write(1)), _domain);
        int found = 0;
        IEnumerable<long> keys = KeysWhileTheIndexIsReplaced();

        using ReadGuard guard = _domain.Enter();
        foreach (long key in keys)
        {
            found += guard.Read(cell).Contains(key) ? 1 : 0;
            guard.Refresh();                        // what was read before may be disposed from here on
        }

        Assert.Equal(4, found);

        IEnumerable<long> KeysWhileTheIndexIsReplaced()
        {
            for (long key = 1; key <= 4; key++)
            {
                cell.Publish(new MappedIndex(_files.Write(key)));
                Assert.Equal(0, _domain.TryReclaim()); // The guard may still be using the one before.
                Assert.Equal(1, _domain.Statistics.Pending);
                yield return key;
                Assert.Equal(1, _domain.TryReclaim()); // It is no more, though still open.
            }
        }
    }

    [Fact]
    public void An_index_exchanged_out_can_be_put_back_or_retired()
    {
        using var cell = new SwmrCell<MappedIndex>(new MappedIndex(_files.Write(1, 2, 3)), _domain);
        Assert.False(TryReplace(_files.Write(9)));
        Assert.True(Contains(cell, 2));
        Assert.True(TryReplace(_files.Write(4)));
        Assert.True(Contains(cell, 4));
        _domain.TryReclaim();
        Assert.Equal(0, _domain.Statistics.Pending);
        ExpectMapped(1);

        bool TryReplace(string path)
        {
            Detached<MappedIndex> old = cell.Exchange(new MappedIndex(path))!;
            if (IsHealthy())
            {
                old.Retire();                       // disposed when its last reader has left
                return true;
            }

            cell.Publish(old.Value);                // the old one again; the new one is retired
            return false;
        }

        bool IsHealthy() => Contains(cell, 4);
    }

    [Fact]
    public void Parts_of_a_structure_of_ones_own_are_unmapped_when_replaced()
    {
        using (var index = new ShardedIndex(new MappedIndex(_files.Write(2, 4)), new MappedIndex(_files.Write(1, 3))))
        {
            Assert.True(index.Contains(2) && index.Contains(3) && !index.Contains(5));
            index.Replace(1, new MappedIndex(_files.Write(5)));
            Assert.True(index.Contains(2) && !index.Contains(3) && index.Contains(5));
            Wait.Until(() => _files.CountMapped() is null or 2, "the replaced part was unmapped"); // By the flush timer.
        }

        ExpectMapped(0);
    }

    [Fact]
    public void A_part_is_pulled_out_when_its_last_user_has_left()
    {
        var outlet = new Outlet<Canary>();
        Assert.False(outlet.Use(static part => part.IsAlive));
        outlet.Plug(new Canary());
        Assert.True(outlet.Use(static part => part.IsAlive));
        using var inside = new ManualResetEventSlim();
        using var leave = new ManualResetEventSlim();
        var user = new Thread(() => outlet.Use(part =>
        {
            inside.Set();
            leave.Wait();
            return part.IsAlive;
        }))
        { Name = "user", IsBackground = true };
        user.Start();
        inside.Wait();
        Assert.Equal("In use by user.", Assert.Throws<TimeoutException>(() => outlet.Unplug(TimeSpan.FromMilliseconds(5))).Message);
        Assert.True(outlet.Use(static part => part.IsAlive));
        leave.Set();
        Canary part = outlet.Unplug(s_deadline)!;
        part.Dispose();
        Assert.False(outlet.Use(static part => part.IsAlive));
        user.Join();
    }

    [Fact]
    public void A_stalled_reader_holds_back_what_was_alive_while_it_read_but_everything_when_the_birth_is_unknown()
    {
        const int Replacements = 1_000;
        SharedReference<Canary> known = new(new Canary());
        SharedReference<Canary> unknown = new(new Canary());
        long birth = _domain.Readers.Era;
        using (StalledReader.In(_domain))
        {
            Assert.Equal(["stalled"], _domain.Readers.GetActiveReaders());
            for (int i = 0; i < Replacements; i++)
            {
                long nextBirth = _domain.Readers.Era;
                Canary old = known.Exchange(new Canary())!;
                _domain.Retire(old, static old => old.Dispose(), birth: birth);
                birth = nextBirth;
            }

            _domain.TryReclaim();
            Assert.InRange(_domain.Statistics.Pending, 1, 17); // Those of the era in which it entered: a quarter of a batch, and the one from before.

            long before = _domain.Statistics.Pending;
            for (int i = 0; i < Replacements; i++)
            {
                Canary old = unknown.Exchange(new Canary())!;
                _domain.Retire(old);                // since when it could be found is not known
            }

            _domain.TryReclaim();
            Assert.Equal(before + Replacements, _domain.Statistics.Pending); // All of them, and without bound.
        }

        Assert.True(_domain.Synchronize(s_deadline));
        Assert.Equal(0, _domain.Statistics.Pending);
    }

    private void ExpectMapped(int expected)
    {
        if (_files.CountMapped() is { } mapped)
        {
            Assert.Equal(expected, mapped);
        }
    }
}
