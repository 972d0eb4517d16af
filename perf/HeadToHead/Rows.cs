namespace HeadToHead;

/// <summary>Every row there is.</summary>
internal static class Rows
{
    /// <summary>A peer of rows on two threads: the same job on one of them. What two readers cost each other.</summary>
    private const string OneReader = "one reader";

    /// <summary>A peer of rows whose keys somebody has chosen so that they collide: the same with keys that nobody has.</summary>
    private const string NoFlood = "benign";

    /// <summary>How many entries the frozen dictionaries have.</summary>
    public const int FrozenEntries = 10_000;

    /// <summary>How many reads come between two writes of one thread: where the reader-writer lock falls behind is to be found.</summary>
    private static readonly int[] s_readsPerWrite = [10, 100, 1_000, 10_000, 100_000];

    public static readonly Row[] All =
    [
        .. OfReaders,
        .. OfCaches,
        .. OfTypedCaches,
        .. OfSeqLocks,
        .. OfDictionaries("int", Keys.Numbers),
        .. OfDictionaries("string", Keys.Strings),
        .. OfFrozen<StaticFrozenNumbers, int>("int", Keys.Numbers(FrozenEntries)),
        .. OfFrozen<StaticFrozenStrings, string>("string", Keys.Strings(FrozenEntries)),
        new("dictionary", "churn-10k", 1, static () => [new Churn<OurTable<int>>(10_000), new Churn<ConcurrentTable<int>>(10_000), new Churn<ImmutableTable<int>>(10_000)]),
        new("dictionary", "load-int-10k", 1, static () => Loads(Keys.Numbers(10_000))),
        new("dictionary", "load-string-10k", 1, static () => Loads(Keys.Strings(10_000))),
        new("dictionary", "load-int-1m", 1, static () => Loads(Keys.Numbers(1_000_000))),
        new("dictionary", "load-string-1m", 1, static () => Loads(Keys.Strings(1_000_000))),
        new("dictionary", "flooded-string-100k", 1, static () =>
        [
            new LookUp<OurTable<string>, string>(Keys.Flood(100_000), found: true), new LookUp<OurTable<string>, string>(Keys.NoFlood(100_000), found: true) { Name = NoFlood },
        ]),
        new("dictionary", "flooded-add-10k", 1, static () =>
            [new Fill<OurTable<string>, string>(Keys.Flood(10_000)), new Fill<OurTable<string>, string>(Keys.NoFlood(10_000)) { Name = NoFlood }]),
    ];

