namespace SwmrKit.Testing;

/// <summary>
/// Total store order, the memory of x86 (Sewell et al., "x86-TSO", CACM 2010): each thread's stores wait in a buffer of its own,
/// in order, and reach memory when they will.
/// </summary>
/// <remarks>
/// <para>When they do matters only to who looks. So a store leaves its buffer at the moment another thread touches its location, or
/// not yet: that is the only choice there is. Every possible order at each location is tried, and no other.</para>
/// <para>A heavy barrier empties the buffers of the other threads one after the other, but only up to the last light barrier: what
/// was stored after it the compiler may still sink.</para>
/// <para>Plain data is stored like anything else, and races are not looked for: that is the view-based memory's part.</para>
/// </remarks>
internal sealed class StoreBufferMemory(Execution execution) : MemoryModel(execution)
{
    private string _remark = "";

    /// <summary>A thread's stores on their way to memory, oldest first.</summary>
    internal sealed class Buffer
    {
        public List<(Location Location, Word Value, Fingerprint Past)> Stores { get; } = [];

        /// <summary>How many of them, from the oldest, came before the last light barrier.</summary>
        public int Marked { get; set; }

        /// <summary>Whether its oldest store is just reaching memory: none behind it can be there first.</summary>
        public bool IsDraining { get; set; }

        /// <summary>What the current waiting loop has read, and the version it found.</summary>
        public Dictionary<Location, int> Watched { get; } = [];
    }

    public override bool FindsRaces => false;

    /// <summary>A fence empties its own thread's buffer and no more.</summary>
    public override bool OrdersFences => false;

    public override string Remark => _remark;

    /// <summary>
    /// The location, and what may come to memory on the way to it: stores of others to it, what is before them in their buffers, and so on.
    /// </summary>
    /// <remarks>
    /// No more than that, for the reduction asks at each operation which of the others' next ones it meets: while an operation waits its footprint may
    /// grow only by operations that meet it.
    /// </remarks>
    public override Footprint FootprintOf(ModelThread thread, in Operation operation)
    {
        var written = new HashSet<Location>();
        if (operation.Location is { } location && operation.Writes)
        {
            written.Add(location);
        }

        var counted = new int[Execution.MostThreads];
        switch (operation.Kind)
        {
            case OperationKind.Read:
                AddPending(thread, operation.Location!, written, counted);
                break;
            case OperationKind.Spin:
                foreach (Location watched in thread.Buffer.Watched.Keys)
                {
                    written.Add(watched);
                    AddPending(thread, watched, written, counted);
                }

                break;
            case OperationKind.Join:
                AddStores(operation.Target!, operation.Target!.Buffer.Stores.Count, written, counted);
                break;
            case OperationKind.HeavyStep:
                AddStores(operation.Target!, operation.Target!.Buffer.Marked, written, counted);
                break;
            case OperationKind.ReadModifyWrite:
                AddStores(thread, thread.Buffer.Stores.Count, written, counted);
                AddPending(thread, operation.Location!, written, counted);
                break;
            case OperationKind.FullFence or OperationKind.EnterLock or OperationKind.ExitLock or OperationKind.StartThread or OperationKind.SetTimer or OperationKind.AwaitTimer:
                AddStores(thread, thread.Buffer.Stores.Count, written, counted);
                break;
            default:
                break; // A store waits in the buffer; the rest is no business of memory's.
        }

        return new Footprint(operation.Location, null, written);
    }

    public override Word Read(ModelThread thread, Location location, Ordering ordering)
    {
        List<(Location Location, Word Value, Fingerprint Past)> own = thread.Buffer.Stores;
        int last = own.FindLastIndex(store => ReferenceEquals(store.Location, location));
        if (last < 0)
        {
            Settle(location, thread);
        }

        _remark = last >= 0 ? "its own, still in its buffer" : IsPendingElsewhere(thread, location) ? "stale: a store of another thread is still in its buffer" : "";
        thread.Buffer.Watched[location] = location.Version;
        Execution.Past?.Found(thread, last >= 0 ? own[last].Past : location.Past);
        return last >= 0 ? own[last].Value : location.Value;
    }

    public override void Write(ModelThread thread, Location location, Word value, Ordering ordering)
    {
        _remark = "";
        thread.Buffer.Stores.Add((location, value, thread.Past));
    }

    public override Word ReadModifyWrite(ModelThread thread, Location location, Update update)
    {
        FullFence(thread);
        Settle(location, thread);
        thread.Buffer.Watched[location] = location.Version;
        Word found = location.Value;
        Execution.Past?.Found(thread, location.Past);
        if (update(found) is { } value)
        {
            SetMemory(location, value, thread.Past);
        }

        return found;
    }

    public override void FullFence(ModelThread thread) => Drain(thread, thread.Buffer.Stores.Count);

    public override void AcquireFence(ModelThread thread)
    {
    }

    public override void ReleaseFence(ModelThread thread)
    {
    }

