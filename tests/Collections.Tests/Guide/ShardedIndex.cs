namespace SwmrKit.Tests.Guide;

/// <summary>An index in parts that are replaced one by one: the guide's example of a structure of one's own.</summary>
public sealed class ShardedIndex : IDisposable
{
    private readonly RetirementDomain _domain = new();
    private readonly SharedReference<Shard>[] _shards;

    public ShardedIndex(params MappedIndex[] parts) =>
        _shards = [.. parts.Select(part => new SharedReference<Shard>(new Shard(part, _domain.Readers.Era)))];

    private sealed record Shard(MappedIndex Index, long Birth);

    // Any number of threads, all the time.
    public bool Contains(long key)
    {
        using ReadGuard guard = _domain.Enter();
        Shard shard = guard.Protect(ref _shards[key % _shards.Length])!;
        return shard.Index.Contains(key);
    }

    // One writer at a time.
    public void Replace(int part, MappedIndex next)
    {
        var shard = new Shard(next, _domain.Readers.Era);                              // first note since when it may be found,
        Shard old = _shards[part].Exchange(shard)!;                                    // then replace: no new reader can find the old one,
        _domain.Retire(old, static old => old.Index.Dispose(), birth: old.Birth);      // then hand that over; never waits
    }

    public void Dispose()
    {
        foreach (ref SharedReference<Shard> shard in _shards.AsSpan())
        {
            _domain.Retire(shard.Exchange(null)!.Index);
        }

        _domain.Dispose();
    }
}