    private static IEnumerable<Row> OfReaders =>
    [
        new("barrier", "announce", 1, static () => [new AnnounceLight(), new AnnounceNothing(), new AnnounceFullFence()]),
        new("barrier", "heavy", 1, static () => Heavies(withAnotherCoreBusy: false)),
        new("barrier", "heavy-busy", 1, static () => Heavies(withAnotherCoreBusy: true)),
        new("guard", "handle", 1, static () => Protected(new HandleGuard())),
        new("guard", "handle-x2", 2, static () => [.. Protected(new HandleGuard()), new HandleGuard { Name = OneReader, MostThreads = 1 }]),
        new("guard", "implicit", 1, static () => Protected(new ImplicitGuard())),
        new("guard", "implicit-x2", 2, static () => [.. Protected(new ImplicitGuard()), new ImplicitGuard { Name = OneReader, MostThreads = 1 }]),
        new("cell", "handle", 1, static () => Protected(new HandleCellRead())),
        new("cell", "handle-x2", 2, static () => [.. Protected(new HandleCellRead()), new HandleCellRead { Name = OneReader, MostThreads = 1 }]),
        new("cell", "handle-no-using", 1, static () => Protected(new BareCellRead())),
        new("cell", "implicit", 1, static () => Protected(new ImplicitCellRead())),
        .. new[] { ("", 1), ("-x2", 2) }.SelectMany(static threads => new Row[]
        {
            new("lock", "read" + threads.Item1, threads.Item2, static () => [new BiasedLockRead(), .. Locked, new UnbiasedLockRead()]),
            new("lock", "left-right" + threads.Item1, threads.Item2, static () => [new LeftRightRead(), new BiasedLockRead(), .. Locked]),
        }),
        new("lock", "implicit", 1, static () => [new ImplicitBiasedLockRead(), .. Locked]),
        .. s_readsPerWrite.Select(static reads => new Row("lock", $"read-{reads}-write-1-x2", 2, () =>
            [new MixedBiasedLock(reads), new MixedReaderWriterLock(reads), new MixedLock(reads), new MixedLeftRight(reads)])),
        new("lease", "cell", 1, static () => [new CellLease(), new PromotedLease(), new ImplicitCellRead(), new ScopedRead(), new SafeHandleRead()]),
        .. new[] { ("", 1), ("-x2", 2) }.SelectMany(static threads => new Row[]
        {
            new("owning", "hit-int-10k" + threads.Item1, threads.Item2, static () => OwningLookUps.All(Keys.Numbers(10_000))),
            new("owning", "hit-string-10k" + threads.Item1, threads.Item2, static () => OwningLookUps.All(Keys.Strings(10_000))),
        }),
        new("retire", "batch-64-busy-reader", 1, static () => [new RetireUnderReader()]),
        new("options", "monitor", 1, static () => [new MonitorOptionsRead<OurOptions>(), new MonitorOptionsRead<MicrosoftsOptions>(), new UnprotectedRead()]),
        new("options", "monitor-x2", 2, static () => [new MonitorOptionsRead<OurOptions>(), new MonitorOptionsRead<MicrosoftsOptions>(), new MonitorOptionsRead<OurOptions> { Name = OneReader, MostThreads = 1 }]),
        new("options", "monitor-named", 1, static () => [new NamedOptionsRead<OurOptions>(), new NamedOptionsRead<MicrosoftsOptions>()]),
        new("options", "snapshot", 1, static () => [new SnapshotOptionsRead<OurOptions>(), new SnapshotOptionsRead<MicrosoftsOptions>()]),
        new("options", "fixed", 1, static () => [new FixedOptionsRead<OurOptions>(), new FixedOptionsRead<MicrosoftsOptions>()]),
        new("scan", "1024", 1, static () => [new ScanReservations(ScanReservations.UsualEras), new ScanReservations(ScanReservations.MostEras)]),
    ];

    private static IEnumerable<Row> OfCaches =>
    [
        .. new[] { ("", 1), ("-x2", 2) }.SelectMany(static threads => new Row[]
        {
            new("cache", "hit" + threads.Item1, threads.Item2, static () => Hits(1_000, Stay.ForEver)),
            new("cache", "hit-expiring" + threads.Item1, threads.Item2, static () => Hits(1_000, Stay.UntilADate)),
            new("cache", "hit-sliding" + threads.Item1, threads.Item2, static () => Hits(1_000, Stay.WhileRead)),
            new("cache", "hit-one-key" + threads.Item1, threads.Item2, static () => Hits(1, Stay.ForEver)),
        }),
        new("cache", "set", 1, static () => [new CacheSet<OurCache>(Stay.ForEver), new CacheSet<MicrosoftsCache>(Stay.ForEver)]),
        new("cache", "set-expiring", 1, static () => [new CacheSet<OurCache>(Stay.UntilADate), new CacheSet<MicrosoftsCache>(Stay.UntilADate)]),
        new("cache", "set-told", 1, static () => [new CacheSet<OurCache>(Stay.ForEver) { IsTold = true }, new CacheSet<MicrosoftsCache>(Stay.ForEver) { IsTold = true }]),
        new("cache", "get-or-create", 1, static () => [new CacheGetOrCreate<OurCache>(isThere: true), new CacheGetOrCreate<MicrosoftsCache>(isThere: true)]),
        new("cache", "get-or-create-miss", 1, static () => [new CacheGetOrCreate<OurCache>(isThere: false), new CacheGetOrCreate<MicrosoftsCache>(isThere: false)]),
        new("cache", "hit-parts", 1, static () =>
        [
            new CacheHit<OurCache>(1_000, Stay.UntilADate), new CacheHit<OurCache>(1_000, Stay.ForEver) { Name = "never expiring" }, new OurClockAlone(),
            new CacheHit<MicrosoftsCache>(1_000, Stay.UntilADate), new CacheHit<MicrosoftsCacheAtRest>(1_000, Stay.UntilADate), new MicrosoftsClockAlone(),
        ]),
        .. new[] { ("", 1), ("-x2", 2) }.Select(static threads => new Row("cache", "hit-access" + threads.Item1, threads.Item2, static () =>
        [
            new CacheHit<OurCacheAtRest>(1, Stay.ForEver), new CacheHit<OurCacheInMotion>(1, Stay.ForEver), new CacheHit<MicrosoftsCacheAtRest>(1, Stay.ForEver),
        ])),
    ];

