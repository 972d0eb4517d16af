using System.Collections.Immutable;
using FsCheck;
using FsCheck.Fluent;

namespace SwmrKit.Tests;

/// <summary>Random programs against a <see cref="HashSet{T}"/>, with snapshots compared at the end with what the set was when they were taken.</summary>
public sealed class SetModelTests : IClassFixture<SharedMachine>
{
    private const int Items = 300;

    [Fact]
    public void Of_integers() => Check(static item => item);

    [Fact]
    public void Of_text() => Check(static item => $"item {item}");

    [Fact]
    public void Under_a_comparer_of_text() => Check(static item => item % 2 == 0 ? $"Item {item / 2}" : $"iTEM {item / 2}", StringComparer.OrdinalIgnoreCase);

    [Fact]
    public void Where_there_are_four_hashes() => Check(static item => item, new PoorComparer<int>(static item => item % 4));

    [Fact]
    public void Of_integers_on_small_pages() => Check(static item => item, null, new Geometry(Fill: 2, ChunkBits: 1, FlatBits: 1, LeastFill: 1));

    [Fact]
    public void Of_text_on_small_pages() => Check(static item => $"item {item}", null, new Geometry(Fill: 4, ChunkBits: 2, FlatBits: 2, LeastFill: 1));

    [Fact]
    public void Beside_collections_of_all_kinds_and_comparers_by_its_own()
    {
        IEqualityComparer<string>[] comparers = [EqualityComparer<string>.Default, StringComparer.Ordinal, StringComparer.OrdinalIgnoreCase, new PoorComparer<string>(static text => text.Length)];
        var random = new Random(5);
        for (int round = 0; round < TestMode.Choose(3_000, 100_000); round++)
        {
            IEqualityComparer<string> own = comparers[random.Next(comparers.Length)];
            string[] items = Some();
            CopyOnWriteSet<string> set = new(items, own);
            SetSnapshot<string> earlier = set.Snapshot();
            set.SymmetricExceptWith(Some());
            HashSet<string> model = new(set, own);
            IEnumerable<string> other = Collection(random.Next(9), Some(), comparers[random.Next(comparers.Length)], set, earlier);
            string[] there = other.ToArray();

            Assert.Equal(
                (model.IsSubsetOf(there), model.IsProperSubsetOf(there), model.IsSupersetOf(there), model.IsProperSupersetOf(there), model.Overlaps(there), model.SetEquals(there)),
                (set.IsSubsetOf(other), set.IsProperSubsetOf(other), set.IsSupersetOf(other), set.IsProperSupersetOf(other), set.Overlaps(other), set.SetEquals(other)));
            Assert.Equal(Ordered(model.Except(there, own)), Ordered(set.Snapshot().Except(other)));
            switch (random.Next(4))
            {
                case 0:
                    set.UnionWith(other);
                    model.UnionWith(there);
                    break;
                case 1:
                    set.ExceptWith(other);
                    model.ExceptWith(there);
                    break;
                case 2:
                    set.IntersectWith(other);
                    model.IntersectWith(there);
                    break;
                default:
                    set.SymmetricExceptWith(other);
                    model.SymmetricExceptWith(there);
                    break;
            }

            Assert.Equal(Ordered(model), Ordered(set)); // The very items: of equal ones that which was there first.
        }

        string[] Some() => [.. Enumerable.Range(0, random.Next(12)).Select(_ => (random.Next(2) == 0 ? "a" : "A") + random.Next(8))];

        static IEnumerable<string> Ordered(IEnumerable<string> items) => items.Order(StringComparer.Ordinal);
    }

    private static IEnumerable<string> Collection(int kind, string[] items, IEqualityComparer<string> comparer, CopyOnWriteSet<string> set, SetSnapshot<string> earlier) => kind switch
    {
        0 => items,
        1 => items.Where(static _ => true),
        2 => new HashSet<string>(items, comparer),
        3 => ImmutableHashSet.CreateRange(comparer, items),
        4 => new CopyOnWriteSet<string>(items, comparer),
        5 => new CopyOnWriteSet<string>(items, comparer).Snapshot(),
        6 => set,
        7 => earlier,
        _ => default(SetSnapshot<string>),
    };

