using System.Collections.Immutable;
using FsCheck;
using FsCheck.Fluent;

namespace SwmrKit.Tests;

/// <summary>Random programs, against a <see cref="Dictionary{TKey, TValue}"/>, with snapshots compared at the end with what the dictionary was when they were taken.</summary>
public sealed class DictionaryModelTests : IClassFixture<SharedMachine>
{
    private const int Keys = 400;

    [Fact]
    public void Of_primitives() => Check(static key => key, static value => value);

    [Fact]
    public void Of_long_primitives() => Check(static key => (long)key << 33, static value => (double)value);

    [Fact]
    public void Of_text() => Check(static key => $"key {key}", static value => value % 7 == 0 ? null : $"value {value}");

    [Fact]
    public void Of_structures_that_could_tear() => Check(static key => (key, $"{key}"), static value => (value, ~value));

    [Fact]
    public void Under_a_comparer_of_text() => Check(static key => key % 2 == 0 ? $"Key {key / 2}" : $"kEY {key / 2}", static value => value, StringComparer.OrdinalIgnoreCase);

    [Fact]
    public void Where_every_hash_is_the_same() => Check(static key => key, static value => $"{value}", new PoorComparer<int>(static _ => 1));

    [Fact]
    public void Where_there_are_four_hashes() => Check(static key => $"{key}", static value => value, new PoorComparer<string>(static key => key.Length));

    [Fact]
    public void Where_the_hashes_differ_in_their_upper_bits_only() => Check(static key => key, static value => value, new PoorComparer<int>(static key => key << 24));

    [Theory]
    [MemberData(nameof(SmallGeometries))]
    public void Of_primitives_on_small_pages(int fill, int chunkBits, int flatBits, int leastFill) =>
        CheckSmall(static key => key, static value => value, new Geometry(fill, chunkBits, flatBits, leastFill));

    [Theory]
    [MemberData(nameof(SmallGeometries))]
    public void Of_text_on_small_pages(int fill, int chunkBits, int flatBits, int leastFill) =>
        CheckSmall(static key => $"key {key}", static value => (value, ~value), new Geometry(fill, chunkBits, flatBits, leastFill));

    /// <summary>Directories in chunks of two links up to eight, reached from the second or fourth link on; pages of two entries up to twelve.</summary>
    public static TheoryData<int, int, int, int> SmallGeometries => new() { { 2, 1, 1, 1 }, { 4, 2, 2, 1 }, { 12, 1, 0, 4 }, { 6, 3, 3, 2 } };

    /// <summary>As <see cref="Check"/>, and the directory has been flat and in chunks, has doubled and been made smaller, with snapshots of it all.</summary>
    private static void CheckSmall<TKey, TValue>(Func<int, TKey> key, Func<int, TValue> value, Geometry geometry)
        where TKey : notnull
    {
        var reached = new Reached();
        Check(key, value, null, geometry, reached);
        Assert.True(reached.Deepest > geometry.FlatBits + geometry.ChunkBits, $"no directory had several chunks: {reached}");
        Assert.True(reached.DoubledInChunks > 50 && reached.LeftChunks > 10 && reached.SnapshotsOfChunks > 50, $"{reached}");
    }

