#pragma warning disable SWMR001, SWMR002, SWMR004, SWMR005 // What the rules forbid is refused, or harmless for a canary: tested here.

using System.Reflection;

namespace SwmrKit.Tests;

public sealed class OwningDictionaryTests : IDisposable, IClassFixture<SharedMachine>
{
    private readonly RetirementDomain _domain = new(new RetirementOptions { BatchSize = 1, FlushDelay = TimeSpan.FromHours(1) });
    private readonly OwningDictionary<string, Canary> _dictionary;

    public OwningDictionaryTests() => _dictionary = new OwningDictionary<string, Canary>(_domain);

    public void Dispose()
    {
        _dictionary.Dispose();
        _domain.Dispose();
    }

    [Fact]
    public void A_replaced_value_is_disposed_once_its_readers_have_left()
    {
        var first = new Canary();
        var second = new Canary();
        _dictionary.Set("a", first);
        using (DictionaryRead<string, Canary> read = _dictionary.Read())
        {
            Assert.Same(first, read["a"]);
            _dictionary.Set("a", second);
            Assert.Same(second, read["a"]);
            Assert.True(first.IsAlive);
        }

        _domain.TryReclaim();
        Assert.Equal(1, first.Disposals);
        Assert.True(second.IsAlive);
    }

    [Fact]
    public void A_read_through_a_handle_protects_as_well()
    {
        var first = new Canary();
        _dictionary.Set("a", first);
        using ReaderHandle handle = _domain.Register();
        using DictionaryRead<string, Canary> read = _dictionary.Read(handle);
        Assert.True(read.TryGetValue("a", out Canary? found));
        _dictionary.TryRemove("a");
        Assert.True(found.IsAlive);
        Assert.False(read.TryGetValue("a", out found));
        Assert.Null(found);
        Assert.False(read.ContainsKey("a"));
        Assert.Throws<KeyNotFoundException>(() => ValueOf(_dictionary, "a"));
    }

    [Fact]
    public void What_is_younger_than_the_read_is_protected_too()
    {
        using (DictionaryRead<string, Canary> read = _dictionary.Read())
        {
            _dictionary.Set("a", new Canary());
            _dictionary.Set("a", new Canary()); // The era has moved on.
            var young = new Canary();
            _dictionary.Set("a", young);
            Assert.Same(young, read["a"]);
            _dictionary.Set("a", new Canary());
            Assert.True(young.IsAlive);
        }
    }

    [Fact]
    public void Nested_reads_end_innermost_first()
    {
        var value = new Canary();
        _dictionary.Set("a", value);
        DictionaryRead<string, Canary> outer = _dictionary.Read();
        DictionaryRead<string, Canary> inner = _dictionary.Read();
        Assert.Same(value, inner["a"]);
        bool refused = false;
        try
        {
            outer.Dispose();
        }
        catch (InvalidOperationException)
        {
            refused = true;
        }

        Assert.True(refused);
        inner.Dispose();
        _dictionary.TryRemove("a");
        Assert.True(value.IsAlive);
        outer.Dispose();
    }

    [Fact]
    public void A_removed_value_is_disposed_and_a_cleared_one()
    {
        Canary[] values = Fill(100);
        Assert.True(_dictionary.TryRemove("7"));
        Assert.False(_dictionary.TryRemove("7"));
        Assert.Equal(1, values[7].Disposals);
        Assert.Equal(99, values.Count(static value => value.IsAlive));
        _dictionary.Clear();
        Assert.All(values, static value => Assert.Equal(1, value.Disposals));
        Assert.Equal(0, _dictionary.Count);
        _dictionary.Clear();
        _dictionary.Set("7", new Canary());
        Assert.Equal(1, _dictionary.Count);
    }

    [Fact]
    public void Disposing_the_dictionary_disposes_everything_once_and_refuses_what_follows()
    {
        Canary[] values = Fill(100);
        _dictionary.Dispose();
        _dictionary.Dispose();
        Assert.All(values, static value => Assert.Equal(1, value.Disposals));
        Assert.Equal(0, _dictionary.Count);
        var another = new Canary();
        Assert.Throws<ObjectDisposedException>(() => _dictionary.Set("a", another));
        Assert.Throws<ObjectDisposedException>(() => _dictionary.TryAdd("a", another));
        Assert.Throws<ObjectDisposedException>(() => _dictionary.Exchange("a", another));
        Assert.Throws<ObjectDisposedException>(() => _dictionary.TryRemove("a"));
        Assert.Throws<ObjectDisposedException>(() => _dictionary.TryTake("a", out _));
        Assert.Throws<ObjectDisposedException>(_dictionary.Clear);
        Assert.Throws<ObjectDisposedException>(() => _dictionary.Update(static _ => { }));
        Assert.Throws<ObjectDisposedException>(() => _dictionary.TryLease("a", out _));
        Assert.Throws<ObjectDisposedException>(() => ValueOf(_dictionary, "a"));
        Assert.Throws<ObjectDisposedException>(() =>
        {
            using DictionaryRead<string, Canary> read = _dictionary.Read();
            read.Snapshot();
        });
        Assert.True(another.IsAlive);
    }

