using System.Collections;
using System.Runtime.CompilerServices;

namespace SwmrKit.Tests;

/// <summary>What the set promises beyond what random programs show (<see cref="SetModelTests"/>).</summary>
public sealed class CopyOnWriteSetTests : IClassFixture<SharedMachine>
{
    [Fact]
    public void It_is_made_empty_with_a_comparer_of_a_collection_or_by_an_expression()
    {
        Assert.Empty(new CopyOnWriteSet<int>());
        Assert.True(new CopyOnWriteSet<string>(StringComparer.OrdinalIgnoreCase) { "a" }.Contains("A"));
        CopyOnWriteSet<int> roomy = new(1_000, null);
        Assert.Empty(roomy);
        Assert.Throws<ArgumentOutOfRangeException>(static () => new CopyOnWriteSet<int>(-1, null));
        Assert.Equal([1, 2, 3], new CopyOnWriteSet<int>([3, 1, 2, 1]).Order());
        CopyOnWriteSet<string> first = new(["a", "A", "b"], StringComparer.OrdinalIgnoreCase);
        Assert.Equal((2, true), (first.Count, first.TryGetValue("A", out string? actual)));
        Assert.Equal("a", actual); // The first of equal ones.
        CopyOnWriteSet<int> expressed = [1, 2, 2];
        Assert.Equal(2, expressed.Count);
        Assert.Equal(2, first.Concat(["B"]).ToCopyOnWriteSet(StringComparer.OrdinalIgnoreCase).Count);
        Assert.Equal(5_000, Enumerable.Range(0, 10_000).Select(static i => i % 5_000).ToCopyOnWriteSet().Count);
    }

    [Fact]
    public void An_item_of_null_is_refused_and_nothing_is_changed()
    {
        CopyOnWriteSet<string> set = ["a"];
        Assert.Throws<ArgumentNullException>(() => set.Add(null!));
        Assert.Throws<ArgumentNullException>(() => set.Remove(null!));
        Assert.Throws<ArgumentNullException>(() => set.Contains(null!));
        Assert.Throws<ArgumentNullException>(() => set.TryGetValue(null!, out _));
        Assert.Throws<ArgumentNullException>(() => set.Snapshot().Contains(null!));
        Assert.Throws<ArgumentNullException>(() => set.UnionWith(["b", null!]));
        Assert.Throws<ArgumentNullException>(() => set.ExceptWith(["a", null!]));
        Assert.Throws<ArgumentNullException>(() => set.SymmetricExceptWith(["a", null!]));
        Assert.Throws<ArgumentNullException>(() => set.UnionWith(null!));
        Assert.Throws<ArgumentNullException>(() => set.IntersectWith(null!));
        Assert.Throws<ArgumentNullException>(() => set.IsSubsetOf(null!));
        Assert.Throws<ArgumentNullException>(() => set.Overlaps(null!));
        Assert.Throws<ArgumentNullException>(() => set.Update(null!));
        Assert.Throws<ArgumentNullException>(() => set.TryUpdate(0, null!));
        Assert.Throws<ArgumentNullException>("collection", static () => new CopyOnWriteSet<string>((IEnumerable<string>)null!));
        Assert.Throws<ArgumentNullException>("source", static () => CopyOnWriteSet.ToCopyOnWriteSet<string>(null!));
        Assert.Throws<ArgumentNullException>("item", () => set.UnionWith(["b", null!]));
        Assert.Throws<ArgumentNullException>("other", () => set.Snapshot().Except(null!));
        Assert.Equal(["a"], set);
    }

