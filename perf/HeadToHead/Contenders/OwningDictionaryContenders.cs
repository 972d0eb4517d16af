using System.Runtime.CompilerServices;
using BitFaster.Caching;
using BitFaster.Caching.Lru;
using SwmrKit;

namespace HeadToHead;

/// <summary>Finds disposable values, each protected while one field of it is read.</summary>
internal sealed class OwningLookUp<TKey>(Keys<TKey> keys) : PerThread<ReaderHandle>("owning, handle")
    where TKey : notnull
{
    private readonly Lazy<OwningDictionary<TKey, Payload>> _dictionary = new(() => OwningLookUps.Of(keys));

    public override void Enlist()
    {
        _ = (_dictionary.Value, keys.Present);
        base.Enlist();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    protected override void Run(ReaderHandle own, int iterations)
    {
        OwningDictionary<TKey, Payload> dictionary = _dictionary.Value;
        TKey[] asked = keys.Present;
        long sum = 0;
        int next = Environment.CurrentManagedThreadId * 31 % asked.Length;
        for (int i = 0; i < iterations; i++)
        {
            using DictionaryRead<TKey, Payload> read = dictionary.Read(own);
            if (read.TryGetValue(asked[next], out Payload? value))
            {
                sum += value.Value;
            }

            if (++next == asked.Length)
            {
                next = 0;
            }
        }

        Consume(sum);
    }

    protected override ReaderHandle Open() => _dictionary.Value.Domain.Register();

}

/// <summary>As <see cref="OwningLookUp{TKey}"/>, as the thread's implicit reader.</summary>
internal sealed class ImplicitOwningLookUp<TKey>(Keys<TKey> keys) : Contender("owning, implicit")
    where TKey : notnull
{
    private readonly Lazy<OwningDictionary<TKey, Payload>> _dictionary = new(() => OwningLookUps.Of(keys));

    public override void Enlist() => _ = (_dictionary.Value, keys.Present);

    public override void Run(int iterations)
    {
        OwningDictionary<TKey, Payload> dictionary = _dictionary.Value;
        TKey[] asked = keys.Present;
        long sum = 0;
        int next = Environment.CurrentManagedThreadId * 31 % asked.Length;
        for (int i = 0; i < iterations; i++)
        {
            using DictionaryRead<TKey, Payload> read = dictionary.Read();
            if (read.TryGetValue(asked[next], out Payload? value))
            {
                sum += value.Value;
            }

            if (++next == asked.Length)
            {
                next = 0;
            }
        }

        Consume(sum);
    }
}

/// <summary>The same of BitFaster's cache of counted values, which has room for all of them.</summary>
/// <remarks>ScopedTryGet is its cheapest way to a value; ScopedGetOrAdd does the same and has a factory to carry.</remarks>
internal sealed class ScopedCacheLookUp<TKey>(Keys<TKey> keys) : Contender("BitFaster scoped cache")
    where TKey : notnull
{
    private readonly Lazy<IScopedCache<TKey, Payload>> _cache = new(() =>
    {
        IScopedCache<TKey, Payload> cache = new ConcurrentLruBuilder<TKey, Payload>().WithCapacity(4 * keys.Count).AsScopedCache().Build();
        foreach ((TKey key, _) in keys.Entries)
        {
            cache.AddOrUpdate(key, new Payload());
        }

        return cache;
    });

    public override void Enlist() => _ = (_cache.Value, keys.Present);

    public override void Run(int iterations)
    {
        IScopedCache<TKey, Payload> cache = _cache.Value;
        TKey[] asked = keys.Present;
        long sum = 0;
        int next = Environment.CurrentManagedThreadId * 31 % asked.Length;
        for (int i = 0; i < iterations; i++)
        {
            if (cache.ScopedTryGet(asked[next], out Lifetime<Payload>? lifetime))
            {
                using (lifetime)
                {
                    sum += lifetime.Value.Value;
                }
            }

            if (++next == asked.Length)
            {
                next = 0;
            }
        }

        Consume(sum);
    }
}

internal static class OwningLookUps
{
    public static Contender[] All<TKey>(Keys<TKey> keys)
        where TKey : notnull => [new OwningLookUp<TKey>(keys), new ImplicitOwningLookUp<TKey>(keys), new ScopedCacheLookUp<TKey>(keys), new LookUp<OurTable<TKey>, TKey>(keys, found: true)];

    public static OwningDictionary<TKey, Payload> Of<TKey>(Keys<TKey> keys)
        where TKey : notnull
    {
        var dictionary = new OwningDictionary<TKey, Payload>(new RetirementDomain());
        foreach ((TKey key, _) in keys.Entries)
        {
            dictionary.Set(key, new Payload());
        }

        return dictionary;
    }
}