    [Fact]
    public void What_readers_hold_when_the_dictionary_is_disposed_is_disposed_when_they_leave()
    {
        Canary value = Fill(1)[0];
        DictionaryRead<string, Canary> read = _dictionary.Read();
        OwningDictionarySnapshot<string, Canary> snapshot = read.Snapshot();
        _dictionary.Dispose();
        Assert.Same(value, snapshot["0"]);
        Assert.True(value.IsAlive);
        read.Dispose();
        _domain.TryReclaim();
        Assert.Equal(1, value.Disposals);
    }

    [Fact]
    public void Setting_the_current_object_again_changes_nothing()
    {
        var value = new Canary();
        _dictionary.Set("a", value);
        long version = _dictionary.Version;
        _dictionary.Set("a", value);
        Assert.Null(_dictionary.Exchange("a", value));
        Assert.False(_dictionary.TryAdd("a", value));
        Assert.Equal(version, _dictionary.Version);
        Assert.True(value.IsAlive);
    }

    [Fact]
    public void An_object_is_in_one_place_at_a_time()
    {
        var value = new Canary();
        _dictionary.Set("a", value);
        _dictionary.Set("b", new Canary());
        using var other = new OwningDictionary<int, Canary>(_domain);
        Assert.Throws<InvalidOperationException>(() => _dictionary.Set("b", value));
        Assert.Throws<InvalidOperationException>(() => _dictionary.Set("c", value));
        Assert.Throws<InvalidOperationException>(() => _dictionary.TryAdd("c", value));
        Assert.Throws<InvalidOperationException>(() => other.Set(1, value));
        Assert.Throws<InvalidOperationException>(() => new SwmrCell<Canary>(value, _domain));
        Assert.Throws<InvalidOperationException>(() => _domain.Retire(value));
        Assert.Equal(2, _dictionary.Count);
        _dictionary.Clear();
        Assert.Equal(1, value.Disposals);
        Assert.Throws<InvalidOperationException>(() => _dictionary.Set("a", value)); // It has been retired.
        using var foreign = new RetirementDomain();
        using var elsewhere = new OwningDictionary<int, Canary>(foreign);
        Assert.Throws<InvalidOperationException>(() => elsewhere.Set(1, value));
        Assert.Equal(0, elsewhere.Count);
    }

    [Fact]
    public void What_need_not_be_disposed_may_be_anywhere()
    {
        using var texts = new OwningDictionary<int, string>(_domain);
        texts.Set(1, "x");
        texts.Set(2, "x");
        texts.Set(1, "y");
        texts.Update(static batch =>
        {
            batch.Set(3, "x");
            batch.Set(4, "x");
        });
        Assert.True(texts.TryTake(2, out Detached<string>? taken));
        Assert.Equal("x", taken.Value);
        taken.Retire();
        using Lease<string> lease = texts.GetOrAdd(9, static _ => "x");
        Assert.Equal("x", lease.Value);
        Assert.Equal(0, _domain.Statistics.Retired);
    }

    [Fact]
    public async Task Each_kind_of_disposal_is_the_one_that_SwmrCell_would_choose()
    {
        using var asynchronous = new OwningDictionary<int, AsyncCanary>(_domain);
        var value = new AsyncCanary();
        asynchronous.Set(1, value);
        asynchronous.TryRemove(1);
        value.End();
        await _domain.DrainAsync();
        Assert.Equal(1, value.Disposals);

        var returned = new List<Canary>();
        using var pooled = new OwningDictionary<int, Canary>(_domain, reclaim: returned.Add);
        var canary = new Canary();
        pooled.Set(1, canary);
        pooled.TryRemove(1);
        Assert.Same(canary, Assert.Single(returned));
        Assert.True(canary.IsAlive);
        pooled.Set(2, canary); // A new life.
        pooled.Clear();
        Assert.Equal(2, returned.Count);
    }

