using SwmrKit.Tests;

namespace SwmrKit;

/// <summary>The owning dictionary under stress: few keys, so that readers meet the writer; snapshots, so that pages are frozen and copied; batches and removals, so that they are replaced.</summary>
internal sealed class OwningDictionaryStress : Stress
{
    private const int Keys = 8;

    [ThreadStatic]
    private static int t_comparisons; // Of a thread that reads; 0 for one that writes.

    private readonly OwningDictionary<string, NativeBlock> _dictionary;
    private readonly string[] _keys = [.. Enumerable.Range(0, Keys).Select(static key => $"key {key}")];
    private uint _random = 1;

    private OwningDictionaryStress(StressPlan plan)
        : base(plan, Enum.GetNames<WayToLookUp>())
    {
        _dictionary = new OwningDictionary<string, NativeBlock>(Domain, new WaitingComparer(this));
        foreach (string key in _keys)
        {
            _dictionary.Set(key, new NativeBlock(Blocks));
        }
    }

    public static StressResult Run(StressPlan plan) => new OwningDictionaryStress(plan).Run();

    /// <summary>Mostly replaces single values; else removes and adds, replaces several at once, freezes the pages there are, or takes a value out and sets it again.</summary>
    protected override int Write()
    {
        _random = (_random * 1_664_525) + 1_013_904_223;
        string key = _keys[(_random >> 8) % Keys];
        string other = _keys[(_random >> 12) % Keys];
        switch (_random >> 28)
        {
            case 0 or 1:
                _dictionary.TryRemove(key);
                _dictionary.Set(key, new NativeBlock(Blocks));
                return 1;
            case 2:
                _dictionary.Update(batch =>
                {
                    batch.Set(key, new NativeBlock(Blocks));
                    batch.Set(other, new NativeBlock(Blocks)); // The same key, at times: then one is out at once.
                });
                return 2;
            case 3 or 4 or 5:
                using (DictionaryRead<string, NativeBlock> read = _dictionary.Read())
                {
                    _ = read.Snapshot();
                }

                _dictionary.Set(key, new NativeBlock(Blocks));
                return 1;
            case 6 when _dictionary.TryTake(key, out Detached<NativeBlock>? taken):
                _dictionary.Set(key, taken.Value);
                return 0;
            default:
                _dictionary.Set(key, new NativeBlock(Blocks));
                return 1;
        }
    }

    protected override void Unlink() => _dictionary.Dispose();

    protected override (int Way, bool Intact) Read(ReaderHandle handle, uint random)
    {
        string key = _keys[random % Keys];
        t_comparisons = ((random >> 3) % 2_048) is >= 64 and < 96 ? 0 : Math.Max(1, t_comparisons);
        (WayToLookUp way, bool intact) = ((random >> 3) % 2_048) switch
        {
            0 => (WayToLookUp.Stalled, ReadStalled(handle, key, random >> 14)),
            1 => (WayToLookUp.LongSnapshot, ReadSnapshot(handle, key, random >> 14, stalls: true)),
            < 64 => (WayToLookUp.Snapshot, ReadSnapshot(handle, key, random >> 14, stalls: false)),
            < 96 => (WayToLookUp.Made, ReadMade(handle, key, random >> 14)),
            < 320 => (WayToLookUp.Lease, ReadUnderLease(key, random >> 14)),
            < 512 => (WayToLookUp.Promotion, ReadUnderPromotion(handle, key, random >> 14)),
            < 768 => (WayToLookUp.Span, ReadBySpan(handle, key, random >> 14)),
            < 1_024 => (WayToLookUp.Nested, ReadNested(handle, key, random >> 14)),
            _ => (WayToLookUp.Guard, ReadUnderGuard(handle, key, random >> 14)),
        };
        return ((int)way, intact);
    }

    private bool ReadUnderGuard(ReaderHandle handle, string key, uint random)
    {
        using DictionaryRead<string, NativeBlock> read = _dictionary.Read(handle);
        return !read.TryGetValue(key, out NativeBlock? value) || StaysIntact(value, random);
    }

    private bool ReadBySpan(ReaderHandle handle, string key, uint random)
    {
        using DictionaryRead<string, NativeBlock> read = _dictionary.Read(handle);
        return !read.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(key, out NativeBlock? value) || StaysIntact(value, random);
    }

