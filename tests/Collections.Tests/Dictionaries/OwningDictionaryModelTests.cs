using FsCheck;
using FsCheck.Fluent;

#pragma warning disable SWMR001, SWMR002, SWMR005 // Canaries are harmless after their disposal, and asked about it.

namespace SwmrKit.Tests;

/// <summary>Random programs against a <see cref="Dictionary{TKey, TValue}"/>, every value tracked: alive while it is in, leased, in a snapshot of an open read or the caller's; else disposed, once.</summary>
public sealed class OwningDictionaryModelTests : IClassFixture<SharedMachine>
{
    private const int Keys = 60;

    [Fact]
    public void Of_integers() => Check(static key => key, Geometry.Default);

    [Fact]
    public void Of_text() => Check(static key => $"key {key}", Geometry.Default);

    [Fact]
    public void Of_integers_on_small_pages() => Check(static key => key, new Geometry(Fill: 2, ChunkBits: 1, FlatBits: 1, LeastFill: 1));

    [Fact]
    public void Of_text_on_small_pages() => Check(static key => $"key {key}", new Geometry(Fill: 4, ChunkBits: 2, FlatBits: 2, LeastFill: 1));

    private static void Check<TKey>(Func<int, TKey> key, Geometry geometry)
        where TKey : notnull => FsCheck.Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(TestMode.Choose(150, 3_000)).WithEndSize(TestMode.Choose(150, 400)),
            Prop.ForAll(Arb.From(Scripts(), ArbMap.Default.ArbFor<int[]>().Shrinker), script => new Program<TKey>(key, geometry).Run(script)));

    private static Gen<int[]> Scripts() => Gen.Sized(static size => Gen.Choose(1, Math.Max(1, size)).SelectMany(static length => Gen.Choose(0, int.MaxValue).ArrayOf(length)));

    /// <summary>A program under way: what there is, and what there should be.</summary>
    private sealed class Program<TKey>(Func<int, TKey> makeKey, Geometry geometry)
        where TKey : notnull
    {
        private readonly RetirementDomain _domain = new(new RetirementOptions { BatchSize = 1, FlushDelay = TimeSpan.FromHours(1) });
        private readonly Dictionary<TKey, Canary> _expected = [];
        private readonly HashSet<Canary> _disposed = []; // Out, and so disposed unless something holds it.
        private readonly HashSet<Canary> _callers = []; // Given back, refused, or taken out.
        private readonly List<(Lease<Canary> Lease, Canary Value)> _leases = [];
        private readonly List<Detached<Canary>> _detached = [];
        private OwningDictionary<TKey, Canary> _dictionary = null!;
        private int _reads;

        public void Run(int[] script)
        {
            _dictionary = new OwningDictionary<TKey, Canary>(_domain, null, 0, null, geometry);
            Run(script.AsSpan());
            AssertSame(_expected);
            AssertLives();
            _leases.ForEach(static held => held.Lease.Dispose());
            _leases.Clear();
            AssertLives();
            _dictionary.Dispose();
            foreach (Canary value in _expected.Values)
            {
                _disposed.Add(value);
            }

            _expected.Clear();
            AssertLives();
            _domain.Dispose();
            Assert.Equal(0, _domain.Statistics.Pending);
        }

        private void Run(ReadOnlySpan<int> script)
        {
            for (int i = 0; i < script.Length; i++)
            {
                uint mixed = (uint)script[i] * 2_654_435_761u; // A failing script's numbers are made small: spread them.
                TKey key = makeKey((int)(mixed / 32 % Keys));
                int many = (int)(mixed / 2_048 % 30);
                if (mixed % 32 is 0 or 1)
                {
                    int inside = Math.Min(many, script.Length - i - 1);
                    RunInside(script.Slice(i + 1, inside), key);
                    i += inside;
                }
                else
                {
                    Do(mixed % 32, key, (int)(mixed / 32 % Keys), many);
                }

                Assert.Equal(_expected.Count, _dictionary.Count);
                AssertLives();
            }
        }

        /// <summary>Goes on inside a read, which at its end finds all as it was at its beginning, and alive.</summary>
        private void RunInside(ReadOnlySpan<int> script, TKey key)
        {
            Dictionary<TKey, Canary> then = new(_expected);
            _reads++;
            using (DictionaryRead<TKey, Canary> read = _dictionary.Read())
            {
                OwningDictionarySnapshot<TKey, Canary> snapshot = read.Snapshot();
                Run(script);
                Assert.Equal(then.Count, snapshot.Count);
                int entries = 0;
                foreach ((TKey one, Canary value) in snapshot)
                {
                    entries++;
                    Assert.Same(then[one], value);
                    Assert.True(value.IsAlive || _callers.Contains(value), "something in a snapshot has been disposed");
                }

                Assert.Equal(then.Count, entries);
                AssertLeadsTo(_expected, then, read.Snapshot().ChangesSince(snapshot));
                AssertLeadsTo(then, _expected, snapshot.ChangesSince(read.Snapshot()));
                Assert.Equal(then.ContainsKey(key), snapshot.TryLease(key, out Lease<Canary>? lease));
                if (lease is not null)
                {
                    _leases.Add((lease, then[key]));
                }

                Assert.Equal(_expected.TryGetValue(key, out Canary? wanted), read.TryGetValue(key, out Canary? found));
                Assert.Same(wanted, found);
            }

            _reads--;
        }

        /// <summary>Applied to the older state the changes give the newer, each key once, by values that are alive.</summary>
        private void AssertLeadsTo(Dictionary<TKey, Canary> newer, Dictionary<TKey, Canary> older, OwningDictionaryChanges<TKey, Canary> changes)
        {
            Dictionary<TKey, Canary> applied = new(older);
            HashSet<TKey> keys = [];
            foreach (DictionaryChange<TKey, Canary> change in changes)
            {
                Assert.True(keys.Add(change.Key), "a key has come twice");
                Assert.Equal(change.Kind != DictionaryChangeKind.Added, applied.Remove(change.Key, out Canary? before));
                Assert.Same(before, change.OldValue);
                Assert.NotSame(change.OldValue, change.NewValue);
                Assert.Equal(change.Kind == DictionaryChangeKind.Removed, change.NewValue is null);
                if (change.NewValue is { } value)
                {
                    applied.Add(change.Key, value);
                }

                Assert.All(new[] { change.OldValue, change.NewValue }, value => Assert.True(value is null || value.IsAlive || _callers.Contains(value), "something in a change has been disposed"));
            }

            Assert.Equal(newer.Count, applied.Count);
            Assert.All(applied, entry => Assert.Same(newer[entry.Key], entry.Value));
        }

        private void Do(uint operation, TKey key, int at, int many)
        {
            switch (operation)
            {
                case 2 or 3 or 4 or 5:
                    Replace(key, Give(static (dictionary, key, value) => dictionary.Set(key, value), key));
                    break;
                case 6:
                    if (_expected.TryGetValue(key, out Canary? current))
                    {
                        _dictionary.Set(key, current); // No change.
                        Assert.Throws<InvalidOperationException>(() => _dictionary.Set(makeKey(Keys), current)); // Not twice.
                    }

                    break;
                case 7 or 8:
                    var added = new Canary();
                    bool isAdded = _dictionary.TryAdd(key, added);
                    Assert.Equal(_expected.TryAdd(key, added), isAdded);
                    if (!isAdded)
                    {
                        _callers.Add(added);
                    }

                    break;
                case 9 or 10 or 11:
                    Assert.Equal(_expected.Remove(key, out Canary? removed), _dictionary.TryRemove(key));
                    Out(removed);
                    break;
                case 12:
                    Assert.Equal(_expected.Remove(key, out Canary? takenOut), _dictionary.TryTake(key, out Detached<Canary>? taken));
                    Detach(taken, takenOut);
                    break;
                case 13:
                    var exchanged = new Canary();
                    _expected.Remove(key, out Canary? replaced);
                    Detach(_dictionary.Exchange(key, exchanged), replaced);
                    _expected.Add(key, exchanged);
                    break;
                case 14 or 15:
                    SettleDetached(key, setsAgain: operation == 14);
                    break;
                case 16 or 17 or 18:
                    Assert.Equal(_expected.TryGetValue(key, out Canary? leased), _dictionary.TryLease(key, out Lease<Canary>? lease));
                    if (lease is not null)
                    {
                        Assert.Same(leased, lease.Value);
                        _leases.Add((lease, lease.Value));
                    }

                    break;
                case 19 or 20 or 21:
                    if (_leases.Count > 0)
                    {
                        int which = many % _leases.Count;
                        _leases[which].Lease.Dispose();
                        _leases.RemoveAt(which);
                    }

                    break;
                case 22:
                    var made = new Canary();
                    Lease<Canary> got = _dictionary.GetOrAdd(key, _ => made);
                    _expected.TryAdd(key, made);
                    Assert.Same(_expected[key], got.Value);
                    _leases.Add((got, got.Value));
                    break;
                case 23 or 24 or 25:
                    Batch(at, many, fails: false);
                    break;
                case 26:
                    Batch(at, many, fails: true);
                    break;
                case 27 when many < 8:
                    _dictionary.Clear();
                    foreach (Canary value in _expected.Values)
                    {
                        Out(value);
                    }

                    _expected.Clear();
                    break;
                case 28:
                    _dictionary.TrimExcess();
                    break;
                default:
                    using (DictionaryRead<TKey, Canary> read = _dictionary.Read())
                    {
                        Assert.Equal(_expected.TryGetValue(key, out Canary? wanted), read.TryGetValue(key, out Canary? found));
                        Assert.Same(wanted, found);
                        Assert.True(found?.IsAlive ?? true);
                    }

                    break;
            }
        }

        private Canary Give(Action<OwningDictionary<TKey, Canary>, TKey, Canary> set, TKey key)
        {
            var value = new Canary();
            set(_dictionary, key, value);
            return value;
        }

        private void Replace(TKey key, Canary value)
        {
            _expected.Remove(key, out Canary? replaced);
            Out(replaced);
            _expected.Add(key, value);
        }

        private void Out(Canary? value)
        {
            if (value is not null)
            {
                _disposed.Add(value);
            }
        }

        private void Detach(Detached<Canary>? detached, Canary? value)
        {
            Assert.Same(value, detached?.Value);
            if (detached is not null)
            {
                _detached.Add(detached);
                _callers.Add(value!);
            }
        }

        private void SettleDetached(TKey key, bool setsAgain)
        {
            if (_detached.Count == 0)
            {
                return;
            }

            Detached<Canary> detached = _detached[^1];
            _detached.RemoveAt(_detached.Count - 1);
            _callers.Remove(detached.Value);
            if (setsAgain)
            {
                _dictionary.Set(key, detached.Value);
                Replace(key, detached.Value);
                Assert.Throws<InvalidOperationException>(detached.Retire);
            }
            else
            {
                detached.Retire();
                Out(detached.Value);
            }
        }

        /// <summary>Sets, removes, moves and swaps; where it fails, everything is as it was and what was given is the caller's, and can be set again.</summary>
        private void Batch(int at, int many, bool fails)
        {
            Dictionary<TKey, Canary> draft = new(_expected);
            List<Canary> given = [];
            void Change(OwningDictionaryBatch<TKey, Canary> batch)
            {
                for (int i = 0; i < many; i++)
                {
                    TKey key = makeKey((at + i) % Keys);
                    TKey other = makeKey((at + (7 * i) + 1) % Keys);
                    switch ((at + i + many) % 5)
                    {
                        case 0 or 1:
                            var value = new Canary();
                            given.Add(value);
                            batch.Set(key, value);
                            draft[key] = value;
                            break;
                        case 2:
                            Assert.Equal(draft.Remove(key), batch.TryRemove(key));
                            break;
                        case 3 when draft.Remove(key, out Canary? moved):
                            Assert.True(batch.TryRemove(key, out Canary? found));
                            Assert.Same(moved, found);
                            batch.Set(other, moved);
                            draft[other] = moved;
                            break;
                        case 4 when many == 29:
                            batch.Clear();
                            draft.Clear();
                            break;
                        default:
                            Assert.Equal(draft.TryGetValue(key, out Canary? wanted), batch.TryGetValue(key, out Canary? got));
                            Assert.Same(wanted, got);
                            break;
                    }

                    Assert.Equal(draft.Count, batch.Count);
                }

                if (fails)
                {
                    throw new DeliberateException();
                }
            }

            if (fails)
            {
                Assert.Throws<DeliberateException>(() => _dictionary.Update(Change));
                given.ForEach(value => _callers.Add(value));
                if (given.Count > 0)
                {
                    _callers.Remove(given[0]);
                    TKey key = makeKey(at);
                    _dictionary.Set(key, given[0]);
                    Replace(key, given[0]);
                }

                return;
            }

            _dictionary.Update(Change);
            foreach (Canary value in _expected.Values.Concat(given).Except(draft.Values))
            {
                Out(value);
            }

            _expected.Clear();
            foreach ((TKey key, Canary value) in draft)
            {
                _expected.Add(key, value);
            }
        }

        private void AssertLives()
        {
            if (_reads == 0)
            {
                _domain.TryReclaim(); // Else the reads around hold some of them.
            }

            HashSet<Canary> held = [.. _leases.Select(static held => held.Value)];
            Assert.All(_expected.Values.Concat(_callers).Concat(held), static value => Assert.True(value.IsAlive, "something has been disposed that is still in, held or the caller's"));
            Assert.All(_disposed, value => Assert.True(value.Disposals <= 1, "something has been disposed twice"));
            if (_reads == 0)
            {
                Assert.All(_disposed.Except(held), static value => Assert.Equal(1, value.Disposals));
            }
        }

        private void AssertSame(Dictionary<TKey, Canary> expected)
        {
            using DictionaryRead<TKey, Canary> read = _dictionary.Read();
            int entries = 0;
            foreach ((TKey key, Canary value) in read)
            {
                entries++;
                Assert.Same(expected[key], value);
            }

            Assert.Equal(expected.Count, entries);
            foreach ((TKey key, Canary value) in expected)
            {
                Assert.Same(value, read[key]);
            }
        }
    }
}