    [Fact]
    public void A_value_taken_out_is_the_callers_to_set_again_or_to_retire()
    {
        var value = new Canary();
        _dictionary.Set("a", value);
        Assert.True(_dictionary.TryTake("a", out Detached<Canary>? taken));
        Assert.False(_dictionary.TryTake("a", out Detached<Canary>? none));
        Assert.Null(none);
        _domain.TryReclaim();
        Assert.True(value.IsAlive);
        _dictionary.Set("b", taken.Value);
        Assert.Throws<InvalidOperationException>(taken.Retire);

        Detached<Canary>? replaced = _dictionary.Exchange("b", new Canary());
        Assert.Same(value, replaced!.Value);
        Assert.Throws<InvalidOperationException>(taken.Retire); // Of an earlier publication.
        replaced.Retire();
        Assert.Equal(1, value.Disposals);
        Assert.Throws<InvalidOperationException>(replaced.Retire);
        Assert.Null(_dictionary.Exchange("c", new Canary()));
    }

    [Fact]
    public void A_failed_set_leaves_a_detached_value_detached()
    {
        var comparer = new FailingOnce();
        using var dictionary = new OwningDictionary<string, Canary>(_domain, comparer);
        var value = new Canary();
        dictionary.Set("a", value);
        Assert.True(dictionary.TryTake("a", out Detached<Canary>? taken));
        comparer.FailsAfter = 1; // The look-up succeeds, the write fails.
        Assert.Throws<DeliberateException>(() => dictionary.Set("b", value));
        Assert.Equal(0, dictionary.Count);
        taken.Retire();
        Assert.Equal(1, value.Disposals);
    }

    [Fact]
    public void A_comparer_that_fails_changes_nothing_and_keeps_no_room()
    {
        var comparer = new FailingOnce();
        using var domain = new RetirementDomain(new RetirementOptions { BatchSize = 1, MaxPending = 1, Overflow = RetirementOverflow.Throw });
        using var dictionary = new OwningDictionary<string, Canary>(domain, comparer);
        var value = new Canary();
        dictionary.Set("a", value);
        for (int calls = 0; calls < 2; calls++)
        {
            var another = new Canary();
            comparer.FailsAfter = calls;
            Assert.Throws<DeliberateException>(() => dictionary.Set("a", another));
            comparer.FailsAfter = calls;
            Assert.Throws<DeliberateException>(() => dictionary.TryRemove("a"));
            comparer.FailsAfter = 0;
            Assert.Throws<DeliberateException>(() => dictionary.TryLease("a", out _));
            Assert.Equal(0, domain.LeasesHeld);
            using DictionaryRead<string, Canary> read = dictionary.Read();
            Assert.Same(value, read["a"]);
            another.Dispose();
        }

        comparer.FailsAfter = 1; // In the second look of the lease.
        Assert.Throws<DeliberateException>(() => dictionary.TryLease("a", out _));
        Assert.Equal(0, domain.LeasesHeld);
        dictionary.Set("a", new Canary()); // There is room: one may be pending, and none has been kept.
        Assert.Equal(1, value.Disposals);
    }