    private static IEnumerable<Row> OfTypedCaches =>
    [
        .. new[] { ("", 1), ("-x2", 2) }.SelectMany(static threads => new Row[]
        {
            new("typed-cache", "hit-int-1k" + threads.Item1, threads.Item2, static () => TypedHits([.. Enumerable.Range(0, 1_000)])),
            new("typed-cache", "hit-string-1k" + threads.Item1, threads.Item2, static () => TypedHits([.. Enumerable.Range(0, 1_000).Select(static i => $"user:{i}:profile")])),
            new("typed-cache", "hit-sliding" + threads.Item1, threads.Item2, static () =>
            {
                string[] keys = [.. Enumerable.Range(0, 1_000).Select(static i => $"user:{i}:profile")];
                return [new TypedCacheHit<OurTypedCache<string>, string>(keys, isSliding: true), new TypedCacheHit<LruTypedCache<string>, string>(keys, isSliding: true)];
            }),
        }),
        new("typed-cache", "churn-10k", 1, static () => [new TypedCacheChurn<OurTypedCache<int>>(), new TypedCacheChurn<LruTypedCache<int>>(), new TypedCacheChurn<LfuTypedCache<int>>()]),
    ];

    private static Contender[] TypedHits<TKey>(TKey[] keys)
        where TKey : notnull =>
    [
        new TypedCacheHit<OurTypedCache<TKey>, TKey>(keys), new TypedCacheHit<LruTypedCache<TKey>, TKey>(keys), new TypedCacheHit<LfuTypedCache<TKey>, TKey>(keys),
        new TypedCacheHit<MicrosoftsTypedCache<TKey>, TKey>(keys), new TypedCacheHit<OurCountingCache<TKey>, TKey>(keys),
    ];

    private static IEnumerable<Row> OfSeqLocks =>
    [
        new("seqlock", "read-8", 1, static () => BlockReads<Block8>(besideWriter: false)),
        new("seqlock", "read-64", 1, static () => BlockReads<Block64>(besideWriter: false)),
        new("seqlock", "read-64-x2", 2, static () => BlockReads<Block64>(besideWriter: false)),
        new("seqlock", "read-256", 1, static () => BlockReads<Block256>(besideWriter: false)),
        new("seqlock", "read-8-writer", 1, static () => BlockReads<Block8>(besideWriter: true)),
        new("seqlock", "read-64-writer", 1, static () => BlockReads<Block64>(besideWriter: true)),
        new("seqlock", "read-256-writer", 1, static () => BlockReads<Block256>(besideWriter: true)),
        new("seqlock", "write-64", 1, static () =>
        [
            new BlockWrite<InRing<Block64>, Block64>(), new BlockWrite<InOneSlot<Block64>, Block64>(), new BlockWrite<UnderLock<Block64>, Block64>(),
            new BlockWrite<UnderReaderWriterLock<Block64>, Block64>(), new BlockWrite<InNewObject<Block64>, Block64>(),
        ]),
    ];

    private static Contender[] BlockReads<TBlock>(bool besideWriter)
        where TBlock : unmanaged, IBlock =>
    [
        new BlockRead<InRing<TBlock>, TBlock>(besideWriter), new BlockRead<InOneSlot<TBlock>, TBlock>(besideWriter), new BlockRead<Unprotected<TBlock>, TBlock>(besideWriter),
        new BlockRead<UnderLock<TBlock>, TBlock>(besideWriter), new BlockRead<UnderReaderWriterLock<TBlock>, TBlock>(besideWriter), new BlockRead<InNewObject<TBlock>, TBlock>(besideWriter),
    ];

    private static Contender[] Hits(int keys, Stay stay) => [new CacheHit<OurCache>(keys, stay), new CacheHit<MicrosoftsCache>(keys, stay)];

    private static Contender[] Heavies(bool withAnotherCoreBusy)
    {
        var heavies = new List<Contender> { new HeavyBarrier(withAnotherCoreBusy), new ProcessWideBarrier() };
        if (RawMembarrierLoop.TryCreate() is { } raw)
        {
            heavies.Add(raw);
        }

        return [.. heavies];
    }

    private static Contender[] Locked => [new ReaderWriterLockRead(), new LockRead(), new UnprotectedRead()];

