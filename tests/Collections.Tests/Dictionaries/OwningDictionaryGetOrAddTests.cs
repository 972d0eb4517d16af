#pragma warning disable SWMR001, SWMR002, SWMR005 // Canaries are harmless after their disposal.

namespace SwmrKit.Tests;

public sealed class OwningDictionaryGetOrAddTests : IDisposable, IClassFixture<SharedMachine>
{
    private readonly RetirementDomain _domain = new(new RetirementOptions { BatchSize = 1, FlushDelay = TimeSpan.FromHours(1) });
    private readonly OwningDictionary<int, Canary> _dictionary;

    public OwningDictionaryGetOrAddTests() => _dictionary = new OwningDictionary<int, Canary>(_domain);

    public void Dispose()
    {
        _dictionary.Dispose();
        _domain.Dispose();
    }

    [Fact]
    public void It_makes_what_is_absent_and_finds_what_is_there()
    {
        using (Lease<Canary> made = _dictionary.GetOrAdd(1, static _ => new Canary()))
        using (Lease<Canary> found = _dictionary.GetOrAdd(1, static _ => throw new DeliberateException()))
        {
            Assert.Same(made.Value, found.Value);
            Assert.Equal(1, made.Version);
        }

        using DictionaryRead<int, Canary> read = _dictionary.Read();
        Canary value = read.GetOrAdd(2, static (_, argument) => argument, new Canary());
        Assert.Same(value, read.GetOrAdd(2, static _ => throw new DeliberateException()));
        Assert.Same(value, read[2]);
    }

    [Fact]
    public void What_it_returns_is_held_although_it_is_removed_at_once()
    {
        Lease<Canary> lease = _dictionary.GetOrAdd(1, static _ => new Canary());
        _dictionary.TryRemove(1);
        Assert.True(lease.Value.IsAlive);
        Canary leased = lease.Value;
        lease.Dispose();
        _domain.TryReclaim();
        Assert.Equal(1, leased.Disposals);

        DictionaryRead<int, Canary> read = _dictionary.Read();
        _domain.Readers.Advance();
        Canary value = read.GetOrAdd(1, static _ => new Canary()); // Born after the read.
        _dictionary.TryRemove(1);
        Assert.True(value.IsAlive);
        read.Dispose();
        _domain.TryReclaim();
        Assert.Equal(1, value.Disposals);
    }

    [Fact]
    public void Of_many_who_ask_at_once_one_makes_the_value()
    {
        int made = 0;
        using var start = new Barrier(4);
        Thread[] threads =
        [
            .. Enumerable.Range(0, 4).Select(number => new Thread(() =>
            {
                start.SignalAndWait();
                for (int key = 0; key < 200; key++)
                {
                    if (number % 2 == 0)
                    {
                        using Lease<Canary> lease = _dictionary.GetOrAdd(key, Make);
                        Assert.True(lease.Value.IsAlive);
                    }
                    else
                    {
                        using DictionaryRead<int, Canary> read = _dictionary.Read();
                        Assert.True(read.GetOrAdd(key, Make).IsAlive);
                    }
                }
            })),
        ];
        Array.ForEach(threads, static thread => thread.Start());
        Array.ForEach(threads, static thread => thread.Join());
        Assert.Equal(200, made);
        Assert.Equal(200, _dictionary.Count);
        Assert.Equal(0, _domain.LeasesHeld);

        Canary Make(int key)
        {
            Interlocked.Increment(ref made);
            Thread.Yield();
            return new Canary();
        }
    }

    [Fact]
    public void A_value_that_is_set_meanwhile_wins_and_the_one_made_is_disposed()
    {
        var made = new Canary();
        var set = new Canary();
        using (Lease<Canary> lease = _dictionary.GetOrAdd(1, _ =>
        {
            _dictionary.Set(1, set);
            return made;
        }))
        {
            Assert.Same(set, lease.Value);
        }

        Assert.Equal(1, made.Disposals);
        Assert.True(set.IsAlive);
        Assert.Equal(0, _domain.LeasesHeld);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_one_made_in_vain_is_disposed_when_the_gate_of_its_key_has_been_left(bool underGuard)
    {
        OwningDictionary<int, Witness> dictionary = new(_domain);
        bool? answered = null;
        var made = new Witness(() =>
        {
            dictionary.TryRemove(1);
            var other = new Thread(() => dictionary.GetOrAdd(1, static _ => new Witness(static () => { })).Dispose()) { IsBackground = true };
            other.Start();
            answered = other.Join(TimeSpan.FromSeconds(5));
        });
        Func<int, Witness> factory = _ =>
        {
            dictionary.Set(1, new Witness(static () => { }));
            dictionary.Set(1, new Witness(static () => { })); // The era moves on: what is made is younger than the guard, which does not hold it.
            return made;
        };
        if (underGuard)
        {
            using DictionaryRead<int, Witness> read = dictionary.Read();
            read.GetOrAdd(1, factory);
        }
        else
        {
            dictionary.GetOrAdd(1, factory).Dispose();
        }

        _domain.TryReclaim();
        Assert.True(answered);
        dictionary.Dispose();
    }

    [Fact]
    public void What_the_factory_makes_for_a_dictionary_disposed_meanwhile_is_disposed()
    {
        var made = new Canary();
        Assert.Throws<ObjectDisposedException>(() => _dictionary.GetOrAdd(1, _ =>
        {
            _dictionary.Dispose();
            return made;
        }));
        Assert.Equal(1, made.Disposals);
    }

    [Fact]
    public void A_factory_that_fails_or_returns_what_cannot_be_set_adds_nothing()
    {
        var owned = new Canary();
        _dictionary.Set(9, owned);
        Assert.Throws<DeliberateException>(() => _dictionary.GetOrAdd(1, static _ => throw new DeliberateException()));
        Assert.Throws<InvalidOperationException>(() => _dictionary.GetOrAdd(1, static _ => null!));
        Assert.Throws<InvalidOperationException>(() => _dictionary.GetOrAdd(1, _ => owned)); // In under another key.
        Assert.Throws<InvalidOperationException>(() => _dictionary.GetOrAdd(1, key =>
        {
            using Lease<Canary> inner = _dictionary.GetOrAdd(key, static _ => new Canary()); // Would wait for itself.
            return inner.Value;
        }));
        Assert.Equal(1, _dictionary.Count);
        Assert.True(owned.IsAlive);
        Assert.Equal(0, _domain.LeasesHeld);
        using Lease<Canary> lease = _dictionary.GetOrAdd(1, static _ => new Canary());
        Assert.True(lease.Value.IsAlive);
    }

    [Fact]
    public void A_comparer_that_fails_after_the_factory_costs_the_value_made()
    {
        int hashes = int.MaxValue;
        using var dictionary = new OwningDictionary<int, Canary>(_domain, new PoorComparer<int>(key => hashes-- == 0 ? throw new DeliberateException() : key));
        var made = new Canary();
        Assert.Throws<DeliberateException>(() => dictionary.GetOrAdd(1, _ =>
        {
            hashes = 1; // The look under the lock succeeds, the write does not.
            return made;
        }));
        Assert.Equal(1, made.Disposals);
        Assert.Equal(0, _domain.LeasesHeld);
        Assert.Equal(0, dictionary.Count);
    }

    private sealed class Witness(Action onDisposal) : IDisposable
    {
        public void Dispose() => onDisposal();
    }
}