    [Fact]
    public void An_interrupt_while_the_table_is_made_smaller_loses_no_value()
    {
        var comparer = new HookedComparer();
        using OwningDictionary<int, Canary> dictionary = new(_domain, comparer, capacity: 0, reclaim: null, new Geometry(Fill: 2, ChunkBits: 1, FlatBits: 1, LeastFill: 1));
        Canary[] values = [.. Enumerable.Range(0, 64).Select(static _ => new Canary())];
        for (int key = 0; key < values.Length; key++)
        {
            dictionary.Set(key, values[key]);
        }

        bool wasHeld = false;
        Wait.OnThread(() =>
        {
            Thread writer = Thread.CurrentThread;
            int before = dictionary.Count;
            comparer.Hook = () =>
            {
                if (dictionary.Count < before && !wasHeld) // Removed, and others are moved.
                {
                    wasHeld = true;
                    HoldGate(dictionary, isHeld: true);
                    writer.Interrupt();
                    ThreadPool.QueueUserWorkItem(_ =>
                    {
                        Thread.Sleep(500); // Long enough for the writer to fall asleep.
                        HoldGate(dictionary, isHeld: false);
                    });
                }
            };
            for (int key = 0; key < values.Length; key++)
            {
                before = dictionary.Count;
                Assert.True(dictionary.TryRemove(key));
                if (wasHeld)
                {
                    comparer.Hook = null;
                    Assert.Throws<ThreadInterruptedException>(static () => Thread.Sleep(Timeout.Infinite)); // Kept for the next wait.
                    wasHeld = false;
                    before = -1;
                }
            }
        });

        _domain.TryReclaim();
        Assert.All(values, static value => Assert.Equal(1, value.Disposals));
        Assert.Null(comparer.Hook);

        // As a snapshot that has come into the gate and lost its processor.
        static void HoldGate(OwningDictionary<int, Canary> dictionary, bool isHeld)
        {
            const BindingFlags Private = BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public;
            object table = typeof(OwningDictionary<int, Canary>).GetField("_table", Private)!.GetValue(dictionary)!;
            FieldInfo progressField = table.GetType().GetField("_progress", Private)!;
            object progress = progressField.GetValue(table)!;
            FieldInfo gateField = progress.GetType().GetField("Gate", Private)!;
            object gate = gateField.GetValue(progress)!;
            FieldInfo wordField = typeof(SnapshotGate).GetField("_word", Private)!;
            long word = ((SharedInt64)wordField.GetValue(gate)!).ReadRelaxed();
            wordField.SetValue(gate, new SharedInt64(isHeld ? word | 1 : word & ~1L));
            gateField.SetValue(progress, gate);
            progressField.SetValue(table, progress);
        }
    }

    [Fact]
    public void A_comparer_that_contradicts_itself_is_refused()
    {
        var comparer = new Contradictory();
        using var dictionary = new OwningDictionary<string, Canary>(_domain, comparer);
        var value = new Canary();
        dictionary.Set("a", value);
        comparer.IsContradictory = true;
        Assert.Throws<InvalidOperationException>(() => dictionary.TryRemove("a"));
        var another = new Canary();
        Assert.Throws<InvalidOperationException>(() => dictionary.Set("a", another));
        comparer.IsContradictory = false;
        Assert.True(value.IsAlive);
        dictionary.Set("b", another);
        Assert.Equal(2, dictionary.Count);
    }

    [Fact]
    public void A_lease_holds_its_value_across_replacement_and_disposal()
    {
        var first = new Canary();
        _dictionary.Set("a", first);
        Assert.True(_dictionary.TryLease("a", out Lease<Canary>? lease));
        Assert.Equal(_dictionary.Version, lease.Version);
        _dictionary.Set("a", new Canary());
        _dictionary.Dispose();
        _domain.TryReclaim();
        Assert.Same(first, lease.Value);
        Assert.True(first.IsAlive);
        lease.Dispose();
        _domain.TryReclaim();
        Assert.Equal(1, first.Disposals);
        Assert.Equal(0, _domain.LeasesHeld);
    }

    [Fact]
    public void A_lease_can_be_made_from_a_read_and_from_a_snapshot()
    {
        Canary value = Fill(1)[0];
        Lease<Canary>? fromRead;
        Lease<Canary>? fromSnapshot;
        Lease<Canary>? bySpan;
        using (DictionaryRead<string, Canary> read = _dictionary.Read())
        {
            OwningDictionarySnapshot<string, Canary> snapshot = read.Snapshot();
            Assert.True(read.TryLease("0", out fromRead));
            Assert.True(read.GetAlternateLookup<ReadOnlySpan<char>>().TryLease("0", out bySpan));
            Assert.False(read.TryLease("1", out Lease<Canary>? none));
            Assert.Null(none);
            _dictionary.TryRemove("0");
            Assert.True(snapshot.TryLease("0", out fromSnapshot)); // Its value, although it has gone from the dictionary.
            Assert.False(snapshot.TryLease("1", out _));
        }

        foreach (Lease<Canary> lease in new[] { fromRead, fromSnapshot, bySpan })
        {
            _domain.TryReclaim();
            Assert.Same(value, lease.Value);
            Assert.True(value.IsAlive);
            lease.Dispose();
        }

        _domain.TryReclaim();
        Assert.Equal(1, value.Disposals);
    }