    private static void Check<T>(Func<int, T> item, IEqualityComparer<T>? comparer = null, Geometry? geometry = null)
        where T : notnull => FsCheck.Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(TestMode.Choose(150, 3_000)).WithEndSize(TestMode.Choose(150, 400)),
            Prop.ForAll(Arb.From(Scripts(), ArbMap.Default.ArbFor<int[]>().Shrinker), script => new Program<T>(item, comparer, geometry ?? Geometry.Default).Run(script)));

    private static Gen<int[]> Scripts() => Gen.Sized(static size => Gen.Choose(1, Math.Max(1, size)).SelectMany(static length => Gen.Choose(0, int.MaxValue).ArrayOf(length)));

    /// <summary>A program under way: what there is, what there should be, and the snapshots with what they should be.</summary>
    private sealed class Program<T>(Func<int, T> makeItem, IEqualityComparer<T>? comparer, Geometry geometry)
        where T : notnull
    {
        private readonly CopyOnWriteSet<T> _set = new(0, comparer, keepsRoom: false, geometry);
        private readonly HashSet<T> _expected = new(comparer);
        private readonly List<(SetSnapshot<T> Snapshot, ImmutableHashSet<T> Expected)> _snapshots = [(default, ImmutableHashSet.Create(comparer))];

        public void Run(int[] script)
        {
            foreach (int step in script)
            {
                uint mixed = (uint)step * 2_654_435_761u; // A failing script's numbers are made small: spread them.
                long version = _set.Version;
                ImmutableHashSet<T> before = [.. _expected];
                Do(mixed % 20, makeItem((int)(mixed / 20 % Items)), Several(mixed / 20 % Items, mixed / 6_000 % 60));
                Assert.Equal(_expected.Count, _set.Count);
                Assert.True(_set.Version != version || before.SetEquals(_expected), "a change that no version tells of");
            }

            AssertSame(_expected, _set.Snapshot());
            foreach ((SetSnapshot<T> snapshot, ImmutableHashSet<T> expected) in _snapshots)
            {
                AssertSame(expected, snapshot);
                AssertCompares(expected, snapshot, _expected, _set);
                AssertCompares(expected, snapshot, _expected, _expected.Concat(_expected.Take(3)));
            }

            foreach (((SetSnapshot<T> Snapshot, ImmutableHashSet<T> Expected) first, (SetSnapshot<T> Snapshot, ImmutableHashSet<T> Expected) second) in _snapshots.Zip(_snapshots.Skip(1).Append(_snapshots[0])))
            {
                AssertCompares(first.Expected, first.Snapshot, second.Expected, second.Snapshot);
                AssertDiffers(first, second);
                AssertDiffers(second, first);
            }
        }

        /// <summary>What was added, and what was removed, make of the one state the other.</summary>
        private static void AssertDiffers((SetSnapshot<T> Snapshot, ImmutableHashSet<T> Expected) older, (SetSnapshot<T> Snapshot, ImmutableHashSet<T> Expected) newer)
        {
            T[] added = [.. newer.Snapshot.Except(older.Snapshot)];
            T[] removed = [.. older.Snapshot.Except(newer.Snapshot)];
            Assert.Equal(newer.Expected.Except(older.Expected).Count, added.Length);
            Assert.Equal(older.Expected.Except(newer.Expected).Count, removed.Length);
            Assert.True(older.Expected.Except(removed).Union(added).SetEquals(newer.Expected));
        }

        private static void AssertCompares(ImmutableHashSet<T> expected, SetSnapshot<T> snapshot, IEnumerable<T> expectedOther, IEnumerable<T> other)
        {
            // default compares by the default comparer.
            IEnumerable<T> wanted = expectedOther as ICollection<T> ?? [.. expectedOther];
            if (snapshot == default)
            {
                Assert.Equal((wanted.Any(), false, !wanted.Any()), (snapshot.IsProperSubsetOf(other), snapshot.Overlaps(other), snapshot.SetEquals(other)));
                return;
            }

            Assert.Equal(expected.IsSubsetOf(wanted), snapshot.IsSubsetOf(other));
            Assert.Equal(expected.IsProperSubsetOf(wanted), snapshot.IsProperSubsetOf(other));
            Assert.Equal(expected.IsSupersetOf(wanted), snapshot.IsSupersetOf(other));
            Assert.Equal(expected.IsProperSupersetOf(wanted), snapshot.IsProperSupersetOf(other));
            Assert.Equal(expected.Overlaps(wanted), snapshot.Overlaps(other));
            Assert.Equal(expected.SetEquals(wanted), snapshot.SetEquals(other));
        }

        private static void AssertSame(IReadOnlySet<T> expected, SetSnapshot<T> snapshot)
        {
            Assert.Equal(expected.Count, snapshot.Count);
            T[] items = [.. snapshot];
            Assert.Equal(expected.Count, items.Length);
            Assert.All(items, item => Assert.True(expected.Contains(item)));
            Assert.All(expected, item =>
            {
                Assert.True(snapshot.Contains(item));
                Assert.True(snapshot.TryGetValue(item, out T? actual));
                Assert.True(actual is not null && items.Contains(actual), "it was found, and is not there");
            });
        }

        private T[] Several(uint first, uint many) => [.. Enumerable.Range(0, (int)many).Select(i => makeItem((int)((first + ((uint)i * 7)) % Items)))];

        private void Do(uint operation, T item, T[] several)
        {
            switch (operation)
            {
                case 0 or 1 or 2 or 3:
                    Assert.Equal(_expected.Add(item), _set.Add(item));
                    break;
                case 4 or 5 or 6:
                    Assert.Equal(_expected.Remove(item), _set.Remove(item));
                    break;
                case 7 or 8 or 9:
                    _set.UnionWith(several);
                    _expected.UnionWith(several);
                    break;
                case 10 or 11:
                    _set.ExceptWith(several);
                    _expected.ExceptWith(several);
                    break;
                case 12:
                    T[] kept = [.. several, .. _expected.Take(_expected.Count / 2)];
                    _set.IntersectWith(kept);
                    _expected.IntersectWith(kept);
                    break;
                case 13:
                    _set.SymmetricExceptWith(several);
                    _expected.SymmetricExceptWith(several);
                    break;
                case 14:
                    _set.Update(batch => Change(batch, item, several));
                    break;
                case 15:
                    ImmutableHashSet<T> before = _expected.ToImmutableHashSet(comparer);
                    Assert.Throws<DeliberateException>(() => _set.Update(batch =>
                    {
                        Change(batch, item, several);
                        throw new DeliberateException();
                    }));
                    _expected.Clear();
                    _expected.UnionWith(before);
                    AssertSame(_expected, _set.Snapshot());
                    break;
                case 16 or 17:
                    _snapshots.Add((_set.Snapshot(), _expected.ToImmutableHashSet(comparer)));
                    break;
                case 18:
                    Assert.False(_set.TryUpdate(_set.Version + 1, static batch => batch.Clear()));
                    Assert.True(_set.TryUpdate(_set.Version, batch => Change(batch, item, several)));
                    break;
                default:
                    if (several.Length < 10)
                    {
                        _set.Clear();
                        _expected.Clear();
                    }

                    _set.TrimExcess();
                    break;
            }

            Assert.Equal(_expected.Contains(item), _set.Contains(item));
            Assert.Equal(_expected.TryGetValue(item, out T? wanted), _set.TryGetValue(item, out T? actual));
            Assert.Equal(wanted, actual);
        }

        /// <summary>Changes both, inside a batch, which sees its own changes; others do not.</summary>
        private void Change(SetBatch<T> batch, T item, T[] several)
        {
            ImmutableHashSet<T> before = _expected.ToImmutableHashSet(comparer);
            batch.UnionWith(several);
            _expected.UnionWith(several);
            batch.SymmetricExceptWith([.. several.Take(several.Length / 2), item]);
            _expected.SymmetricExceptWith([.. several.Take(several.Length / 2), item]);
            Assert.Equal(_expected.Remove(item), batch.Remove(item));
            Assert.Equal(_expected.Add(item), batch.Add(item));
            batch.IntersectWith(_expected.Skip(1).ToArray());
            _expected.IntersectWith(_expected.Skip(1).ToArray());
            batch.ExceptWith(several.Take(3));
            _expected.ExceptWith(several.Take(3));
            Assert.Equal(_expected.Count, batch.Count);
            Assert.Equal(_expected.Contains(item), batch.Contains(item));
            Assert.Equal(_expected.TryGetValue(item, out T? wanted), batch.TryGetValue(item, out T? actual));
            Assert.Equal(wanted, actual);
            AssertSame(before, _set.Snapshot());
        }
    }
}