    public override void Light(ModelThread thread) => thread.Buffer.Marked = thread.Buffer.Stores.Count;

    public override void HeavyStep(ModelThread target) => Drain(target, target.Buffer.Marked);

    public override bool WouldSettle(ModelThread caller, ModelThread target) => target.Buffer.Marked > 0;

    public override Word ReadPlain(ModelThread thread, Location location) => Read(thread, location, Ordering.Relaxed);

    public override void WritePlain(ModelThread thread, Location location, Word value) => Write(thread, location, value, Ordering.Relaxed);

    /// <summary>On x86 taking and leaving a lock are locked instructions.</summary>
    public override void EnterLock(ModelThread thread, ModelLock entered) => FullFence(thread);

    public override void ExitLock(ModelThread thread, ModelLock exited)
    {
        FullFence(thread);
        exited.Location.Version++;
    }

    public override void FindLocked(ModelThread thread, ModelLock found) => thread.Buffer.Watched[found.Location] = found.Location.Version;

    public override void Started(ModelThread parent, ModelThread child) => FullFence(parent);

    /// <summary>Nothing is emptied here: whoever joins the thread, or reads that it has ended, finds its stores in order.</summary>
    public override void Ended(ModelThread thread)
    {
        thread.Buffer.Stores.Add((thread.Life, Word.Of(0), thread.Past));
        Light(thread);
    }

    public override void Joined(ModelThread thread, ModelThread ended) => FullFence(ended);

    public override bool HasNews(ModelThread thread)
    {
        foreach ((Location location, int version) in thread.Buffer.Watched)
        {
            if (location.Version != version || IsPendingElsewhere(thread, location))
            {
                return true;
            }
        }

        return false;
    }

    public override void TakeNews(ModelThread thread)
    {
        foreach ((Location location, int version) in thread.Buffer.Watched)
        {
            if (location.Version == version && PendingElsewhere(thread, location) is { Count: > 0 } pending)
            {
                ModelThread other = pending[Execution.Choose(pending.Count)];
                Drain(other, 1 + other.Buffer.Stores.FindIndex(store => ReferenceEquals(store.Location, location)));
            }
        }

        thread.Buffer.Watched.Clear();
    }

    public override void ForgetReads(ModelThread thread) => thread.Buffer.Watched.Clear();

    /// <summary>The stores that may come to memory before somebody's access to a location.</summary>
    private void AddPending(ModelThread toucher, Location touched, HashSet<Location> written, int[] counted)
    {
        foreach (ModelThread other in PendingElsewhere(toucher, touched))
        {
            AddStores(other, 1 + other.Buffer.Stores.FindLastIndex(store => ReferenceEquals(store.Location, touched)), written, counted);
        }
    }

    /// <summary>The oldest stores of a thread, and what may come before each.</summary>
    private void AddStores(ModelThread thread, int count, HashSet<Location> written, int[] counted)
    {
        while (counted[thread.Id] < count)
        {
            Location stored = thread.Buffer.Stores[counted[thread.Id]++].Location;
            written.Add(stored);
            AddPending(thread, stored, written, counted);
        }
    }

    private void SetMemory(Location location, Word value, Fingerprint past)
    {
        Execution.Past?.Inserted(location.Past, past, after: null);
        location.Past = past;
        location.Value = value;
        location.Version++;
    }

    /// <summary>Lets other threads' stores to a location reach memory, or some of them, or none.</summary>
    private void Settle(Location location, ModelThread except)
    {
        while (PendingElsewhere(except, location) is { Count: > 0 } pending)
        {
            int choice = Execution.Choose(pending.Count + 1);
            if (choice == pending.Count)
            {
                return;
            }

            ModelThread other = pending[choice];
            Drain(other, 1 + other.Buffer.Stores.FindIndex(store => ReferenceEquals(store.Location, location)));
        }
    }

    /// <summary>The oldest stores of a thread reach memory; those of others to the same locations may have come before each.</summary>
    private void Drain(ModelThread thread, int count)
    {
        Buffer buffer = thread.Buffer;
        for (; count > 0; count--)
        {
            (Location location, Word value, Fingerprint past) = buffer.Stores[0];
            buffer.IsDraining = true;
            Settle(location, thread);
            buffer.IsDraining = false;
            buffer.Stores.RemoveAt(0);
            buffer.Marked = Math.Max(0, buffer.Marked - 1);
            SetMemory(location, value, past);
        }
    }

    private bool IsPendingElsewhere(ModelThread thread, Location location) => PendingElsewhere(thread, location).Count > 0;

    private List<ModelThread> PendingElsewhere(ModelThread thread, Location location)
    {
        var pending = new List<ModelThread>();
        foreach (ModelThread other in Execution.Threads)
        {
            if (!ReferenceEquals(other, thread) && !other.Buffer.IsDraining && other.Buffer.Stores.Exists(store => ReferenceEquals(store.Location, location)))
            {
                pending.Add(other);
            }
        }

        return pending;
    }
}
