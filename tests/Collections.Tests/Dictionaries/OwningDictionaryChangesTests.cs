#pragma warning disable SWMR001, SWMR002, SWMR004, SWMR005 // Canaries are harmless after their disposal, and reads are left open to be misused.

namespace SwmrKit.Tests;

/// <summary>What has changed between two snapshots of one read. Whether it is right is shown by random programs (<see cref="OwningDictionaryModelTests"/>).</summary>
public sealed class OwningDictionaryChangesTests : IClassFixture<SharedMachine>, IDisposable
{
    private readonly RetirementDomain _domain = new(new RetirementOptions { BatchSize = 1, FlushDelay = TimeSpan.FromHours(1) });
    private readonly OwningDictionary<string, Canary> _dictionary;

    public OwningDictionaryChangesTests() => _dictionary = new OwningDictionary<string, Canary>(_domain);

    public void Dispose()
    {
        _dictionary.Dispose();
        _domain.Dispose();
    }

    [Fact]
    public void What_was_added_replaced_and_removed_is_told_with_both_values_which_the_read_holds()
    {
        (Canary replaced, Canary removed, Canary kept) = (new(), new(), new());
        _dictionary.Set("replaced", replaced);
        _dictionary.Set("removed", removed);
        _dictionary.Set("kept", kept);
        var changes = new List<DictionaryChange<string, Canary>>();
        using (DictionaryRead<string, Canary> read = _dictionary.Read())
        {
            OwningDictionarySnapshot<string, Canary> before = read.Snapshot();
            _dictionary.Set("replaced", new Canary());
            _dictionary.Set("replaced", new Canary());
            _dictionary.Set("kept", kept);
            _dictionary.Set("added", new Canary());
            _dictionary.TryRemove("removed");
            OwningDictionarySnapshot<string, Canary> after = read.Snapshot();
            OwningDictionaryChanges<string, Canary> difference = after.ChangesSince(before);
            Assert.Equal((before.Version, after.Version), (difference.Older.Version, difference.Newer.Version));
            foreach (DictionaryChange<string, Canary> change in difference)
            {
                changes.Add(change);
                Assert.True(change.OldValue?.IsAlive ?? true);
                Assert.True(change.NewValue?.IsAlive ?? true);
            }

            Assert.Equal(
                [
                    new(DictionaryChangeKind.Added, "added", null, after["added"]),
                    new(DictionaryChangeKind.Removed, "removed", removed, null),
                    new(DictionaryChangeKind.Replaced, "replaced", replaced, after["replaced"]),
                ],
                changes.OrderBy(static change => change.Key, StringComparer.Ordinal));
            Assert.Equal(3, CountOf(before.ChangesSince(default), DictionaryChangeKind.Added));
            Assert.Equal(3, CountOf(default(OwningDictionarySnapshot<string, Canary>).ChangesSince(before), DictionaryChangeKind.Removed));
            Assert.Equal(0, CountOf(after.ChangesSince(after), null));
        }

        _domain.TryReclaim();
        Assert.Equal((1, 1), (replaced.Disposals, removed.Disposals));
    }

    [Fact]
    public void Only_the_same_object_is_the_same_value_unless_it_is_said_otherwise()
    {
        using var names = new OwningDictionary<int, string>(_domain);
        names.Set(1, new string('a', 3));
        names.Set(2, "b");
        using DictionaryRead<int, string> read = names.Read();
        OwningDictionarySnapshot<int, string> before = read.Snapshot();
        names.Set(1, new string('a', 3));
        names.Set(2, "c");

        Assert.Equal(2, CountOf(read.Snapshot().ChangesSince(before), DictionaryChangeKind.Replaced));
        Assert.Equal(1, CountOf(read.Snapshot().ChangesSince(before, EqualityComparer<string>.Default), DictionaryChangeKind.Replaced));
    }

