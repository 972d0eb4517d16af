namespace HeadToHead;

/// <summary>Every row there is.</summary>
internal static class Rows
{
    public static readonly Row[] All =
    [
        new("barrier", "announce", 1, static () => [new AnnounceLight(), new AnnounceNothing(), new AnnounceFullFence()]),
        new("barrier", "heavy", 1, static () => Heavies(withAnotherCoreBusy: false)),
        new("barrier", "heavy-busy", 1, static () => Heavies(withAnotherCoreBusy: true)),
        new("guard", "handle", 1, static () => Protected(new HandleGuard())),
        new("guard", "handle-x2", 2, static () => Protected(new HandleGuard())),
        new("guard", "implicit", 1, static () => Protected(new ImplicitGuard())),
        new("guard", "implicit-x2", 2, static () => Protected(new ImplicitGuard())),
        new("cell", "handle", 1, static () => Protected(new HandleCellRead())),
        new("cell", "handle-x2", 2, static () => Protected(new HandleCellRead())),
        new("cell", "implicit", 1, static () => Protected(new ImplicitCellRead())),
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
    ];
}
