using System.Collections;

namespace SwmrKit.Tests;

/// <summary>What has changed between two snapshots. Whether it is right is shown by random programs (<see cref="DictionaryModelTests"/>).</summary>
public sealed class DictionaryChangesTests : IClassFixture<SharedMachine>
{
    [Fact]
    public void What_was_added_replaced_and_removed_is_told_with_both_values()
    {
        CopyOnWriteDictionary<string, int> dictionary = new() { ["kept"] = 0, ["replaced"] = 1, ["removed"] = 2, ["set to the same"] = 3 };
        DictionarySnapshot<string, int> before = dictionary.Snapshot();
        dictionary["replaced"] = 10;
        dictionary["set to the same"] = 3;
        dictionary["added"] = 4;
        dictionary.TryRemove("removed");
        DictionarySnapshot<string, int> after = dictionary.Snapshot();

        DictionaryChanges<string, int> changes = after.ChangesSince(before);

        Assert.Equal(
            [new(DictionaryChangeKind.Added, "added", 0, 4), new(DictionaryChangeKind.Removed, "removed", 2, 0), new(DictionaryChangeKind.Replaced, "replaced", 1, 10)],
            changes.OrderBy(static change => change.Key, StringComparer.Ordinal));
        Assert.Equal((before, after), (changes.Older, changes.Newer));
        Assert.Equal(before.Count, before.ChangesSince(default).Count(static change => change.Kind == DictionaryChangeKind.Added));
        Assert.Equal(before.Count, default(DictionarySnapshot<string, int>).ChangesSince(before).Count(static change => change.Kind == DictionaryChangeKind.Removed));
        Assert.Empty(default(DictionarySnapshot<string, int>).ChangesSince(default));
        Assert.Empty(default(DictionaryChanges<string, int>));
        Assert.Empty(after.ChangesSince(after));
    }

    [Fact]
    public void A_batch_makes_of_the_older_state_the_newer_and_back()
    {
        CopyOnWriteDictionary<int, int> dictionary = new(Enumerable.Range(0, 5_000).ToDictionary(static i => i));
        DictionarySnapshot<int, int> before = dictionary.Snapshot();
        CopyOnWriteDictionary<int, int> replica = new(before);
        dictionary.Update(static batch =>
        {
            for (int key = 0; key < 5_000; key += 3)
            {
                batch.TryRemove(key);
                batch.Set(key + 1, -key);
                batch.Set(10_000 + key, key);
            }
        });
        DictionarySnapshot<int, int> after = dictionary.Snapshot();

        Apply(after.ChangesSince(before));
        Assert.Equal(after.ToImmutableDictionary(), replica.Snapshot().ToImmutableDictionary());
        Apply(before.ChangesSince(after));
        Assert.Equal(before.ToImmutableDictionary(), replica.Snapshot().ToImmutableDictionary());

        void Apply(DictionaryChanges<int, int> changes) => replica.Update(batch =>
        {
            foreach (DictionaryChange<int, int> change in changes)
            {
                batch.Apply(change);
            }
        });
    }

    [Fact]
    public void A_change_that_is_none_is_refused()
    {
        CopyOnWriteDictionary<string, int> dictionary = new() { ["a"] = 1 };

        Assert.Throws<ArgumentException>("change", () => dictionary.Update(static batch => batch.Apply(new DictionaryChange<string, int>((DictionaryChangeKind)7, "a", 0, 0))));
        Assert.Throws<ArgumentNullException>(() => dictionary.Update(static batch => batch.Apply(default(DictionaryChange<string, int>))));
        Assert.Equal(1, dictionary["a"]);
    }

    [Fact]
    public void Snapshots_of_two_dictionaries_have_no_changes_between_them()
    {
        CopyOnWriteDictionary<int, int> one = new() { [1] = 1 };
        CopyOnWriteDictionary<int, int> other = new() { [1] = 1 };

        Assert.Throws<ArgumentException>("older", () => one.Snapshot().ChangesSince(other.Snapshot()));
    }

