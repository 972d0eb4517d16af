#pragma warning disable SWMR001, SWMR002, SWMR005 // Canaries are harmless after their disposal.

namespace SwmrKit.Tests;

public sealed class OwningDictionaryBatchTests : IDisposable, IClassFixture<SharedMachine>
{
    private readonly RetirementDomain _domain = new(new RetirementOptions { BatchSize = 1, FlushDelay = TimeSpan.FromHours(1) });
    private readonly OwningDictionary<int, Canary> _dictionary;
    private readonly Canary[] _values = [.. Enumerable.Range(0, 8).Select(static _ => new Canary())];

    public OwningDictionaryBatchTests()
    {
        _dictionary = new OwningDictionary<int, Canary>(_domain);
        _dictionary.Set(0, _values[0]);
        _dictionary.Set(1, _values[1]);
    }

    public void Dispose()
    {
        _dictionary.Dispose();
        _domain.Dispose();
    }

    [Fact]
    public void A_batch_takes_effect_at_once_and_disposes_what_is_out_afterwards()
    {
        long version = _dictionary.Version;
        _dictionary.Update(batch =>
        {
            batch[0] = _values[2]; // Replaces.
            Assert.True(batch.TryRemove(1, out Canary? removed));
            Assert.Same(_values[1], removed);
            Assert.True(removed.IsAlive);
            batch.Add(3, _values[3]);
            batch.Set(3, _values[4]); // Of two given, one is out.
            Assert.True(batch.TryAdd(5, _values[5]));
            Assert.True(batch.TryRemove(5)); // Given and taken away again.
            Assert.False(batch.TryRemove(5));
            Assert.False(batch.TryAdd(3, _values[6]));
            Assert.Throws<ArgumentException>(() => batch.Add(3, _values[6]));
            Assert.Equal(2, batch.Count);
            Assert.Same(_values[4], batch[3]);
            Assert.False(batch.ContainsKey(1));
            using DictionaryRead<int, Canary> read = _dictionary.Read();
            Assert.Same(_values[0], read[0]);
            Assert.True(read.ContainsKey(1));
        });
        Assert.Equal(version + 1, _dictionary.Version);
        Assert.Equal([1, 1, 0, 1, 0, 1, 0, 0], _values.Select(static value => value.Disposals));
        Assert.Equal(2, _dictionary.Count);
        _dictionary.Set(6, _values[6]); // Was never taken.
    }

    [Fact]
    public void A_failed_batch_publishes_nothing_disposes_nothing_and_gives_back_what_it_was_given()
    {
        long version = _dictionary.Version;
        Assert.Throws<DeliberateException>(() => _dictionary.Update(batch =>
        {
            batch.Clear();
            batch.Set(0, _values[2]);
            batch.Set(0, _values[3]);
            batch.Set(7, _values[0]); // Moved.
            throw new DeliberateException();
        }));
        Assert.Equal(version, _dictionary.Version);
        Assert.All(_values, static value => Assert.True(value.IsAlive));
        using (DictionaryRead<int, Canary> read = _dictionary.Read())
        {
            Assert.Same(_values[0], read[0]);
            Assert.Same(_values[1], read[1]);
        }

        Assert.Throws<InvalidOperationException>(() => _dictionary.Set(7, _values[0])); // Still the dictionary's.
        using var elsewhere = new SwmrCell<Canary>(_values[2], _domain); // The caller's again.
        _dictionary.Set(3, _values[3]);
        _dictionary.Dispose();
        Assert.Equal([1, 1, 0, 1, 0, 0, 0, 0], _values.Select(static value => value.Disposals));
    }

    [Fact]
    public void A_value_may_change_places_and_stays_alive()
    {
        _dictionary.Update(batch =>
        {
            Canary first = batch[0];
            Assert.True(batch.TryRemove(1, out Canary? second));
            Assert.Throws<InvalidOperationException>(() => batch.Set(1, first)); // It is in already.
            batch.Set(0, second);
            batch.Set(1, first);
        });
        using (DictionaryRead<int, Canary> read = _dictionary.Read())
        {
            Assert.Same(_values[1], read[0]);
            Assert.Same(_values[0], read[1]);
        }

        _domain.TryReclaim();
        Assert.Equal(0, _domain.Statistics.Retired);
        _dictionary.Clear();
        Assert.Equal(1, _values[0].Disposals);
        Assert.Equal(1, _values[1].Disposals);
    }

