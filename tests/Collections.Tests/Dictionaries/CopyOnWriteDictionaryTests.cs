using System.Collections;
using System.Collections.Frozen;
using System.Collections.Immutable;

namespace SwmrKit.Tests;

/// <summary>What a generic dictionary of .NET does, and what this one does beyond.</summary>
public sealed class CopyOnWriteDictionaryTests : IClassFixture<SharedMachine>
{
    private readonly CopyOnWriteDictionary<string, int> _dictionary = new() { ["a"] = 1, ["b"] = 2 };

    [Fact]
    public void Null_keys_are_refused_by_every_member()
    {
        Assert.Throws<ArgumentNullException>("key", () => _dictionary[null!]);
        Assert.Throws<ArgumentNullException>("key", () => _dictionary[null!] = 1);
        Assert.Throws<ArgumentNullException>("key", () => _dictionary.TryGetValue(null!, out _));
        Assert.Throws<ArgumentNullException>("key", () => _dictionary.ContainsKey(null!));
        Assert.Throws<ArgumentNullException>("key", () => _dictionary.Set(null!, 1));
        Assert.Throws<ArgumentNullException>("key", () => _dictionary.Add(null!, 1));
        Assert.Throws<ArgumentNullException>("key", () => _dictionary.TryAdd(null!, 1));
        Assert.Throws<ArgumentNullException>("key", () => _dictionary.TryRemove(null!));
        Assert.Throws<ArgumentNullException>("key", () => _dictionary.GetOrAdd(null!, 1));
        Assert.Throws<ArgumentNullException>("key", () => _dictionary.GetOrAdd(null!, static _ => 1));
        Assert.Throws<ArgumentNullException>("key", () => _dictionary.AddOrUpdate(null!, static _ => 1, static (_, value) => value));
        Assert.Throws<ArgumentNullException>("key", () => _dictionary.Snapshot().TryGetValue(null!, out _));
        Assert.Throws<ArgumentNullException>("key", () => _dictionary.Update(static batch => batch.Set(null!, 1)));
        Assert.Equal(2, _dictionary.Count);
    }

    [Fact]
    public void Null_arguments_are_refused()
    {
        Assert.Throws<ArgumentNullException>("collection", () => new CopyOnWriteDictionary<string, int>((IEnumerable<KeyValuePair<string, int>>)null!));
        Assert.Throws<ArgumentNullException>("items", () => _dictionary.AddRange(null!));
        Assert.Throws<ArgumentNullException>("change", () => _dictionary.Update(null!));
        Assert.Throws<ArgumentNullException>("change", () => _dictionary.TryUpdate(0, null!));
        Assert.Throws<ArgumentNullException>("factory", () => _dictionary.GetOrAdd("a", null!));
        Assert.Throws<ArgumentNullException>("add", () => _dictionary.AddOrUpdate("a", null!, static (_, value) => value));
        Assert.Throws<ArgumentNullException>("update", () => _dictionary.AddOrUpdate("a", static _ => 1, null!));
        Assert.Throws<ArgumentNullException>("array", () => _dictionary.CopyTo(null!, 0));
        Assert.Throws<ArgumentOutOfRangeException>("capacity", () => new CopyOnWriteDictionary<string, int>(-1, null));
    }