    [Fact]
    public void Which_values_are_the_same_can_be_said()
    {
        CopyOnWriteDictionary<int, string> dictionary = new() { [1] = "a", [2] = "b" };
        DictionarySnapshot<int, string> before = dictionary.Snapshot();
        (dictionary[1], dictionary[2]) = ("A", "c");

        Assert.Equal([2], dictionary.Snapshot().ChangesSince(before, StringComparer.OrdinalIgnoreCase).Select(static change => change.Key));
        Assert.Equal(2, dictionary.Snapshot().ChangesSince(before).Count());
    }

    [Theory]
    [InlineData(1_000)]
    [InlineData(100_000)]
    public void It_costs_what_has_changed_and_not_what_there_is(int count)
    {
        int hashed = 0;
        CopyOnWriteDictionary<int, int> dictionary = new(Enumerable.Range(0, count).ToDictionary(static i => i), new PoorComparer<int>(key =>
        {
            hashed++;
            return key;
        }));
        DictionarySnapshot<int, int> before = dictionary.Snapshot();
        dictionary[7] = -1;
        dictionary.TryRemove(8);
        dictionary[count] = 1;
        DictionarySnapshot<int, int> after = dictionary.Snapshot();
        hashed = 0;

        Assert.Equal(3, after.ChangesSince(before).Count());
        Assert.InRange(hashed, 3, 3 * 2 * 2 * 64); // Three pages, or two of one where the addition split it, in both snapshots.
        hashed = 0;
        Assert.Equal(count, after.ChangesSince(default).Count());
        dictionary.TrimExcess();
        hashed = 0;
        Assert.Empty(dictionary.Snapshot().ChangesSince(after));
        Assert.InRange(hashed, count, 2 * count); // Nothing is shared: the bound above can be passed.
    }

    [Fact]
    public void It_allocates_nothing()
    {
        CopyOnWriteDictionary<int, int> dictionary = new(Enumerable.Range(0, 1_000).ToDictionary(static i => i));
        DictionarySnapshot<int, int> before = dictionary.Snapshot();
        dictionary[1] = 0;
        DictionarySnapshot<int, int> after = dictionary.Snapshot();
        Assert.Equal(1, Count());

        long allocated = GC.GetAllocatedBytesForCurrentThread();
        int count = Count();
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;

        Assert.Equal((1, 0), (count, allocated));

        int Count()
        {
            int changes = 0;
            foreach (DictionaryChange<int, int> _ in after.ChangesSince(before))
            {
                changes++;
            }

            return changes;
        }
    }

    [Fact]
    public void The_enumerator_keeps_the_rules_of_the_framework()
    {
        CopyOnWriteDictionary<int, int> dictionary = new() { [1] = 1, [2] = 2 };
        DictionarySnapshot<int, int> before = dictionary.Snapshot();
        dictionary[1] = 10;
        dictionary.TryRemove(2);
        IEnumerator changes = ((IEnumerable)dictionary.Snapshot().ChangesSince(before)).GetEnumerator();

        Assert.Throws<InvalidOperationException>(() => changes.Current);
        for (int round = 0; round < 2; round++)
        {
            Assert.True(changes.MoveNext());
            Assert.Equal(new DictionaryChange<int, int>(DictionaryChangeKind.Replaced, 1, 1, 10), changes.Current);
            Assert.True(changes.MoveNext());
            Assert.Equal(new DictionaryChange<int, int>(DictionaryChangeKind.Removed, 2, 2, 0), changes.Current);
            Assert.False(changes.MoveNext());
            Assert.False(changes.MoveNext());
            Assert.Throws<InvalidOperationException>(() => changes.Current);
            changes.Reset();
        }
    }

    [Fact]
    public void A_comparer_that_throws_is_passed_on_and_the_changes_can_be_asked_for_again()
    {
        bool isThrowing = false;
        CopyOnWriteDictionary<int, int> dictionary = new(new PoorComparer<int>(key => isThrowing ? throw new DeliberateException() : key)) { [1] = 1 };
        DictionarySnapshot<int, int> before = dictionary.Snapshot();
        dictionary[1] = 2;
        DictionaryChanges<int, int> changes = dictionary.Snapshot().ChangesSince(before);

        isThrowing = true;
        Assert.Throws<DeliberateException>(() => changes.Count());
        isThrowing = false;
        Assert.Single(changes);
    }
}
