using SwmrKit.Testing;

namespace SwmrKit;

/// <summary>A domain, the word its readers read, and what readers and writers do with them.</summary>
internal sealed class World
{
    private readonly ReaderSlot[] _slots;
    private SharedReference<Resource> _root;

    public World(int readers, int batchSize = 1, int timerTicks = 0)
    {
        Domain = new RetirementDomain(new RetirementOptions { BatchSize = batchSize, TimeProvider = new ModelTime(timerTicks) });
        _slots = [.. Enumerable.Range(0, readers).Select(_ => Domain.Readers.Acquire(new SlotOwner("reader", ThreadIdentity.Current, isImplicit: false)))];
        _root = new SharedReference<Resource>(new Resource(Domain.Readers.Era));
    }

    public RetirementDomain Domain { get; }

    public ref SharedReference<Resource> Root => ref _root;

    public ReaderSlot Slot(int reader) => _slots[reader];

    /// <summary>One read section: enter, find, use, leave.</summary>
    public void Read(int reader)
    {
        var guard = new ReadGuard(_slots[reader]);
        guard.Protect(ref _root)!.Use();
        guard.Dispose();
    }

    /// <summary>Replaces the resource, as the only writer: publish, then retire the one replaced.</summary>
    public Resource Replace()
    {
        var next = new Resource(Domain.Readers.Era); // O9: the birth, before the publication.
        Resource old = _root.ReadRelaxed()!;
        _root.Write(next);
        Retire(old);
        return old;
    }

    public void Retire(Resource resource) => Domain.Retire(resource, static resource => resource.Dispose(), birth: resource.Birth);

    /// <summary>When all readers have left, what was retired is disposed, each thing once.</summary>
    public void Drain()
    {
        Model.Assert(Domain.Synchronize(Timeout.InfiniteTimeSpan), "the readers have left");
        Model.Assert(Domain.Statistics.Pending == 0, "something is still pending although no reader is left");
    }

    public static void Run(params ReadOnlySpan<(string Name, Action Body)> threads)
    {
        var running = new List<ModelThread>();
        foreach ((string name, Action body) in threads)
        {
            running.Add(ModelThread.Start(name, body));
        }

        running.ForEach(static thread => thread.Join());
    }
}
