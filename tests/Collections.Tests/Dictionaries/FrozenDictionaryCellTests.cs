using System.Collections;
using System.Collections.Frozen;

namespace SwmrKit.Tests;

public sealed class FrozenDictionaryCellTests : IClassFixture<SharedMachine>
{
    [Fact]
    public void It_is_empty_or_of_entries_and_reads_as_a_dictionary()
    {
        Assert.Empty(new FrozenDictionaryCell<string, int>());
        FrozenDictionaryCell<string, int> cell = new(Entries(("a", 1), ("b", 2), ("A", 3)), StringComparer.OrdinalIgnoreCase);
        Assert.Equal(2, cell.Count);
        Assert.Equal(3, cell["a"]); // The last of equal ones.
        Assert.True(cell.TryGetValue("B", out int value));
        Assert.Equal(2, value);
        Assert.False(cell.ContainsKey("c"));
        Assert.Throws<KeyNotFoundException>(() => cell["c"]);
        Assert.Equal([2, 3], cell.Values.Order());
        Assert.Equal(2, cell.Keys.Count);
        Assert.Equal(2, ((IEnumerable)cell).Cast<KeyValuePair<string, int>>().Count());
        Assert.Equal([2, 3], cell.Select(static entry => entry.Value).Order());
    }

    [Fact]
    public void A_state_is_replaced_whole_and_stays_what_it_was_for_who_has_it()
    {
        FrozenDictionaryCell<string, int> cell = new(Entries(("a", 1), ("b", 2)), StringComparer.OrdinalIgnoreCase);
        FrozenDictionary<string, int> before = cell.Current;
        FrozenDictionary<string, int>.Enumerator entries = cell.GetEnumerator();

        Assert.Same(before, cell.Replace(Entries(("A", 10), ("c", 3))));

        Assert.Equal((1, 2), (before["a"], before["b"]));
        Assert.Equal((10, false), (cell["a"], cell.ContainsKey("b"))); // By the same comparer.
        int sum = 0;
        while (entries.MoveNext())
        {
            sum += entries.Current.Value;
        }

        Assert.Equal(3, sum);
    }

    [Fact]
    public void What_was_computed_from_a_state_replaces_that_one_only()
    {
        FrozenDictionaryCell<int, int> cell = new(Entries((1, 1)));
        FrozenDictionary<int, int> seen = cell.Current;
        cell.Replace(Entries((1, 2)));

        Assert.False(cell.TryReplace(seen, Enumerable.Range(0, 1).Select<int, KeyValuePair<int, int>>(static _ => throw new FormatException("nobody needs these"))));
        Assert.False(cell.TryReplace(seen, Entries((1, 3))));
        Assert.Equal(2, cell[1]);
        Assert.True(cell.TryReplace(cell.Current, Entries((1, 4))));
        Assert.Equal(4, cell[1]);
    }

    [Fact]
    public void What_fails_on_the_way_leaves_the_state_in_force()
    {
        FrozenDictionaryCell<string, int> cell = new(Entries(("a", 1)));
        FrozenDictionary<string, int> before = cell.Current;

        Assert.Throws<DeliberateException>(() => cell.Replace(Failing()));
        Assert.Throws<ArgumentNullException>(() => cell.Replace(Entries(((string)null!, 1))));
        Assert.Throws<ArgumentNullException>(() => cell.Replace(null!));
        Assert.Throws<ArgumentNullException>(() => cell.TryReplace(null!, []));
        Assert.Throws<ArgumentNullException>(() => cell.TryReplace(before, null!));
        Assert.Throws<ArgumentNullException>(() => cell.ContainsKey(null!));
        Assert.Throws<ArgumentNullException>(static () => new FrozenDictionaryCell<string, int>((IEnumerable<KeyValuePair<string, int>>)null!));
        Assert.Same(before, cell.Current);

        static IEnumerable<KeyValuePair<string, int>> Failing()
        {
            yield return new("b", 2);
            throw new DeliberateException();
        }
    }

    [Fact]
    public void What_is_frozen_already_with_the_same_comparer_is_taken_as_it_is()
    {
        CopyOnWriteDictionary<string, int> dictionary = new(StringComparer.OrdinalIgnoreCase) { ["a"] = 1 };
        FrozenDictionary<string, int> frozen = dictionary.Snapshot().ToFrozenDictionary();
        FrozenDictionaryCell<string, int> same = new(StringComparer.OrdinalIgnoreCase);
        FrozenDictionaryCell<string, int> other = new();

        same.Replace(frozen);
        other.Replace(frozen);

        Assert.Same(frozen, same.Current);
        Assert.NotSame(frozen, other.Current);
        Assert.Equal((true, false), (same.ContainsKey("A"), other.ContainsKey("A")));
    }

    [Fact]
    public void Look_ups_allocate_nothing()
    {
        FrozenDictionaryCell<int, int> cell = new(Enumerable.Range(0, 1_000).Select(static i => KeyValuePair.Create(i, i)));
        Assert.Equal(1_000, Use());
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        int found = Use();
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        Assert.Equal((1_000, 0), (found, allocated));

        int Use()
        {
            int found = 0;
            foreach (KeyValuePair<int, int> entry in cell)
            {
                found += cell.TryGetValue(entry.Key, out int value) && value == entry.Value ? 1 : 0;
            }

            return found;
        }
    }

    private static IEnumerable<KeyValuePair<TKey, TValue>> Entries<TKey, TValue>(params (TKey Key, TValue Value)[] entries) =>
        entries.Select(static entry => KeyValuePair.Create(entry.Key, entry.Value));
}