    [Fact]
    public void Null_in_another_collection_is_not_here()
    {
        SetSnapshot<string> set = new CopyOnWriteSet<string>(["a", "b"]).Snapshot();
        IEnumerable<string>[] others = [["a", null!], [null!, "a"], new HashSet<string>(["a", null!])];
        Assert.All(others, other =>
        {
            Assert.False(set.IsSupersetOf(other));
            Assert.False(set.IsProperSupersetOf(other.Take(1).Append(null!)));
            Assert.False(set.IsSubsetOf(other));
            Assert.False(set.SetEquals(other));
            Assert.True(set.Overlaps(other));
            Assert.Equal(["b"], set.Except(other));
        });
        Assert.False(set.Overlaps([null!]));
        Assert.True(set.IsProperSubsetOf(["a", "b", null!]));
    }

    [Fact]
    public void It_may_be_combined_with_itself()
    {
        CopyOnWriteSet<int> set = [1, 2, 3];
        set.UnionWith(set);
        set.IntersectWith(set);
        Assert.Equal([1, 2, 3], set.Order());
        set.SymmetricExceptWith(set);
        Assert.Empty(set);
    }

    [Fact]
    public void A_batch_is_seen_whole_and_a_write_from_inside_it_is_refused()
    {
        CopyOnWriteSet<int> set = [1];
        SetBatch<int>? kept = null;
        set.Update(batch =>
        {
            kept = batch;
            Assert.True(batch.Add(2));
            Assert.False(set.Contains(2));
            Assert.Throws<InvalidOperationException>(() => set.Add(3));
            Assert.Throws<InvalidOperationException>(() => set.UnionWith([3]));
        });
        Assert.Equal([1, 2], set.Order());
        Assert.Throws<InvalidOperationException>(() => kept!.Add(3));
        Assert.Throws<InvalidOperationException>(() => kept!.Count);
        Assert.Throws<InvalidOperationException>(() => kept!.Contains(1));
        Assert.Throws<InvalidOperationException>(() => kept!.UnionWith([3]));
        Assert.Throws<InvalidOperationException>(() => kept!.IntersectWith([3]));
        Assert.Throws<InvalidOperationException>(() => kept!.Clear());
    }

    [Fact]
    public void A_batch_that_changes_nothing_is_no_change()
    {
        CopyOnWriteSet<int> set = [1];
        long version = set.Version;
        set.UnionWith([1, 1]);
        set.ExceptWith([2]);
        set.IntersectWith([1, 2]);
        Assert.False(set.Add(1));
        Assert.Equal(version, set.Version);
    }

    [Fact]
    public void Text_is_found_added_and_removed_by_span()
    {
        CopyOnWriteSet<string> set = ["apple", "pear"];
        CopyOnWriteSet<string>.AlternateLookup<ReadOnlySpan<char>> bySpan = set.GetAlternateLookup<ReadOnlySpan<char>>();
        Assert.Same(set, bySpan.Set);
        Assert.True(bySpan.Contains("an apple".AsSpan(3)));
        Assert.True(bySpan.TryGetValue("pears".AsSpan(0, 4), out string? actual));
        Assert.Equal("pear", actual);
        Assert.True(bySpan.Add("plum"));
        Assert.False(bySpan.Add("plum"));
        Assert.True(bySpan.Remove("pear"));
        Assert.False(bySpan.Remove("pear"));
        SetSnapshot<string>.AlternateLookup<ReadOnlySpan<char>> ofSnapshot = set.Snapshot().GetAlternateLookup<ReadOnlySpan<char>>();
        set.Update(static batch =>
        {
            SetBatch<string>.AlternateLookup<ReadOnlySpan<char>> ofBatch = batch.GetAlternateLookup<ReadOnlySpan<char>>();
            Assert.Same(batch, ofBatch.Batch);
            Assert.True(ofBatch.Remove("plum"));
            Assert.True(ofBatch.Add("fig"));
            Assert.True(ofBatch.Contains("fig"));
            Assert.False(ofBatch.TryGetValue("plum", out _));
        });
        Assert.True(ofSnapshot.Contains("plum"));
        Assert.False(ofSnapshot.TryGetValue("fig", out _));
        Assert.Equal(2, ofSnapshot.Snapshot.Count);
        Assert.Equal(["apple", "fig"], set.Order(StringComparer.Ordinal));
        Assert.False(default(SetSnapshot<string>).GetAlternateLookup<ReadOnlySpan<char>>().Contains("a"));
    }