    [Fact]
    public void A_snapshot_is_one_state_and_holds_all_of_it()
    {
        Canary[] values = Fill(200);
        using (DictionaryRead<string, Canary> read = _dictionary.Read())
        {
            OwningDictionarySnapshot<string, Canary> snapshot = read.Snapshot();
            long version = _dictionary.Version;
            _dictionary.Update(static batch => batch.Clear());
            _dictionary.Set("x", new Canary());
            Assert.Equal(200, snapshot.Count);
            Assert.Equal(version, snapshot.Version);
            int entries = 0;
            foreach ((string key, Canary value) in snapshot)
            {
                Assert.Same(values[int.Parse(key, null)], value);
                Assert.True(value.IsAlive);
                Assert.Same(value, snapshot[key]);
                entries++;
            }

            Assert.Equal(200, entries);
            Assert.True(snapshot.ContainsKey("199"));
            Assert.False(snapshot.ContainsKey("x"));
            Assert.True(snapshot.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue("17", out string? key17, out Canary? value17));
            Assert.Same(values[17], value17);
            Assert.Equal("17", key17);
            foreach ((string key, _) in read)
            {
                Assert.Equal("x", key);
            }
        }

        _domain.TryReclaim();
        Assert.All(values, static value => Assert.Equal(1, value.Disposals));
    }

    [Fact]
    public void A_snapshot_holds_what_was_born_after_its_guard()
    {
        DictionaryRead<string, Canary> read = _dictionary.Read();
        _dictionary.Set("a", new Canary());
        _dictionary.Set("a", new Canary());
        var young = new Canary();
        _dictionary.Set("a", young);
        OwningDictionarySnapshot<string, Canary> snapshot = read.Snapshot();
        _dictionary.Clear();
        Assert.Same(young, snapshot["a"]);
        Assert.True(young.IsAlive);
        read.Dispose();
    }

    [Fact]
    public void Nothing_of_a_read_can_be_used_after_it_even_under_a_later_one()
    {
        Fill(3);
        DictionaryRead<string, Canary> read = _dictionary.Read();
        OwningDictionarySnapshot<string, Canary> snapshot = read.Snapshot();
        DictionaryRead<string, Canary>.AlternateLookup<ReadOnlySpan<char>> lookup = read.GetAlternateLookup<ReadOnlySpan<char>>();
        OwningDictionarySnapshot<string, Canary>.AlternateLookup<ReadOnlySpan<char>> ofSnapshot = snapshot.GetAlternateLookup<ReadOnlySpan<char>>();
        OwningDictionarySnapshot<string, Canary>.Enumerator entries = snapshot.GetEnumerator();
        Assert.True(entries.MoveNext());
        using (DictionaryRead<string, Canary> inner = _dictionary.Read())
        {
            Assert.True(snapshot.ContainsKey("1")); // The read it belongs to is open, although another one is inside.
            Assert.True(lookup.ContainsKey("1"));
        }

        read.Dispose();
        for (int later = 0; later < 2; later++)
        {
            Assert.True(Refuses(ref snapshot, ref lookup, ref ofSnapshot, ref entries), $"{later} later reads are open");
            read = _dictionary.Read();
            using DictionaryRead<string, Canary> inner = _dictionary.Read();
            Assert.True(Refuses(ref snapshot, ref lookup, ref ofSnapshot, ref entries), $"{later} later reads are open");
            inner.Dispose();
            read.Dispose();
        }
    }

    [Fact]
    public void A_snapshot_of_an_inner_read_ends_with_it()
    {
        Fill(3);
        using DictionaryRead<string, Canary> outer = _dictionary.Read();
        DictionaryRead<string, Canary> inner = _dictionary.Read();
        OwningDictionarySnapshot<string, Canary> snapshot = inner.Snapshot();
        Assert.True(snapshot.ContainsKey("1"));
        inner.Dispose();
        bool refused = false;
        try
        {
            snapshot.ContainsKey("1");
        }
        catch (InvalidOperationException)
        {
            refused = true;
        }

        Assert.True(refused);
    }

    [Fact]
    public void A_default_snapshot_is_empty_in_every_way()
    {
        OwningDictionarySnapshot<string, Canary> none = default;
        Assert.Equal((0, 0L), (none.Count, none.Version));
        Assert.False(none.ContainsKey("a"));
        Assert.False(none.TryGetValue("a", out Canary? value));
        Assert.Null(value);
        Assert.False(none.TryLease("a", out _));
        Assert.Throws<KeyNotFoundException>(static () => default(OwningDictionarySnapshot<string, Canary>)["a"]);
        Assert.False(none.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue("a", out string? key, out value));
        Assert.Equal((null, null), (key, value));
        Assert.False(none.TryGetAlternateLookup<int>(out _));
        Assert.False(none.GetEnumerator().MoveNext());
        Assert.False(none.ChangesSince(default).GetEnumerator().MoveNext());
        Assert.False(default(OwningDictionaryChanges<string, Canary>).GetEnumerator().MoveNext());
        Assert.False(default(OwningDictionaryChanges<string, Canary>.Enumerator).MoveNext());
    }

