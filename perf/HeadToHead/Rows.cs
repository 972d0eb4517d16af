namespace HeadToHead;

/// <summary>Every row there is.</summary>
internal static class Rows
{
    /// <summary>A peer of rows on two threads: the same job on one of them. What two readers cost each other.</summary>
    private const string OneReader = "one reader";

    public static readonly Row[] All =
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
        new("lease", "cell", 1, static () => [new CellLease(), new PromotedLease(), new ImplicitCellRead(), new ScopedRead(), new SafeHandleRead()]),
        new("retire", "batch-64-busy-reader", 1, static () => [new RetireUnderReader()]),
        new("scan", "1024", 1, static () => [new ScanReservations(ScanReservations.UsualEras), new ScanReservations(ScanReservations.MostEras)]),
    ];

    private static Contender[] Heavies(bool withAnotherCoreBusy)
    {
        var heavies = new List<Contender> { new HeavyBarrier(withAnotherCoreBusy), new ProcessWideBarrier() };
        if (RawMembarrierLoop.TryCreate() is { } raw)
        {
            heavies.Add(raw);
        }

        return [.. heavies];
    }

    private static Contender[] Protected(Contender ours) =>
    [
        ours, new UnprotectedRead(), new MonitorRead(), new LockRead(), new ReaderWriterLockRead(), new SafeHandleRead(), new ReferenceCountRead(),
        new LightEpochRead(), new DotNextEpochRead(), new ScopedRead(),
    ];
}