    private static void Check<TKey, TValue>(Func<int, TKey> key, Func<int, TValue> value, IEqualityComparer<TKey>? comparer = null, Geometry? geometry = null, Reached? reached = null)
        where TKey : notnull => FsCheck.Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(TestMode.Choose(150, 3_000)).WithEndSize(TestMode.Choose(150, 400)),
            Prop.ForAll(
                Arb.From(Scripts(), ArbMap.Default.ArbFor<int[]>().Shrinker),
                script => new Program<TKey, TValue>(key, value, comparer, geometry ?? Geometry.Default, reached ?? new Reached()).Run(script)));

    /// <summary>Steps over the whole range of numbers: the usual generator's are small, and make few different ones.</summary>
    private static Gen<int[]> Scripts() => Gen.Sized(static size => Gen.Choose(1, Math.Max(1, size)).SelectMany(static length => Gen.Choose(0, int.MaxValue).ArrayOf(length)));

    /// <summary>What became of the directories of all programs of a test.</summary>
    private sealed record Reached
    {
        public int Deepest { get; set; }

        public int DoubledInChunks { get; set; }

        public int LeftChunks { get; set; }

        public int SnapshotsOfChunks { get; set; }
    }

    /// <summary>A program under way: what there is, what there should be, and the snapshots with what they should be.</summary>
    private sealed class Program<TKey, TValue>(Func<int, TKey> makeKey, Func<int, TValue> makeValue, IEqualityComparer<TKey>? comparer, Geometry geometry, Reached reached)
        where TKey : notnull
    {
        private readonly CopyOnWriteDictionary<TKey, TValue> _dictionary = new(0, comparer, keepsRoom: false, geometry);
        private readonly Dictionary<TKey, TValue> _expected = new(comparer);
        private readonly List<Moment> _snapshots = [];
        private int _values;

        public void Run(int[] script)
        {
            foreach (int step in script)
            {
                // A failing script's numbers are made small: spread them.
                uint mixed = (uint)step * 2_654_435_761u;
                int depth = _dictionary.DirectoryDepth;
                Do(mixed % 23, (int)(mixed / 23 % Keys), (int)(mixed / 9_200 % 120));
                Note(depth, _dictionary.DirectoryDepth);
                Assert.Equal(_expected.Count, _dictionary.Count);
            }

            AssertSame(_expected, _dictionary);
            Assert.All(_snapshots, pair => AssertSame(pair.Expected, pair.Snapshot));
            Assert.All(_snapshots.Zip(_snapshots.Skip(1)), pair => AssertChanges(pair.First, pair.Second));
            if (_snapshots.Count > 0)
            {
                AssertChanges(_snapshots[0], _snapshots[^1]);
                AssertChanges(_snapshots[^1], _snapshots[0]);
                AssertChanges(new(default, ImmutableDictionary.Create<TKey, TValue>(comparer)), _snapshots[^1]);
            }
        }

        /// <summary>Each difference is found once, nothing else, and they make of the one what the other is.</summary>
        private void AssertChanges(Moment older, Moment newer)
        {
            ImmutableDictionary<TKey, TValue>.Builder replica = older.Expected.ToBuilder();
            int changes = 0;
            foreach ((DictionaryChangeKind kind, TKey key, TValue? before, TValue? after) in newer.Snapshot.ChangesSince(older.Snapshot))
            {
                changes++;
                Assert.Equal(older.Expected.TryGetValue(key, out TValue? was), kind != DictionaryChangeKind.Added);
                Assert.Equal(newer.Expected.TryGetValue(key, out TValue? becomes), kind != DictionaryChangeKind.Removed);
                Assert.Equal((was, becomes), (before, after));
                if (kind == DictionaryChangeKind.Removed)
                {
                    replica.Remove(key);
                }
                else
                {
                    replica[key] = after!;
                }
            }

            AssertSame(newer.Expected, replica.ToImmutable());
            Assert.Equal(older.Expected.Keys.Union(newer.Expected.Keys, older.Expected.KeyComparer).Count(IsDifferent), changes);

            bool IsDifferent(TKey key) => older.Expected.TryGetValue(key, out TValue? was) != newer.Expected.TryGetValue(key, out TValue? becomes)
                || !EqualityComparer<TValue>.Default.Equals(was, becomes);
        }

        private void Note(int before, int after)
        {
            reached.Deepest = Math.Max(reached.Deepest, after);
            reached.DoubledInChunks += before > geometry.FlatBits && after > before ? 1 : 0;
            reached.LeftChunks += before > geometry.FlatBits && after <= geometry.FlatBits && _expected.Count > 0 ? 1 : 0; // Not by a clear.
        }

        private void Do(uint operation, int at, int many)
        {
            TKey key = makeKey(at);
            switch (operation)
            {
                case 0 or 1 or 2:
                    TValue set = NextValue();
                    _dictionary[key] = _expected[key] = set;
                    break;
                case 3 or 4:
                    TValue added = NextValue();
                    Assert.Equal(_expected.TryAdd(key, added), _dictionary.TryAdd(key, added));
                    break;
                case 5 or 6:
                    bool removed = _expected.Remove(key, out TValue? was);
                    Assert.Equal(removed, _dictionary.TryRemove(key, out TValue? found));
                    Assert.Equal(was, found);
                    break;
                case 7 or 8 or 9:
                    foreach (TKey one in Range(at, many))
                    {
                        TValue value = NextValue();
                        _dictionary.Set(one, value);
                        _expected[one] = value;
                    }

                    break;
                case 10 or 11:
                    foreach (TKey one in Range(at, operation == 10 ? many : Keys - (many / 4)))
                    {
                        Assert.Equal(_expected.Remove(one), _dictionary.TryRemove(one));
                    }

                    break;
                case 12 or 13:
                    _dictionary.Update(batch => Change(batch, at, many));
                    break;
                case 14:
                    Dictionary<TKey, TValue> before = new(_expected, comparer);
                    Assert.Throws<DeliberateException>(() => _dictionary.Update(batch =>
                    {
                        Change(batch, at, many);
                        throw new DeliberateException();
                    }));
                    _expected.Clear();
                    Assert.All(before, pair => _expected.Add(pair.Key, pair.Value));
                    break;
                case 15 when many < 10:
                    _dictionary.Clear();
                    _expected.Clear();
                    break;
                case 16:
                    _dictionary.TrimExcess();
                    break;
                case 17:
                    TValue made = NextValue();
                    TValue got = _dictionary.GetOrAdd(key, _ => made);
                    _expected.TryAdd(key, made);
                    Assert.Equal(_expected[key], got);
                    break;
                case 18:
                    TValue first = NextValue();
                    TValue next = NextValue();
                    TValue put = _dictionary.AddOrUpdate(key, _ => first, (_, old) => Equals(old, _expected[key]) ? next : throw new DeliberateException());
                    _expected[key] = _expected.ContainsKey(key) ? next : first;
                    Assert.Equal(_expected[key], put);
                    break;
                case 19 or 20:
                    DictionarySnapshot<TKey, TValue> snapshot = _dictionary.Snapshot();
                    Assert.Equal(_dictionary.Version, snapshot.Version);
                    reached.SnapshotsOfChunks += _dictionary.DirectoryDepth > geometry.FlatBits ? 1 : 0;
                    _snapshots.Add(new(snapshot, ImmutableDictionary.CreateRange(comparer, _expected)));
                    break;
                default:
                    Assert.Equal(_expected.TryGetValue(key, out TValue? wanted), _dictionary.TryGetValue(key, out TValue? read));
                    Assert.Equal(wanted, read);
                    break;
            }
        }

        private void Change(DictionaryBatch<TKey, TValue> batch, int at, int many)
        {
            foreach (TKey one in Range(at, many))
            {
                if (many % 3 == 0)
                {
                    Assert.Equal(_expected.Remove(one), batch.TryRemove(one));
                }
                else
                {
                    TValue value = NextValue();
                    batch[one] = _expected[one] = value;
                    Assert.Equal(value, batch[one]);
                }
            }

            if (many == 13)
            {
                batch.Clear();
                _expected.Clear();
            }

            Assert.Equal(_expected.Count, batch.Count);
        }

        private IEnumerable<TKey> Range(int at, int many) => Enumerable.Range(at, many).Select(key => makeKey(key % Keys));

        private TValue NextValue() => makeValue(++_values);

        private void AssertSame(IReadOnlyDictionary<TKey, TValue> expected, IReadOnlyDictionary<TKey, TValue> actual)
        {
            Assert.Equal(expected.Count, actual.Count);
            int enumerated = 0;
            foreach ((TKey key, TValue value) in actual)
            {
                enumerated++;
                Assert.True(expected.TryGetValue(key, out TValue? wanted), $"{key} should not be there");
                Assert.Equal(wanted, value);
            }

            Assert.Equal(expected.Count, enumerated);
            for (int key = 0; key < Keys; key++)
            {
                Assert.Equal(expected.TryGetValue(makeKey(key), out TValue? wanted), actual.TryGetValue(makeKey(key), out TValue? found));
                Assert.Equal(wanted, found);
            }
        }

        /// <summary>A snapshot, and what is to be in it.</summary>
        private readonly record struct Moment(DictionarySnapshot<TKey, TValue> Snapshot, ImmutableDictionary<TKey, TValue> Expected);
    }
}