    [Fact]
    public void Default_and_disposed_reads_are_refused()
    {
        Assert.Throws<InvalidOperationException>(static () => default(DictionaryRead<string, Canary>).TryGetValue("a", out _));
        Assert.Throws<InvalidOperationException>(static () => default(DictionaryRead<string, Canary>).Snapshot());
        Assert.Throws<InvalidOperationException>(static () => default(DictionaryRead<string, Canary>).GetOrAdd("a", static _ => new Canary()));
        Assert.Throws<InvalidOperationException>(static () => default(DictionaryRead<string, Canary>).TryGetAlternateLookup<ReadOnlySpan<char>>(out _));
        Assert.Throws<InvalidOperationException>(static () => default(DictionaryRead<string, Canary>.AlternateLookup<ReadOnlySpan<char>>).ContainsKey("a"));
        Assert.Throws<InvalidOperationException>(static () => default(OwningDictionarySnapshot<string, Canary>.AlternateLookup<ReadOnlySpan<char>>).ContainsKey("a"));
        Assert.Throws<InvalidOperationException>(() =>
        {
            DictionaryRead<string, Canary> read = _dictionary.Read();
            read.Dispose();
            read.ContainsKey("a");
        });
    }

    [Fact]
    public void A_handle_that_is_null_foreign_or_disposed_is_refused()
    {
        using var foreign = new RetirementDomain();
        using ReaderHandle stranger = foreign.Register();
        ReaderHandle disposed = _domain.Register();
        disposed.Dispose();
        Assert.Throws<ArgumentNullException>(() => _dictionary.Read(null!).Dispose());
        Assert.Throws<InvalidOperationException>(() => _dictionary.Read(stranger).Dispose());
        Assert.Throws<ObjectDisposedException>(() => _dictionary.Read(disposed).Dispose());
    }

    [Fact]
    public void Spans_find_what_their_text_finds()
    {
        Canary value = Fill(12)[11];
        using DictionaryRead<string, Canary> read = _dictionary.Read();
        DictionaryRead<string, Canary>.AlternateLookup<ReadOnlySpan<char>> lookup = read.GetAlternateLookup<ReadOnlySpan<char>>();
        Assert.Same(value, lookup["x11y".AsSpan(1, 2)]);
        Assert.True(lookup.TryGetValue("11", out string? actual, out Canary? found));
        Assert.Equal("11", actual);
        Assert.Same(value, found);
        Assert.False(lookup.ContainsKey("12"));
        Assert.False(lookup.TryGetValue("12", out found));
        Assert.Null(found);

        _dictionary.Set("11", new Canary());
        _dictionary.Set("11", new Canary());
        Assert.NotSame(value, lookup["11"]); // Younger than the read.
        Assert.True(lookup["11"].IsAlive);
        Assert.Throws<KeyNotFoundException>(() =>
        {
            using DictionaryRead<string, Canary> inner = _dictionary.Read();
            _ = inner.GetAlternateLookup<ReadOnlySpan<char>>()["12"];
        });
        Assert.Throws<InvalidOperationException>(() =>
        {
            using DictionaryRead<string, Canary> inner = _dictionary.Read();
            inner.GetAlternateLookup<int>();
        });
        Assert.False(read.TryGetAlternateLookup<int>(out _));
        Assert.False(read.Snapshot().TryGetAlternateLookup<int>(out _));
    }