    [Fact]
    public void A_lookup_that_the_comparer_cannot_do_or_that_is_default_says_so()
    {
        CopyOnWriteSet<int> set = [1];
        Assert.False(set.TryGetAlternateLookup<ReadOnlySpan<char>>(out _));
        Assert.Throws<InvalidOperationException>(() => set.GetAlternateLookup<long>());
        Assert.Throws<InvalidOperationException>(() => set.Snapshot().GetAlternateLookup<long>());
        Assert.Throws<InvalidOperationException>(() => set.Update(static batch => batch.GetAlternateLookup<long>()));
        Assert.Throws<InvalidOperationException>(static () => default(CopyOnWriteSet<string>.AlternateLookup<ReadOnlySpan<char>>).Contains("a"));
        Assert.Throws<InvalidOperationException>(static () => default(SetSnapshot<string>.AlternateLookup<ReadOnlySpan<char>>).Contains("a"));
        Assert.Throws<InvalidOperationException>(static () => default(SetSnapshot<string>.AlternateLookup<ReadOnlySpan<char>>).Snapshot);
        Assert.Throws<InvalidOperationException>(static () => default(SetBatch<string>.AlternateLookup<ReadOnlySpan<char>>).Contains("a"));
    }

    [Fact]
    public void A_snapshot_stays_what_it_was_and_is_the_same_as_another_of_the_same_state()
    {
        CopyOnWriteSet<int> set = [1, 2];
        SetSnapshot<int> before = set.Snapshot();
        Assert.Equal(before, set.Snapshot());
        set.Add(3);
        Assert.True(before != set.Snapshot());
        Assert.Equal([1, 2], before.Order());
        Assert.Equal((2, set.Version - 1), (before.Count, before.Version));
        Assert.Equal([1, 2], before.ToFrozenSet().Order());
        Assert.Equal([1, 2], before.ToImmutableHashSet().Order());
        int[] array = [0, 0, 0];
        before.CopyTo(array, 1);
        Assert.Equal([0, 1, 2], array.Order());
        Assert.Throws<ArgumentException>(() => before.CopyTo(array, 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => before.CopyTo(array, 4));
    }

    [Fact]
    public void The_default_snapshot_is_an_empty_set()
    {
        SetSnapshot<int> none = default;
        Assert.Equal((0, 0L), (none.Count, none.Version));
        Assert.Empty(none);
        Assert.False(none.Contains(1));
        Assert.False(none.TryGetValue(1, out _));
        Assert.True(none.SetEquals([]));
        Assert.True(none.IsProperSubsetOf([1]));
        Assert.Empty(none.Except(none));
        Assert.Equal([1], new CopyOnWriteSet<int>([1]).Snapshot().Except(none));
        Assert.Empty(none.Except(new CopyOnWriteSet<int>([1]).Snapshot()));
        Assert.False(default(SetSnapshot<int>.Enumerator).MoveNext());
    }

    [Fact]
    public void Items_are_compared_as_the_set_compares_them()
    {
        CopyOnWriteSet<string> ignoring = new(["a", "b"], StringComparer.OrdinalIgnoreCase);
        CopyOnWriteSet<string> exact = ["A", "B"];
        Assert.True(ignoring.SetEquals(exact));
        Assert.False(exact.SetEquals(ignoring));
        Assert.True(ignoring.SetEquals(new HashSet<string>(["A", "B", "a"])));
        Assert.Empty(ignoring.Snapshot().Except(new CopyOnWriteSet<string>(["A", "B"], StringComparer.OrdinalIgnoreCase).Snapshot()));
        Assert.Empty(ignoring.Snapshot().Except(exact.Snapshot()));
        Assert.Empty(ignoring.Snapshot().Except(exact)); // Not by LINQ, which would compare otherwise.
        Assert.Empty(ignoring.Snapshot().Except(["A", "B"]));
        Assert.Equal(["A", "B"], exact.Snapshot().Except(ignoring.Snapshot()).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_comparison_of_two_snapshots_of_one_set_costs_what_has_changed_and_not_what_there_is()
    {
        const int Count = 20_000;
        int hashed = 0;
        CopyOnWriteSet<int> set = new(Enumerable.Range(0, Count), new PoorComparer<int>(item =>
        {
            hashed++;
            return item;
        }));
        SetSnapshot<int> before = set.Snapshot();
        set.Remove(8);
        set.Add(Count);
        SetSnapshot<int> after = set.Snapshot();
        const int Few = 2 * 2 * 64; // Two pages, or two of one where the addition split it.

        hashed = 0;
        Assert.Equal([Count], after.Except(before));
        Assert.Equal([8], before.Except(after));
        Assert.InRange(hashed, 2, 2 * Few);
        hashed = 0;
        Assert.False(after.SetEquals(before));
        Assert.False(after.IsSubsetOf(before));
        Assert.False(after.IsSupersetOf(before));
        Assert.InRange(hashed, 3, 3 * Few);
        hashed = 0;
        set.TrimExcess();
        hashed = 0;
        Assert.True(set.SetEquals(after));
        Assert.InRange(hashed, Count, 2 * Count); // Nothing is shared: the bounds above can be passed.
    }

    [Fact]
    public void Look_ups_snapshots_and_enumeration_allocate_nothing()
    {
        CopyOnWriteSet<string> set = new(Enumerable.Range(0, 1_000).Select(static i => $"{i}"));
        Assert.Equal(1_002, Use());
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        int found = Use();
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        Assert.Equal((1_002, 0), (found, allocated));

        int Use()
        {
            int found = set.Contains("17") ? 1 : 0;
            found += set.GetAlternateLookup<ReadOnlySpan<char>>().Contains("x17".AsSpan(1)) ? 1 : 0;
            foreach (string item in set)
            {
                found += item.Length > 0 ? 1 : 0;
            }

            return found;
        }
    }

    [Fact]
    public void An_item_has_one_byte_beside_it_which_its_alignment_pads()
    {
        Assert.Equal(2 * sizeof(int), Unsafe.SizeOf<Table<int, byte>.Entry>());
        Assert.Equal(2 * nint.Size, Unsafe.SizeOf<Table<string, byte>.Entry>());
    }

    [Fact]
    public void The_enumerator_keeps_the_rules_of_the_framework()
    {
        CopyOnWriteSet<int> set = [7];
        IEnumerator items = ((IEnumerable)set).GetEnumerator();
        for (int round = 0; round < 2; round++)
        {
            Assert.Throws<InvalidOperationException>(() => items.Current);
            Assert.True(items.MoveNext());
            Assert.Equal(7, items.Current);
            Assert.False(items.MoveNext());
            Assert.Throws<InvalidOperationException>(() => items.Current);
            items.Reset();
        }
    }

    [Fact]
    public void A_comparer_that_throws_changes_nothing()
    {
        bool isThrowing = false;
        CopyOnWriteSet<int> set = new([1, 2], new PoorComparer<int>(item => isThrowing ? throw new DeliberateException() : item));
        isThrowing = true;
        Assert.Throws<DeliberateException>(() => set.Add(3));
        Assert.Throws<DeliberateException>(() => set.Remove(1));
        Assert.Throws<DeliberateException>(() => set.UnionWith([3, 4]));
        Assert.Throws<DeliberateException>(() => set.SymmetricExceptWith([1]));
        isThrowing = false;
        Assert.Equal([1, 2], set.Order());
    }
}