    [Theory]
    [InlineData(1_000)]
    [InlineData(20_000)]
    public void It_costs_what_has_changed_and_not_what_there_is(int count)
    {
        int hashed = 0;
        using var dictionary = new OwningDictionary<int, string>(_domain, new PoorComparer<int>(key =>
        {
            hashed++;
            return key;
        }));
        dictionary.Update(batch =>
        {
            for (int key = 0; key < count; key++)
            {
                batch.Set(key, "");
            }
        });
        using DictionaryRead<int, string> read = dictionary.Read();
        OwningDictionarySnapshot<int, string> before = read.Snapshot();
        dictionary.Set(7, "7");
        dictionary.TryRemove(8);
        dictionary.Set(count, "");
        OwningDictionarySnapshot<int, string> after = read.Snapshot();
        hashed = 0;

        Assert.Equal(3, CountOf(after.ChangesSince(before), null));
        Assert.InRange(hashed, 3, 3 * 2 * 2 * 64); // Three pages, or two of one where the addition split it, in both snapshots.
        dictionary.TrimExcess();
        OwningDictionarySnapshot<int, string> trimmed = read.Snapshot();
        hashed = 0;
        Assert.Equal(0, CountOf(trimmed.ChangesSince(after), null));
        Assert.InRange(hashed, count, 2 * count); // Nothing is shared: the bound above can be passed.
    }

    [Fact]
    public void It_allocates_nothing()
    {
        _dictionary.Set("a", new Canary());
        using DictionaryRead<string, Canary> read = _dictionary.Read();
        OwningDictionarySnapshot<string, Canary> before = read.Snapshot();
        _dictionary.Set("a", new Canary());
        OwningDictionarySnapshot<string, Canary> after = read.Snapshot();
        Assert.Equal(1, CountOf(after.ChangesSince(before), null));

        long allocated = GC.GetAllocatedBytesForCurrentThread();
        int count = CountOf(after.ChangesSince(before), null);
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;

        Assert.Equal((1, 0), (count, allocated));
    }

    [Fact]
    public void Snapshots_of_two_dictionaries_have_no_changes_between_them()
    {
        using var other = new OwningDictionary<string, Canary>(_domain);
        Assert.Throws<ArgumentException>("older", () =>
        {
            using DictionaryRead<string, Canary> read = _dictionary.Read();
            using DictionaryRead<string, Canary> ofOther = other.Read();
            read.Snapshot().ChangesSince(ofOther.Snapshot());
        });
    }

    [Fact]
    public void Snapshots_of_two_reads_have_no_changes_between_them()
    {
        _dictionary.Set("a", new Canary());
        ArgumentException ended = Assert.Throws<ArgumentException>("older", () =>
        {
            DictionaryRead<string, Canary> read = _dictionary.Read();
            OwningDictionarySnapshot<string, Canary> before = read.Snapshot();
            read.Dispose();
            using DictionaryRead<string, Canary> later = _dictionary.Read();
            later.Snapshot().ChangesSince(before);
        });
        Assert.StartsWith("The snapshot is of another read section", ended.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>("older", () =>
        {
            using DictionaryRead<string, Canary> outer = _dictionary.Read();
            using DictionaryRead<string, Canary> inner = _dictionary.Read();
            inner.Snapshot().ChangesSince(outer.Snapshot());
        });
    }

    [Fact]
    public void Nothing_of_the_changes_can_be_used_after_their_read_even_under_a_later_one()
    {
        _dictionary.Set("a", new Canary());
        _dictionary.Set("b", new Canary());
        DictionaryRead<string, Canary> read = _dictionary.Read();
        OwningDictionarySnapshot<string, Canary> snapshot = read.Snapshot();
        OwningDictionaryChanges<string, Canary> changes = snapshot.ChangesSince(default);
        OwningDictionaryChanges<string, Canary>.Enumerator enumerator = changes.GetEnumerator();
        Assert.True(enumerator.MoveNext());
        read.Dispose();
        int refused = 0;
        for (int later = 0; later < 2; later++)
        {
            try
            {
                snapshot.ChangesSince(default);
            }
            catch (InvalidOperationException)
            {
                refused++;
            }

            try
            {
                default(OwningDictionarySnapshot<string, Canary>).ChangesSince(snapshot);
            }
            catch (InvalidOperationException)
            {
                refused++;
            }

            try
            {
                changes.GetEnumerator();
            }
            catch (InvalidOperationException)
            {
                refused++;
            }

            try
            {
                enumerator.MoveNext();
            }
            catch (InvalidOperationException)
            {
                refused++;
            }

            if (later == 0)
            {
                read = _dictionary.Read();
            }
        }

        read.Dispose();
        Assert.Equal(8, refused);
    }

    private static int CountOf<TKey, TValue>(OwningDictionaryChanges<TKey, TValue> changes, DictionaryChangeKind? kind)
        where TKey : notnull
        where TValue : class
    {
        int count = 0;
        foreach (DictionaryChange<TKey, TValue> change in changes)
        {
            count += kind is null || change.Kind == kind ? 1 : 0;
        }

        return count;
    }
}