    private static Contender[] Protected(Contender ours) =>
    [
        ours, new UnprotectedRead(), new MonitorRead(), new LockRead(), new ReaderWriterLockRead(), new SafeHandleRead(), new ReferenceCountRead(),
        new LightEpochRead(), new DotNextEpochRead(), new ScopedRead(),
    ];

    private static IEnumerable<Row> OfDictionaries<TKey>(string kind, Func<int, Keys<TKey>> keys)
        where TKey : notnull
    {
        foreach ((string size, int count) in new[] { ("100", 100), ("10k", 10_000), ("1m", 1_000_000) })
        {
            yield return new("dictionary", $"hit-{kind}-{size}", 1, () => LookUps(keys(count), found: true));
            yield return new("dictionary", $"miss-{kind}-{size}", 1, () => LookUps(keys(count), found: false));
            yield return new("dictionary", $"set-{kind}-{size}", 1, () => Sets(keys(count)));
        }

        yield return new("dictionary", $"hit-{kind}-10k-x2", 2, () => LookUps(keys(10_000), found: true));
        yield return new("dictionary", $"miss-{kind}-10k-x2", 2, () => LookUps(keys(10_000), found: false));
        yield return new("dictionary", $"hit-{kind}-10k-writer", 1, () => LookUpsBesideWriter(keys(10_000)));
        foreach ((string size, int count) in new[] { ("10k", 10_000), ("1m", 1_000_000) })
        {
            yield return new("dictionary", $"set-after-snapshot-{kind}-{size}", 1, () => SetsAfterSnapshots(keys(count)));
            yield return new("dictionary", $"batch-after-snapshot-{kind}-{size}", 1, () => BatchesAfterSnapshots(keys(count)));
        }
    }

    private static IEnumerable<Row> OfFrozen<TStatic, TKey>(string kind, Keys<TKey> keys)
        where TStatic : struct, ITable<TStatic, TKey>
        where TKey : notnull
    {
        foreach ((string what, bool found) in new[] { ("hit", true), ("miss", false) })
        {
            yield return new("frozen", $"{what}-{kind}-10k", 1, () =>
            [
                new LookUp<FrozenCellTable<TKey>, TKey>(keys, found), new LookUp<FrozenTable<TKey>, TKey>(keys, found), new LookUp<TStatic, TKey>(keys, found), new LookUp<OurTable<TKey>, TKey>(keys, found),
            ]);
        }
    }

    private static Contender[] LookUps<TKey>(Keys<TKey> keys, bool found)
        where TKey : notnull =>
    [
        new LookUp<OurTable<TKey>, TKey>(keys, found), new LookUp<PlainTable<TKey>, TKey>(keys, found), new LookUp<ConcurrentTable<TKey>, TKey>(keys, found),
        new LookUp<FrozenTable<TKey>, TKey>(keys, found), new LookUp<ImmutableTable<TKey>, TKey>(keys, found),
    ];

    private static Contender[] LookUpsBesideWriter<TKey>(Keys<TKey> keys)
        where TKey : notnull =>
    [
        new LookUpBesideWriter<OurTable<TKey>, TKey>(keys, writes: true), new LookUpBesideWriter<OurTable<TKey>, TKey>(keys, writes: false),
        new LookUpBesideWriter<ConcurrentTable<TKey>, TKey>(keys, writes: true),
    ];

    private static Contender[] Loads<TKey>(Keys<TKey> keys)
        where TKey : notnull => [new Load<OurTable<TKey>, TKey>(keys), new Load<PlainTable<TKey>, TKey>(keys), new Load<ConcurrentTable<TKey>, TKey>(keys)];

    private static Contender[] Sets<TKey>(Keys<TKey> keys)
        where TKey : notnull =>
        [new SetOne<OurTable<TKey>, TKey>(keys), new SetOne<ConcurrentTable<TKey>, TKey>(keys), new SetOne<ImmutableTable<TKey>, TKey>(keys)];

    private static Contender[] SetsAfterSnapshots<TKey>(Keys<TKey> keys)
        where TKey : notnull => [new SetAfterSnapshot<OurTable<TKey>, TKey>(keys), new SetAfterSnapshot<ImmutableTable<TKey>, TKey>(keys)];

    private static Contender[] BatchesAfterSnapshots<TKey>(Keys<TKey> keys)
        where TKey : notnull => [new BatchAfterSnapshot<OurTable<TKey>, TKey>(keys), new BatchAfterSnapshot<ImmutableTable<TKey>, TKey>(keys)];
}