    [Fact]
    public void Bad_arguments_are_refused()
    {
        Assert.Throws<ArgumentNullException>(static () => new OwningDictionary<string, Canary>(null!));
        Assert.Throws<ArgumentOutOfRangeException>(() => new OwningDictionary<string, Canary>(_domain, capacity: -1));
        var value = new Canary();
        Assert.Throws<ArgumentNullException>(() => _dictionary.Set(null!, value));
        Assert.Throws<ArgumentNullException>(() => _dictionary.Set("a", null!));
        Assert.Throws<ArgumentNullException>(() => _dictionary.TryAdd(null!, value));
        Assert.Throws<ArgumentNullException>(() => _dictionary.TryAdd("a", null!));
        Assert.Throws<ArgumentNullException>(() => _dictionary.Exchange(null!, value));
        Assert.Throws<ArgumentNullException>(() => _dictionary.Exchange("a", null!));
        Assert.Throws<ArgumentNullException>(() => _dictionary.TryRemove(null!));
        Assert.Throws<ArgumentNullException>(() => _dictionary.TryTake(null!, out _));
        Assert.Throws<ArgumentNullException>(() => _dictionary.TryLease(null!, out _));
        Assert.Throws<ArgumentNullException>(() => ValueOf(_dictionary, null!));
        Assert.Throws<ArgumentNullException>(() => _dictionary.Update(null!));
        Assert.Throws<ArgumentNullException>(() => _dictionary.TryUpdate(0, null!));
        Assert.Throws<ArgumentNullException>(() => _dictionary.GetOrAdd("a", null!));
        Assert.Throws<ArgumentNullException>(() => _dictionary.GetOrAdd(null!, static _ => new Canary()));
        Assert.Throws<ArgumentException>(() =>
        {
            _dictionary.Add("a", value);
            _dictionary.Add("a", new Canary());
        });
        Assert.True(value.IsAlive);
        using var gone = new RetirementDomain();
        gone.Dispose();
        Assert.Throws<ObjectDisposedException>(() => new OwningDictionary<string, Canary>(gone));
    }

    [Fact]
    public void Where_no_more_may_be_pending_nothing_is_changed()
    {
        using var domain = new RetirementDomain(new RetirementOptions { BatchSize = 1, MaxPending = 2, Overflow = RetirementOverflow.Throw });
        var dictionary = new OwningDictionary<int, Canary>(domain);
        Canary[] values = [.. Enumerable.Range(0, 5).Select(_ => new Canary())];
        for (int i = 0; i < values.Length; i++)
        {
            dictionary.Set(i, values[i]);
        }

        Assert.Throws<RetirementOverflowException>(dictionary.Clear); // Five at once.
        Assert.Throws<RetirementOverflowException>(() => dictionary.Update(static batch => batch.Clear()));
        Assert.Equal(5, dictionary.Count);
        using (dictionary.Read())
        {
            dictionary.TryRemove(0);
            dictionary.TryRemove(1);
            var refused = new Canary();
            Assert.Throws<RetirementOverflowException>(() => dictionary.Set(2, refused));
            Assert.Throws<RetirementOverflowException>(() => dictionary.TryRemove(2));
            dictionary.Add(9, refused); // Replaces nothing.
            Assert.Equal(4, dictionary.Count);
        }

        dictionary.Dispose(); // Never refused.
        Assert.All(values, static value => Assert.Equal(1, value.Disposals));
        Assert.Equal(0, domain.Statistics.Pending);
    }

    [Fact]
    public void Callbacks_may_write_to_the_dictionary_they_come_from()
    {
        using var dictionary = new OwningDictionary<int, Writer>(_domain);
        for (int i = 0; i < 4; i++)
        {
            int next = i + 10;
            dictionary.Set(i, new Writer(() => dictionary.TryAdd(next, new Writer(static () => { }))));
        }

        dictionary.Set(0, new Writer(static () => { }));
        dictionary.TryRemove(1);
        dictionary.Update(static batch =>
        {
            batch.TryRemove(2);
            batch.TryRemove(3);
        });
        _domain.TryReclaim();
        Assert.Equal(0, _domain.Statistics.CallbackFailures);
        using DictionaryRead<int, Writer> read = dictionary.Read();
        Assert.All([10, 11, 12, 13], key =>
        {
            using DictionaryRead<int, Writer> inner = dictionary.Read();
            Assert.True(inner.ContainsKey(key));
        });
    }

    [Fact]
    public void Writing_from_the_comparer_or_a_batch_is_refused()
    {
        _dictionary.Set("a", new Canary());
        _dictionary.Update(batch =>
        {
            Assert.Throws<InvalidOperationException>(() => _dictionary.Set("b", new Canary()));
            Assert.Throws<InvalidOperationException>(() => _dictionary.TryRemove("a"));
            Assert.Throws<InvalidOperationException>(_dictionary.Clear);
            Assert.Throws<InvalidOperationException>(_dictionary.Dispose);
            Assert.Throws<InvalidOperationException>(() => _dictionary.Update(static _ => { }));
            Assert.Throws<InvalidOperationException>(() => _dictionary.GetOrAdd("b", static _ => new Canary()));
            Assert.Throws<InvalidOperationException>(() => _domain.Synchronize(TimeSpan.Zero));
            using DictionaryRead<string, Canary> read = _dictionary.Read();
            Assert.True(read.ContainsKey("a"));
            Assert.True(_dictionary.TryLease("a", out Lease<Canary>? lease));
            lease.Dispose();
        });
        Assert.Equal(1, _dictionary.Count);
    }

