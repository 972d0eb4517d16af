using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace SwmrKit.Tests;

/// <summary>Random programs on the cache and on the simplest form of its policy: after every step all that can be seen is the same, who was taken out and in which order included.</summary>
public sealed class TypedCacheModelTests : IClassFixture<SharedMachine>
{
    public enum Act
    {
        Get,
        GetBeyond,
        Set,
        Fill,
        TryAdd,
        TryUpdate,
        GetOrAdd,
        Remove,
        Trim,
        Resize,
        Clear,
    }

    public static Arbitrary<Sketch> Programs() =>
        Arb.From(
            from capacity in Gen.Elements<long>(1, 2, 5, 20, 40, 60)
            from isWeighed in Gen.Elements(false, true)
            from length in Gen.Choose(1, 300)
            from steps in Steps().ArrayOf(length)
            select new Sketch(capacity, isWeighed, steps),
            static program => program.Steps.Length < 2 ? [] : [program with { Steps = program.Steps[..^1] }, program with { Steps = program.Steps[1..] }]);

    [Property(Arbitrary = [typeof(TypedCacheModelTests)], MaxTest = 500)]
    public void It_does_what_the_policy_says(Sketch program) => Run(program, new S3FifoReference(program.Capacity));

    [Fact]
    public void Control_a_policy_that_notes_no_visits_is_noticed() => Assert.Contains(
        Programs().Generator.Sample(100), static program => Record.Exception(() => Run(program, new S3FifoReference(program.Capacity, notesVisits: false))) is not null);

    private static void Run(Sketch program, S3FifoReference reference)
    {
        using var cache = new SwmrCache<int, int>(new SwmrCacheOptions<int, int> { Capacity = program.Capacity, Weigher = program.IsWeighed ? Weigh : null, TrackStatistics = true });
        var gone = new List<(int Key, int Value, CacheRemovalReason Reason)>();
        cache.Removed += (_, removed) => gone.Add((removed.Key, removed.Value, removed.Reason));
        long hits = 0;
        long misses = 0;
        int value = 0;
        foreach ((Act act, int key) in program.Steps)
        {
            value++;
            switch (act)
            {
                case Act.Get or Act.GetBeyond:
                    Look(act == Act.Get ? key / 3 : key);
                    break;
                case Act.Set or Act.Fill:
                    reference.Put(key, value, WeightOf(key, value), mustBeThere: null);
                    cache.Set(key, value);
                    break;
                case Act.TryAdd:
                    Assert.Equal(reference.Put(key, value, WeightOf(key, value), mustBeThere: false), cache.TryAdd(key, value));
                    break;
                case Act.TryUpdate:
                    Assert.Equal(reference.Put(key, value, WeightOf(key, value), mustBeThere: true), cache.TryUpdate(key, value));
                    break;
                case Act.GetOrAdd:
                    int? found = reference.Get(key);
                    _ = found is null ? misses++ : hits++;
                    if (found is null)
                    {
                        reference.Put(key, value, WeightOf(key, value), mustBeThere: null);
                    }

                    Assert.Equal(found ?? value, cache.GetOrAdd(key, static (_, value) => value, value));
                    break;
                case Act.Remove:
                    Assert.Equal(reference.Remove(key), cache.TryRemove(key));
                    break;
                case Act.Trim:
                    Assert.Equal(reference.Trim(key / 20), cache.Trim(key / 20));
                    break;
                case Act.Resize:
                    reference.Resize(1 + key);
                    cache.Capacity = 1 + key;
                    break;
                case Act.Clear when key < 10:
                    reference.Clear();
                    cache.Clear();
                    gone = [.. gone.TakeWhile(static entry => entry.Reason != CacheRemovalReason.Cleared), .. gone.Where(static entry => entry.Reason == CacheRemovalReason.Cleared).OrderBy(static entry => entry.Key)];
                    break;
            }

            Assert.Equal(reference.Gone, gone);
            reference.Gone.Clear();
            gone.Clear();
            Assert.Equal(reference.Size, cache.Size);
            Assert.Equal(reference.Capacity, cache.Capacity);
            Assert.Equal(reference.Entries.OrderBy(static entry => entry.Key).Select(static entry => KeyValuePair.Create(entry.Key, entry.Value)), cache.OrderBy(static pair => pair.Key));
            Assert.Equal(reference.Entries.Count(), cache.Count);
            Assert.Equal((hits, misses), (cache.Statistics.Hits, cache.Statistics.Misses));
        }

        long WeightOf(int key, int value) => program.IsWeighed ? Weigh(key, value) : 1;

        void Look(int key)
        {
            int? expected = reference.Get(key);
            _ = expected is null ? misses++ : hits++;
            Assert.Equal(expected is not null, cache.TryGetValue(key, out int found));
            Assert.Equal(expected ?? 0, found);
        }
    }

    /// <summary>0 to 12: some weigh nothing, some more than the smallest caches hold.</summary>
    private static long Weigh(int key, int value) => ((key * 7) + value) % 13;

    private static Gen<(Act Act, int Key)> Steps() => Gen.Zip(
        Gen.Frequency(
            (8, Gen.Constant(Act.Get)), (3, Gen.Constant(Act.GetBeyond)), (4, Gen.Constant(Act.Set)), (8, Gen.Constant(Act.Fill)), (2, Gen.Constant(Act.TryAdd)), (2, Gen.Constant(Act.TryUpdate)),
            (4, Gen.Constant(Act.GetOrAdd)), (1, Gen.Constant(Act.Remove)), (1, Gen.Constant(Act.Trim)), (1, Gen.Constant(Act.Resize)), (1, Gen.Constant(Act.Clear))),
        Gen.Choose(0, 89)).Select(static pair => (pair.Item1, pair.Item2));

    public sealed record Sketch(long Capacity, bool IsWeighed, (Act Act, int Key)[] Steps)
    {
        public override string ToString() => $"capacity {Capacity}{(IsWeighed ? ", weighed" : "")}: {string.Join(", ", Steps.Select(static step => $"{step.Act} {step.Key}"))}";
    }
}