    [Fact]
    public void Out_and_in_again_under_its_own_key_is_no_change_of_owner()
    {
        _dictionary.Update(batch =>
        {
            batch.TryRemove(0);
            batch.Set(0, _values[0]);
            batch.Set(1, _values[1]); // The current one.
            batch.Set(2, _values[2]);
            batch.TryRemove(2);
            batch.Set(2, _values[2]);
        });
        Assert.All(_values, static value => Assert.True(value.IsAlive));
        _dictionary.Clear();
        Assert.Equal([1, 1, 1, 0, 0, 0, 0, 0], _values.Select(static value => value.Disposals));
    }

    [Fact]
    public void What_cannot_be_set_leaves_the_batch_as_it_was()
    {
        using var elsewhere = new SwmrCell<Canary>(_values[7], _domain);
        _dictionary.Update(batch =>
        {
            Assert.Throws<InvalidOperationException>(() => batch.Set(2, _values[7])); // Another container's.
            Assert.Throws<InvalidOperationException>(() => batch.Set(2, _values[0])); // In under another key.
            batch.Set(2, _values[2]);
            Assert.Throws<InvalidOperationException>(() => batch.Set(3, _values[2]));
            Assert.Throws<ArgumentNullException>(() => batch.Set(3, null!));
            Assert.Equal(3, batch.Count);
        });
        Assert.All(_values, static value => Assert.True(value.IsAlive));
        Assert.Equal(3, _dictionary.Count);
    }

    [Fact]
    public void A_comparer_that_fails_in_a_batch_gives_the_value_back_and_the_batch_goes_on()
    {
        int hashes = -1;
        using var dictionary = new OwningDictionary<int, Canary>(_domain, new PoorComparer<int>(key => hashes-- == 0 ? throw new DeliberateException() : key));
        var old = new Canary();
        dictionary.Set(0, old);
        dictionary.Update(batch =>
        {
            for (int calls = 0; calls < 2; calls++)
            {
                hashes = calls;
                Assert.Throws<DeliberateException>(() => batch.Set(0, _values[2]));
                hashes = 0;
                Assert.Throws<DeliberateException>(() => batch.TryRemove(0));
            }

            hashes = -1;
            batch.Set(1, _values[3]);
        });
        Assert.Equal(2, dictionary.Count);
        Assert.True(old.IsAlive);
        _dictionary.Set(2, _values[2]); // It was given back.
        dictionary.Clear();
        Assert.True(_values[2].IsAlive);
        Assert.False(_values[3].IsAlive);
    }

    [Fact]
    public void A_batch_is_for_its_delegate_and_its_thread_only()
    {
        OwningDictionaryBatch<int, Canary>? kept = null;
        _dictionary.Update(batch =>
        {
            kept = batch;
            Wait.OnThread(() => Assert.Throws<InvalidOperationException>(() => batch.TryRemove(0)));
        });
        Assert.Throws<InvalidOperationException>(() => kept!.Set(3, _values[3]));
        Assert.Throws<InvalidOperationException>(() => kept!.TryRemove(0));
        Assert.Throws<InvalidOperationException>(() => kept!.Count);
        Assert.Throws<InvalidOperationException>(kept!.Clear);
        Assert.Throws<InvalidOperationException>(() => kept!.TryGetValue(0, out _));
        Assert.Equal(2, _dictionary.Count);
    }

    [Fact]
    public void A_batch_computed_from_an_old_version_does_not_run()
    {
        long version;
        using (DictionaryRead<int, Canary> read = _dictionary.Read())
        {
            version = read.Snapshot().Version;
        }

        Assert.True(_dictionary.TryUpdate(version, batch => batch.Set(2, _values[2])));
        Assert.False(_dictionary.TryUpdate(version, static _ => throw new DeliberateException()));
        Assert.Equal(3, _dictionary.Count);
    }

    [Fact]
    public void A_batch_that_changes_nothing_is_no_change()
    {
        long version = _dictionary.Version;
        _dictionary.Update(static _ => { });
        Assert.Equal(version, _dictionary.Version);
    }

    [Fact]
    public void A_batch_of_many_disposes_each_once()
    {
        Canary[] many = [.. Enumerable.Range(0, 5_000).Select(static _ => new Canary())];
        _dictionary.Update(batch =>
        {
            for (int i = 0; i < many.Length; i++)
            {
                batch.Set(i % 1_000, many[i]);
            }
        });
        Assert.Equal(1_000, _dictionary.Count);
        Assert.Equal(1_000, many.Count(static value => value.IsAlive));
        _dictionary.Update(static batch => batch.Clear());
        Assert.All(many, static value => Assert.Equal(1, value.Disposals));
        Assert.Equal(0, _dictionary.Count);
    }
}