    [Fact]
    public void Comparers_capacity_and_trimming_are_the_tables()
    {
        using var dictionary = new OwningDictionary<string, Canary>(_domain, StringComparer.OrdinalIgnoreCase, capacity: 1_000);
        Assert.Same(StringComparer.OrdinalIgnoreCase, dictionary.Comparer);
        Assert.Same(_domain, dictionary.Domain);
        Assert.Same(EqualityComparer<string>.Default, _dictionary.Comparer);
        var value = new Canary();
        dictionary.Set("Key", value);
        using (DictionaryRead<string, Canary> read = dictionary.Read())
        {
            Assert.Same(value, read["kEY"]);
            Assert.Same(value, read.GetAlternateLookup<ReadOnlySpan<char>>()["KEY"]);
        }

        dictionary.TrimExcess();
        Assert.True(dictionary.TryRemove("KEY"));
        Assert.Equal(1, value.Disposals);
    }

    [Fact]
    public void By_default_the_domain_is_the_shared_one()
    {
        var value = new Canary();
        using (var dictionary = new OwningDictionary<int, Canary>())
        {
            Assert.Same(RetirementDomain.Shared, dictionary.Domain);
            dictionary.Set(1, value);
        }

        Wait.Until(() => !value.IsAlive, "the value is disposed");
    }

    private static Canary ValueOf(OwningDictionary<string, Canary> dictionary, string key)
    {
        using DictionaryRead<string, Canary> read = dictionary.Read();
        return read[key];
    }

    private static bool Refuses(
        ref OwningDictionarySnapshot<string, Canary> snapshot,
        ref DictionaryRead<string, Canary>.AlternateLookup<ReadOnlySpan<char>> lookup,
        ref OwningDictionarySnapshot<string, Canary>.AlternateLookup<ReadOnlySpan<char>> ofSnapshot,
        ref OwningDictionarySnapshot<string, Canary>.Enumerator entries)
    {
        int refused = 0;
        for (int use = 0; use < 6; use++)
        {
            try
            {
                _ = use switch
                {
                    0 => snapshot.ContainsKey("1"),
                    1 => snapshot.TryLease("1", out _),
                    2 => snapshot.GetEnumerator().MoveNext(),
                    3 => lookup.ContainsKey("1"),
                    4 => ofSnapshot.ContainsKey("1"),
                    _ => entries.MoveNext(),
                };
            }
            catch (InvalidOperationException)
            {
                refused++;
            }
        }

        return refused == 6;
    }

    private Canary[] Fill(int count)
    {
        Canary[] values = [.. Enumerable.Range(0, count).Select(static _ => new Canary())];
        for (int i = 0; i < count; i++)
        {
            _dictionary.Add($"{i}", values[i]);
        }

        return values;
    }

    private sealed class Writer(Action onDisposal) : IDisposable
    {
        public void Dispose() => onDisposal();
    }

    /// <summary>Fails once, after so many hashes.</summary>
    private sealed class FailingOnce : IEqualityComparer<string>
    {
        public int FailsAfter { get; set; } = -1;

        public bool Equals(string? x, string? y) => x == y;

        public int GetHashCode(string key)
        {
            if (FailsAfter-- == 0)
            {
                throw new DeliberateException();
            }

            return key.GetHashCode(StringComparison.Ordinal);
        }
    }

    /// <summary>Finds a key, and right afterwards does not.</summary>
    private sealed class Contradictory : IEqualityComparer<string>
    {
        private int _comparisons;

        public bool IsContradictory { get; set; }

        public bool Equals(string? x, string? y) => x == y && !(IsContradictory && _comparisons++ % 2 == 1);

        public int GetHashCode(string key) => key.GetHashCode(StringComparison.Ordinal);
    }

    /// <summary>Of integers; calls something whenever it is asked for a hash code.</summary>
    private sealed class HookedComparer : IEqualityComparer<int>
    {
        public Action? Hook { get; set; }

        public bool Equals(int x, int y) => x == y;

        public int GetHashCode(int obj)
        {
            Hook?.Invoke();
            return obj;
        }
    }
}
