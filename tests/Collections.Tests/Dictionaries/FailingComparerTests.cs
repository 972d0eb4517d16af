using Xunit.Abstractions;

namespace SwmrKit.Tests;

/// <summary>The comparer fails at its n-th call, for every n in a program of all that writes: an operation is done whole or not at all, and the next one works.</summary>
public sealed class FailingComparerTests(ITestOutputHelper output) : IClassFixture<SharedMachine>
{
    [Theory]
    [InlineData(2, 1, 1, 1)]
    [InlineData(6, 2, 2, 2)]
    [InlineData(56, 7, 9, 8)]
    public void Wherever_a_comparer_throws_an_operation_is_done_whole_or_not_at_all(int fill, int chunkBits, int flatBits, int leastFill)
    {
        var geometry = new Geometry(fill, chunkBits, flatBits, leastFill);
        int failed = 0;
        int swallowed = 0;
        int calls = RunFailingAt(int.MaxValue, geometry, ref failed, ref swallowed);
        Assert.Equal(0, failed);
        for (int call = 1; call <= calls; call++)
        {
            RunFailingAt(call, geometry, ref failed, ref swallowed);
        }

        output.WriteLine($"{calls:N0} calls, {failed:N0} operations failed, {swallowed:N0} succeeded all the same");
        Assert.Equal(calls, failed + swallowed);
        Assert.True(failed > swallowed && swallowed > 0, "only merging and making the directory smaller go without");
    }

    /// <returns>How often the comparer was called.</returns>
    private static int RunFailingAt(int call, Geometry geometry, ref int failed, ref int swallowed)
    {
        var comparer = new CountingComparer { FailsAt = call };
        var dictionary = new CopyOnWriteDictionary<int, string>(0, comparer, keepsRoom: false, geometry);
        var expected = new Dictionary<int, string>();
        var kept = new List<(DictionarySnapshot<int, string> Snapshot, KeyValuePair<int, string>[] Expected)>();
        int number = 0;
        foreach ((Action<CopyOnWriteDictionary<int, string>> act, Action<Dictionary<int, string>> then) in Operations())
        {
            DictionarySnapshot<int, string>? before = number++ % 3 == 0 ? dictionary.Snapshot() : null; // Of three writes one is in pages of its own.
            long version = dictionary.Version;
            bool hadFailed = comparer.HasFailed;
            try
            {
                act(dictionary);
                swallowed += comparer.HasFailed && !hadFailed ? 1 : 0;
            }
            catch (DeliberateException)
            {
                failed++;
                Assert.Equal(version, dictionary.Version);
                AssertSame(expected, dictionary.Snapshot());
                act(dictionary); // The writer goes on.
            }

            if (before is { } snapshot)
            {
                kept.Add((snapshot, [.. expected]));
            }

            then(expected);
            if (comparer.HasFailed && !hadFailed)
            {
                AssertSame(expected, dictionary.Snapshot());
            }
        }

        AssertSame(expected, dictionary.Snapshot());
        int calls = comparer.Calls;
        if (comparer.HasFailed || call == int.MaxValue)
        {
            Assert.All(kept.Where(static (_, index) => index % 7 == 0), pair => AssertSame(new Dictionary<int, string>(pair.Expected), pair.Snapshot));
        }

        return calls;
    }

    /// <summary>Growth, splits, replaced values, removals that merge and shrink, batches, factories, trimming, clearing.</summary>
    private static IEnumerable<(Action<CopyOnWriteDictionary<int, string>> Act, Action<Dictionary<int, string>> Then)> Operations()
    {
        for (int i = 0; i < 90; i++)
        {
            int key = i * 7 % 90;
            string value = $"{i}";
            yield return (i % 5) switch
            {
                0 => (dictionary => dictionary.Set(key, value), expected => expected[key] = value),
                1 => (dictionary => dictionary.Add(key, value), expected => expected.Add(key, value)),
                2 => (dictionary => Assert.True(dictionary.TryAdd(key, value)), expected => expected.Add(key, value)),
                3 => (dictionary => Assert.Same(value, dictionary.GetOrAdd(key, _ => value)), expected => expected.Add(key, value)),
                _ => (dictionary => dictionary.AddOrUpdate(key, _ => value, (_, _) => ""), expected => expected.Add(key, value)),
            };
        }

        yield return (
            dictionary => dictionary.AddRange(Enumerable.Range(90, 20).Select(key => KeyValuePair.Create(key, "r"))),
            expected => Assert.All(Enumerable.Range(90, 20), key => expected.Add(key, "r")));
        yield return (
            dictionary => dictionary.Update(batch =>
            {
                for (int key = 80; key < 110; key++)
                {
                    if (key % 3 == 0)
                    {
                        Assert.True(batch.TryRemove(key));
                    }
                    else
                    {
                        batch[key] = "b";
                    }
                }
            }),
            expected => Assert.All(Enumerable.Range(80, 30), key => Assert.True(key % 3 == 0 ? expected.Remove(key) : (expected[key] = "b") is not null)));
        yield return (dictionary => dictionary.TrimExcess(), _ => { });
        for (int i = 0; i < 75; i++)
        {
            int key = i;
            yield return (dictionary => Assert.True(dictionary.TryRemove(key)), expected => Assert.True(expected.Remove(key)));
        }

        yield return (dictionary => dictionary.AddOrUpdate(76, _ => "", (_, old) => old + "!"), expected => expected[76] += "!");
        yield return (dictionary => dictionary.Clear(), expected => expected.Clear());
        yield return (dictionary => dictionary.Set(1, "last"), expected => expected[1] = "last");
    }

    private static void AssertSame(Dictionary<int, string> expected, DictionarySnapshot<int, string> actual)
    {
        Assert.Equal(expected.Count, actual.Count);
        int enumerated = 0;
        foreach ((int key, string value) in actual)
        {
            enumerated++;
            if (!expected.TryGetValue(key, out string? wanted) || wanted != value)
            {
                Assert.Fail($"{key} is {value}, and should be {wanted ?? "absent"}");
            }
        }

        Assert.Equal(expected.Count, enumerated);
    }

    /// <summary>Throws once, at a certain call.</summary>
    private sealed class CountingComparer : IEqualityComparer<int>
    {
        public int FailsAt { get; init; }

        public int Calls { get; private set; }

        public bool HasFailed => Calls >= FailsAt;

        public bool Equals(int x, int y)
        {
            Count();
            return x == y;
        }

        public int GetHashCode(int obj)
        {
            Count();
            return obj * 31;
        }

        private void Count()
        {
            if (++Calls == FailsAt)
            {
                throw new DeliberateException();
            }
        }
    }
}