    /// <summary>What is younger than the outer read is looked up in the inner one, and goes on to be used.</summary>
    private bool ReadNested(ReaderHandle handle, string key, uint random)
    {
        using DictionaryRead<string, NativeBlock> outer = _dictionary.Read(handle);
        bool intact = !outer.TryGetValue(key, out NativeBlock? first) || first.IsIntact;
        LetTheWriterGoOn(random);
        using (DictionaryRead<string, NativeBlock> inner = _dictionary.Read(handle))
        {
            intact &= !inner.TryGetValue(key, out NativeBlock? second) || StaysIntact(second, random);
        }

        return intact && (first is null || first.IsIntact);
    }

    /// <summary>Long inside one read: what it found first, and what was set long after it was entered.</summary>
    private bool ReadStalled(ReaderHandle handle, string key, uint random)
    {
        using DictionaryRead<string, NativeBlock> read = _dictionary.Read(handle);
        read.TryGetValue(key, out NativeBlock? first);
        Stall(random);
        bool intact = !read.TryGetValue(key, out NativeBlock? second) || StaysIntact(second, random);
        WaitForWrites(4);
        return intact && (first?.IsIntact ?? true) && (second?.IsIntact ?? true);
    }

    private bool ReadSnapshot(ReaderHandle handle, string key, uint random, bool stalls)
    {
        using DictionaryRead<string, NativeBlock> read = _dictionary.Read(handle);
        if ((random & 1) == 0)
        {
            LetTheWriterGoOn(random >> 1); // So that what it holds is younger than the read.
        }

        OwningDictionarySnapshot<string, NativeBlock> snapshot = read.Snapshot();
        if (stalls)
        {
            Stall(random);
        }

        bool intact = true;
        foreach ((_, NativeBlock value) in snapshot)
        {
            intact &= StaysIntact(value, random);
        }

        WaitForWrites(4);
        return intact && (!snapshot.TryGetValue(key, out NativeBlock? one) || one.IsIntact);
    }

    private bool ReadMade(ReaderHandle handle, string key, uint random)
    {
        if ((random & 1) == 0)
        {
            using Lease<NativeBlock> lease = _dictionary.GetOrAdd(key, _ => new NativeBlock(Blocks));
            return StaysIntact(lease.Value, random);
        }

        using DictionaryRead<string, NativeBlock> read = _dictionary.Read(handle);
        return StaysIntact(read.GetOrAdd(key, _ => new NativeBlock(Blocks)), random);
    }

    private bool ReadUnderLease(string key, uint random)
    {
        if (!_dictionary.TryLease(key, out Lease<NativeBlock>? lease))
        {
            return true;
        }

        using (lease)
        {
            return StaysIntact(lease.Value, random);
        }
    }

    /// <summary>The lease outlives the read, or snapshot, that it was made from.</summary>
    private bool ReadUnderPromotion(ReaderHandle handle, string key, uint random)
    {
        Lease<NativeBlock>? lease;
        using (DictionaryRead<string, NativeBlock> read = _dictionary.Read(handle))
        {
            if (!((random & 3) == 0 ? read.Snapshot().TryLease(key, out lease) : read.TryLease(key, out lease)))
            {
                return true;
            }
        }

        using (lease)
        {
            return StaysIntact(lease.Value, random >> 2);
        }
    }

    /// <summary>Compares text, and now and then lets the writer go on in the middle of a reader's look-up, twice in a row: so that what it finds is young, and that the page it is in is replaced before it looks again.</summary>
    private sealed class WaitingComparer(OwningDictionaryStress stress) : IEqualityComparer<string>, IAlternateEqualityComparer<ReadOnlySpan<char>, string>
    {
        public bool Equals(string? x, string? y)
        {
            Wait();
            return x == y;
        }

        public int GetHashCode(string key) => string.GetHashCode(key);

        public bool Equals(ReadOnlySpan<char> alternate, string other)
        {
            Wait();
            return alternate.SequenceEqual(other);
        }

        public int GetHashCode(ReadOnlySpan<char> alternate) => string.GetHashCode(alternate);

        public string Create(ReadOnlySpan<char> alternate) => new(alternate);

        private void Wait()
        {
            if (t_comparisons > 0 && ++t_comparisons % 64 < 2)
            {
                stress.WaitForWrites(4 * Keys);
            }
        }
    }
}

/// <summary>The ways in which the readers of a dictionary take turns.</summary>
internal enum WayToLookUp
{
    Guard,
    Span,
    Nested,
    Stalled,
    Snapshot,
    LongSnapshot,
    Made,
    Lease,
    Promotion,
}