    [Fact]
    public void The_indexer_says_which_key_is_missing()
    {
        Assert.Equal(1, _dictionary["a"]);
        Assert.Contains("'z'", Assert.Throws<KeyNotFoundException>(() => _dictionary["z"]).Message, StringComparison.Ordinal);
        Assert.Contains("'z'", Assert.Throws<KeyNotFoundException>(() => _dictionary.Snapshot()["z"]).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Add_refuses_a_key_that_is_there_and_leaves_its_value()
    {
        Assert.Contains("'a'", Assert.Throws<ArgumentException>("key", () => _dictionary.Add("a", 9)).Message, StringComparison.Ordinal);
        Assert.Equal(1, _dictionary["a"]);
    }

    [Fact]
    public void AddRange_adds_all_or_nothing()
    {
        Assert.Throws<ArgumentException>(() => _dictionary.AddRange([new("c", 3), new("a", 9)]));
        Assert.Throws<ArgumentException>(() => _dictionary.AddRange([new("c", 3), new("c", 4)]));
        Assert.False(_dictionary.ContainsKey("c"));
        _dictionary.AddRange([new("c", 3), new("d", 4)]);
        Assert.Equal(4, _dictionary.Count);
    }

    [Fact]
    public void Null_values_are_values()
    {
        var dictionary = new CopyOnWriteDictionary<int, string?> { [1] = null };
        Assert.True(dictionary.TryGetValue(1, out string? value));
        Assert.Null(value);
        Assert.True(dictionary.TryRemove(1, out _));
        Assert.False(dictionary.ContainsKey(1));
        var nullable = new CopyOnWriteDictionary<int, (int, long)?> { [1] = null };
        Assert.Null(nullable[1]);
        nullable[1] = (2, 3);
        Assert.Equal((2, 3L), nullable[1]);
    }

    [Fact]
    public void CopyTo_checks_what_it_is_given()
    {
        var array = new KeyValuePair<string, int>[3];
        Assert.Throws<ArgumentOutOfRangeException>("index", () => _dictionary.CopyTo(array, -1));
        Assert.Throws<ArgumentOutOfRangeException>("index", () => _dictionary.CopyTo(array, 4));
        Assert.Throws<ArgumentException>("array", () => _dictionary.CopyTo(array, 2));
        _dictionary.CopyTo(array, 1);
        Assert.Equal(default, array[0]);
        Assert.Equal(["a", "b"], array[1..].Select(static entry => entry.Key).Order());
    }

    [Fact]
    public void Keys_values_and_enumerators_belong_to_the_moment_they_were_asked_for()
    {
        IReadOnlyCollection<string> keys = _dictionary.Keys;
        IReadOnlyCollection<int> values = _dictionary.Values;
        using DictionarySnapshot<string, int>.Enumerator enumerator = _dictionary.GetEnumerator();
        _dictionary["c"] = 3;
        _dictionary.TryRemove("a");
        Assert.Equal(["a", "b"], keys.Order());
        Assert.Equal([1, 2], values.Order());
        Assert.Equal(2, keys.Count);
        int count = 0;
        while (enumerator.MoveNext())
        {
            Assert.Contains(enumerator.Current.Key, (string[])["a", "b"]);
            count++;
        }

        Assert.Equal(2, count);
        Assert.Equal(default, enumerator.Current);
    }

    [Fact]
    public void An_enumerator_can_be_reset_and_used_untyped()
    {
        IEnumerator enumerator = ((IEnumerable)_dictionary).GetEnumerator();
        Assert.True(enumerator.MoveNext());
        object first = enumerator.Current!;
        Assert.True(enumerator.MoveNext());
        Assert.False(enumerator.MoveNext());
        enumerator.Reset();
        Assert.True(enumerator.MoveNext());
        Assert.Equal(first, enumerator.Current);
    }

    [Fact]
    public void An_untyped_enumerator_that_is_at_no_entry_says_so_as_a_dictionary_does()
    {
        var peer = new Dictionary<string, int>(_dictionary);
        AssertSame(peer, _dictionary);
        AssertSame(peer.Keys, _dictionary.Keys);
        AssertSame(peer.Values, _dictionary.Values);
        AssertSame(new Dictionary<string, int>(), default(DictionarySnapshot<string, int>));

        static void AssertSame(IEnumerable theirs, IEnumerable ours)
        {
            IEnumerator one = theirs.GetEnumerator();
            IEnumerator other = ours.GetEnumerator();
            bool moved;
            do
            {
                AssertSameCurrent();
                moved = one.MoveNext();
                Assert.Equal(moved, other.MoveNext());
            }
            while (moved);
            AssertSameCurrent();
            other.Reset();
            one.Reset();
            AssertSameCurrent();

            void AssertSameCurrent() => Assert.Equal(Record.Exception(() => one.Current)?.GetType(), Record.Exception(() => other.Current)?.GetType());
        }
    }

    [Fact]
    public void What_nobody_has_made_says_so()
    {
        CopyOnWriteDictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> live = default;
        AssertRefused(() => _ = live.Dictionary, () => live.ContainsKey("a"), () => live.TryGetValue("a", out _, out _), () => _ = live["a"], () => live["a"] = 1, () => live.TryAdd("a", 1), () => live.TryRemove("a", out _));
        DictionarySnapshot<string, int>.AlternateLookup<ReadOnlySpan<char>> frozen = default;
        AssertRefused(() => _ = frozen.Snapshot, () => frozen.ContainsKey("a"), () => frozen.TryGetValue("a", out _), () => _ = frozen["a"]);
        DictionaryBatch<string, int>.AlternateLookup<ReadOnlySpan<char>> batch = default;
        AssertRefused(() => _ = batch.Batch, () => batch.ContainsKey("a"), () => batch.TryGetValue("a", out _), () => _ = batch["a"], () => batch["a"] = 1, () => batch.TryAdd("a", 1), () => batch.TryRemove("a", out _));
        DictionarySnapshot<string, int>.Enumerator enumerator = default;
        Assert.False(enumerator.MoveNext());
        enumerator.Reset();
        Assert.Equal(default, enumerator.Current);
        Assert.False(default(DictionarySnapshot<string, int>).GetAlternateLookup<ReadOnlySpan<char>>().ContainsKey("a"));
        default(DictionarySnapshot<string, int>).CopyTo([], 0);
        Assert.Equal(default(DictionarySnapshot<string, int>).GetHashCode(), default(DictionarySnapshot<string, int>).GetHashCode());

        static void AssertRefused(params Action[] actions) => Assert.All(actions, static action => Assert.Throws<InvalidOperationException>(action));
    }

    [Fact]
    public void More_entries_than_a_count_can_say_are_an_overflow_and_no_other_number()
    {
        var snapshot = new DictionarySnapshot<string, int>(_dictionary, new object(), int.MaxValue, 1);
        Assert.Equal(int.MaxValue, snapshot.Count);
        snapshot = new DictionarySnapshot<string, int>(_dictionary, new object(), int.MaxValue + 1L, 1);
        Assert.Contains("2147483648", Assert.Throws<OverflowException>(() => snapshot.Count).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>("array", () => snapshot.CopyTo(new KeyValuePair<string, int>[1], 0));
    }

    [Fact]
    public void The_largest_room_costs_little_and_works()
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        var dictionary = new CopyOnWriteDictionary<int, int>(int.MaxValue, null);
        for (int key = 0; key < 100; key++)
        {
            dictionary.Add(key, key);
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 8_000_000);
        Assert.True(dictionary.TryRemove(7));
        Assert.Equal(99, dictionary.Count(static _ => true));
        dictionary.TrimExcess();
        Assert.Equal(Enumerable.Range(0, 100).Where(static key => key != 7), dictionary.Keys.Order());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Room_stays_until_it_is_given_back(bool clears)
    {
        var dictionary = new CopyOnWriteDictionary<int, int>(10_000, null);
        int depth = dictionary.DirectoryDepth;
        Assert.InRange(depth, 8, 10);
        dictionary[1] = 1;
        dictionary.TryRemove(1);
        dictionary.AddRange(Enumerable.Range(0, 100).Select(static key => KeyValuePair.Create(key, key)));
        dictionary.Update(static batch => batch.TryRemove(1));
        Assert.Equal(depth, dictionary.DirectoryDepth);
        if (clears)
        {
            dictionary.Clear();
        }
        else
        {
            dictionary.TrimExcess();
        }

        Assert.InRange(dictionary.DirectoryDepth, 0, 3);
        var control = new CopyOnWriteDictionary<int, int>(10_000, null, keepsRoom: false) { [1] = 1 };
        control.TryRemove(1);
        Assert.Equal(0, control.DirectoryDepth);
    }

    [Fact]
    public void The_default_snapshot_is_empty()
    {
        DictionarySnapshot<string, int> snapshot = default;
        Assert.Empty(snapshot);
        Assert.False(snapshot.ContainsKey("a"));
        Assert.Empty(snapshot.Keys);
        Assert.Empty(snapshot.ToImmutableDictionary());
        Assert.NotEqual(snapshot, _dictionary.Snapshot());
    }

    [Fact]
    public void Snapshots_of_one_state_are_equal_and_of_two_are_not()
    {
        DictionarySnapshot<string, int> one = _dictionary.Snapshot();
        Assert.True(one == _dictionary.Snapshot());
        Assert.Equal(one.GetHashCode(), _dictionary.Snapshot().GetHashCode());
        _dictionary["a"] = 2;
        Assert.True(one != _dictionary.Snapshot());
    }

    [Fact]
    public void The_comparer_decides_and_the_first_key_stays()
    {
        var dictionary = new CopyOnWriteDictionary<string, int>(StringComparer.OrdinalIgnoreCase) { ["Key"] = 1 };
        dictionary["KEY"] = 2;
        Assert.Equal(["Key"], dictionary.Keys);
        Assert.Equal(2, dictionary["key"]);
        Assert.Same(StringComparer.OrdinalIgnoreCase, dictionary.Comparer);
        Assert.Same(StringComparer.OrdinalIgnoreCase, dictionary.Snapshot().ToImmutableDictionary().KeyComparer);
        Assert.Same(StringComparer.OrdinalIgnoreCase, dictionary.Snapshot().ToFrozenDictionary().Comparer);
        Assert.Same(StringComparer.Ordinal, new CopyOnWriteDictionary<string, int>(StringComparer.Ordinal).Comparer);
        Assert.Same(EqualityComparer<string>.Default, _dictionary.Comparer);
    }

    [Fact]
    public void It_is_made_by_collection_expressions_and_out_of_other_dictionaries()
    {
        CopyOnWriteDictionary<string, int> expression = [new("a", 1), new("b", 2), new("a", 3)];
        Assert.Equal(3, expression["a"]);
        Assert.Equal(2, expression.Count);
        Assert.Equal(_dictionary.OrderBy(static entry => entry.Key), _dictionary.Snapshot().ToImmutableDictionary().ToCopyOnWriteDictionary().OrderBy(static entry => entry.Key));
        Assert.Equal(_dictionary.OrderBy(static entry => entry.Key), _dictionary.ToFrozenDictionary().ToCopyOnWriteDictionary().OrderBy(static entry => entry.Key));
        Assert.Equal(_dictionary.OrderBy(static entry => entry.Key), new CopyOnWriteDictionary<string, int>(_dictionary).OrderBy(static entry => entry.Key));
        Assert.Throws<ArgumentException>(() => new CopyOnWriteDictionary<string, int>([new("a", 1), new("a", 2)]));
    }

    [Fact]
    public void TryUpdate_runs_on_the_version_it_was_computed_from_only()
    {
        DictionarySnapshot<string, int> snapshot = _dictionary.Snapshot();
        _dictionary["a"] = 5;
        Assert.False(_dictionary.TryUpdate(snapshot.Version, static _ => Assert.Fail("it ran")));
        Assert.True(_dictionary.TryUpdate(_dictionary.Version, static batch => batch["a"] = 6));
        Assert.Equal(6, _dictionary["a"]);
    }

    [Fact]
    public void A_batch_counts_as_one_change_and_none_as_none()
    {
        long version = _dictionary.Version;
        _dictionary.Update(static _ => { });
        Assert.Equal(version, _dictionary.Version);
        _dictionary.Update(static batch =>
        {
            batch["a"] = 5;
            batch["b"] = 6;
        });
        Assert.Equal(version + 1, _dictionary.Version);
    }

    [Fact]
    public void A_batch_is_of_no_use_after_its_delegate()
    {
        DictionaryBatch<string, int>? kept = null;
        _dictionary.Update(batch => kept = batch);
        Assert.Throws<InvalidOperationException>(() => kept!.Set("a", 7));
        Assert.Throws<InvalidOperationException>(() => kept!.Count);
        Assert.Equal(1, _dictionary["a"]);
    }

    [Fact]
    public void Writing_from_inside_a_batch_or_a_comparer_is_refused_and_reading_is_not()
    {
        _dictionary.Update(batch =>
        {
            Assert.Throws<InvalidOperationException>(() => _dictionary.Set("c", 1));
            batch["a"] = 9;
            Assert.Equal(1, _dictionary["a"]);
            Assert.Equal(2, _dictionary.Snapshot().Count);
        });
        Assert.Equal(9, _dictionary["a"]);

        CopyOnWriteDictionary<int, int>? dictionary = null;
        dictionary = new CopyOnWriteDictionary<int, int>(new PoorComparer<int>(key => key == 2 ? dictionary!.Count + (dictionary.TryAdd(3, 3) ? 1 : 0) : key));
        dictionary[1] = 1;
        Assert.Throws<InvalidOperationException>(() => dictionary.Update(static batch => batch[2] = 2));
        Assert.Equal([1], dictionary.Keys);
    }

    [Fact]
    public void What_throws_publishes_nothing_and_leaves_the_writer_usable()
    {
        bool isThrowing = false;
        var dictionary = new CopyOnWriteDictionary<int, int>(new PoorComparer<int>(key => isThrowing ? throw new DeliberateException() : key));
        for (int key = 0; key < 56; key++)
        {
            dictionary[key] = key;
        }

        isThrowing = true;
        Assert.Throws<DeliberateException>(() => dictionary.Set(1, 9));
        Assert.Throws<DeliberateException>(() => dictionary.TryRemove(1));
        Assert.Throws<DeliberateException>(() => dictionary.Update(static batch => batch[1] = 9));
        Assert.Throws<DeliberateException>(dictionary.TrimExcess);
        isThrowing = false;

        // The next one makes the page split, which hashes all its keys again: the comparer throws at one of them.
        int calls = 0;
        var growing = new CopyOnWriteDictionary<int, int>(new PoorComparer<int>(key => ++calls == 90 ? throw new DeliberateException() : key));
        int failed = 0;
        for (int key = 0; key < 100; key++)
        {
            try
            {
                growing.Add(key, key);
            }
            catch (DeliberateException)
            {
                failed++;
                growing.Add(key, key);
            }
        }

        Assert.Equal(1, failed);
        Assert.Equal(Enumerable.Range(0, 100), growing.Keys.Order());
        Assert.Throws<DeliberateException>(() => dictionary.GetOrAdd(99, static _ => throw new DeliberateException()));
        Assert.Throws<DeliberateException>(() => dictionary.AddOrUpdate(1, static _ => 1, static (_, _) => throw new DeliberateException()));
        Assert.Equal(56, dictionary.Count);
        Assert.All(dictionary, static entry => Assert.Equal(entry.Key, entry.Value));
        dictionary[99] = 99;
        Assert.Equal(99, dictionary.GetOrAdd(99, static _ => 0));
    }
}
