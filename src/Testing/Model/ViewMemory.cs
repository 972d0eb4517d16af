namespace SwmrKit.Testing;

/// <summary>
/// A view-based memory after RC11 (Lahav et al., "Repairing Sequential Consistency in C/C++11", PLDI 2017) in operational form
/// (Kang et al., "A Promising Semantics for Relaxed-Memory Concurrency", POPL 2017, without promises).
/// </summary>
/// <remarks>
/// <para>Each location keeps all its writes in modification order; each thread has a view, the oldest write of each location that
/// it may still read. A relaxed access moves only its own location; a release write carries the writer's view, an acquire
/// read takes it over. Full fences exchange views through one that all of them share. Load buffering is forbidden, as in RC11.</para>
/// <para><b>Asymmetric barriers</b> follow P1202R5 and promise nothing more: a heavy barrier fences its own thread, then each thread in
/// turn, then its own again. The step for a thread publishes what that thread did before its last light barrier, and leaves the
/// fences' view to be taken over by its next light barrier. A write with no light barrier behind it is not published: the
/// compiler may have sunk it past the loads that follow.</para>
/// <para><b>Data races.</b> A view also counts what has happened before. Two accesses to plain data, one of them a write, without that order
/// are an error, and so is the use of a word by a thread that its creation was never published to.</para>
/// </remarks>
internal sealed class ViewMemory(Execution execution) : MemoryModel(execution)
{
    private readonly View _fences = new();
    private string _remark = "";

    /// <summary>What a thread knows.</summary>
    internal sealed class Knowledge
    {
        public View Current { get; } = new();

        /// <summary>What relaxed reads found, for an acquire fence to take over.</summary>
        public View Acquirable { get; } = new();

        /// <summary>What the last release fence saw: every later write carries it.</summary>
        public View Released { get; set; } = new();

        /// <summary>What came before the last light barrier: all that a heavy barrier settles.</summary>
        public View Marked { get; set; } = new();

        /// <summary>What heavy barriers have brought, for the next light barrier to take over.</summary>
        public View Pending { get; } = new();

        /// <summary>What the current waiting loop has read, and which write it was.</summary>
        public Dictionary<Location, Message> Watched { get; } = [];

        /// <summary>What else it has found: plain data and locks, and their versions.</summary>
        public Dictionary<Location, int> WatchedVersions { get; } = [];
    }

    public override bool FindsRaces => true;

    public override bool OrdersFences => true;

    public override string Remark => _remark;

    /// <summary>Its location; for a full fence the order of all of them, and for a waiting loop what it has read.</summary>
    public override Footprint FootprintOf(ModelThread thread, in Operation operation)
    {
        if (operation.Kind == OperationKind.Spin)
        {
            return new Footprint(null, null, [.. thread.Known.Watched.Keys, .. thread.Known.WatchedVersions.Keys]);
        }

        HashSet<Location>? fences = operation.IsTotallyOrdered ? Execution.FenceOrder : null;
        return operation.Writes ? new Footprint(null, operation.Location, fences) : new Footprint(operation.Location, null, fences);
    }

    public override Word Read(ModelThread thread, Location location, Ordering ordering)
    {
        CheckPublished(thread, location);
        Knowledge known = thread.Known;
        List<Message> messages = location.Messages;
        int newest = messages.Count - 1;
        int choices = newest - known.Current.PositionAt(location) + 1;
        int age = Execution.Choose(choices);
        Message message = messages[newest - age];
        _remark = age == 0 ? "" : $"stale: {age} newer write(s), the latest {messages[newest].Value}";
        Execution.Past?.Found(thread, message.Past);
        Learn(known, location, message, ordering == Ordering.Acquire);
        known.Watched[location] = message;
        return message.Value;
    }

    public override void Write(ModelThread thread, Location location, Word value, Ordering ordering)
    {
        CheckPublished(thread, location);
        Knowledge known = thread.Known;
        int newest = location.Messages.Count - 1;
        int oldest = known.Current.PositionAt(location);

        // Anywhere behind what this thread knows, but not between an atomic update and what it updated.
        int choices = 0;
        for (int i = newest; i >= oldest; i--)
        {
            choices += location.Messages[i].IsUpdated ? 0 : 1;
        }

        int choice = Execution.Choose(choices);
        int after = newest;
        while (location.Messages[after].IsUpdated || choice-- > 0)
        {
            after--;
        }

        _remark = after == newest ? "" : $"ordered before {newest - after} write(s), the latest {location.Messages[newest].Value}";
        Insert(thread, location, after, value, ordering == Ordering.Release, releaseSequence: null);
    }

    public override Word ReadModifyWrite(ModelThread thread, Location location, Update update)
    {
        CheckPublished(thread, location);
        FullFence(thread);
        Knowledge known = thread.Known;
        List<Message> messages = location.Messages;
        int oldest = known.Current.PositionAt(location);

        // What an earlier update has updated can be found by no second one, unless that one writes nothing.
        var candidates = new List<int>(messages.Count);
        for (int i = messages.Count - 1; i >= oldest; i--)
        {
            if (!messages[i].IsUpdated || update(messages[i].Value) is null)
            {
                candidates.Add(i);
            }
        }

        int at = candidates[Execution.Choose(candidates.Count)];
        Message found = messages[at];
        _remark = at == messages.Count - 1 ? "" : $"not the latest, which is {messages[^1].Value}";
        Execution.Past?.Found(thread, found.Past);
        Learn(known, location, found, acquire: true);
        known.Watched[location] = found;
        if (update(found.Value) is { } value)
        {
            found.IsUpdated = true;
            Insert(thread, location, at, value, release: true, releaseSequence: found.Released);
        }

        FullFence(thread);
        return found.Value;
    }

    public override void FullFence(ModelThread thread)
    {
        Knowledge known = thread.Known;
        known.Current.Join(known.Acquirable);
        known.Current.JoinWrites(_fences);
        _fences.JoinWrites(known.Current);
        known.Released = known.Current.Copy();
        thread.Epoch++;
        Light(thread);
    }

    public override void AcquireFence(ModelThread thread) => thread.Known.Current.Join(thread.Known.Acquirable);

    public override void ReleaseFence(ModelThread thread)
    {
        thread.Known.Released = thread.Known.Current.Copy();
        thread.Epoch++;
    }

    public override void Light(ModelThread thread)
    {
        thread.Known.Current.JoinWrites(thread.Known.Pending);
        thread.Known.Marked = thread.Known.Current.Copy();
    }

    public override void HeavyStep(ModelThread target)
    {
        _fences.JoinWrites(target.Known.Marked);
        target.Known.Pending.JoinWrites(_fences);
    }

    public override bool WouldSettle(ModelThread caller, ModelThread target) => !caller.Known.Current.KnowsWritesOf(target.Known.Marked);

    public override Word ReadPlain(ModelThread thread, Location location)
    {
        CheckPublished(thread, location);
        CheckOrdered(thread, location.LastWrite, "read", "written");
        location.LastRead[thread.Id] = thread.Epoch;
        thread.Known.WatchedVersions[location] = location.Version;
        Execution.Past?.Found(thread, location.Past); // Behind a collection races do not end an execution, and then nothing else tells it.
        return location.Value;
    }

    public override void WritePlain(ModelThread thread, Location location, Word value)
    {
        CheckPublished(thread, location);
        CheckOrdered(thread, location.LastWrite, "write", "written");
        CheckOrdered(thread, location.LastRead, "write", "read");
        location.LastWrite[thread.Id] = thread.Epoch;
        Fingerprint written = thread.Past.Then(location.Past); // One operation may be followed by several of these.
        Execution.Past?.Inserted(location.Past, written, after: null);
        location.Past = written;
        location.Value = value;
        location.Version++;
    }

    public override void EnterLock(ModelThread thread, ModelLock entered) => thread.Known.Current.Join(entered.Released);

    public override void ExitLock(ModelThread thread, ModelLock exited)
    {
        exited.Released = thread.Known.Current.Copy();
        exited.Location.Version++;
        thread.Epoch++;
    }

    public override void FindLocked(ModelThread thread, ModelLock found) => thread.Known.WatchedVersions[found.Location] = found.Location.Version;

    public override void Started(ModelThread parent, ModelThread child)
    {
        Light(parent);
        child.Known.Current.Join(parent.Known.Current);
        child.Known.Released.Join(parent.Known.Current);
        child.Known.Marked.Join(parent.Known.Marked);
        child.Known.Pending.Join(parent.Known.Pending);
        parent.Epoch++;
        child.Epoch = 1;
    }

    public override void Ended(ModelThread thread)
    {
        Light(thread);
        Location life = thread.Life;
        Insert(thread, life, life.Messages.Count - 1, Word.Of(0), release: true, releaseSequence: null);
    }

    public override void Joined(ModelThread thread, ModelThread ended) => thread.Known.Current.Join(ended.Known.Current);

    public override bool HasNews(ModelThread thread)
    {
        foreach ((Location location, Message read) in thread.Known.Watched)
        {
            if (read.Position < location.Messages.Count - 1)
            {
                return true;
            }
        }

        foreach ((Location location, int version) in thread.Known.WatchedVersions)
        {
            if (version != location.Version)
            {
                return true;
            }
        }

        return false;
    }

    public override void TakeNews(ModelThread thread)
    {
        Knowledge known = thread.Known;
        foreach ((Location location, Message read) in known.Watched)
        {
            if (read.Position < location.Messages.Count - 1)
            {
                Message news = location.Messages[read.Position + 1];
                known.Current.See(location, news);
                Execution.Past?.Found(thread, news.Past);
            }
        }

        ForgetReads(thread);
    }

    public override void ForgetReads(ModelThread thread)
    {
        thread.Known.Watched.Clear();
        thread.Known.WatchedVersions.Clear();
    }

    private static void Learn(Knowledge known, Location location, Message message, bool acquire)
    {
        known.Current.See(location, message);
        (acquire ? known.Current : known.Acquirable).Join(message.Released);
    }

    private void Insert(ModelThread thread, Location location, int after, Word value, bool release, View? releaseSequence)
    {
        Knowledge known = thread.Known;
        var message = new Message(value, thread, null) { Past = thread.Past };
        location.Messages.Insert(after + 1, message);
        Execution.Past?.Inserted(location.Messages[after].Past, message.Past, after + 2 < location.Messages.Count ? location.Messages[after + 2].Past : null);
        for (int i = after + 1; i < location.Messages.Count; i++)
        {
            location.Messages[i].Position = i;
        }

        known.Current.See(location, message);
        View released = (release ? known.Current : known.Released).Copy();
        released.See(location, message);
        released.Join(releaseSequence);
        message.Released = released;
        if (release)
        {
            thread.Epoch++;
        }
    }

    private void CheckPublished(ModelThread thread, Location location)
    {
        if (location.Creator is { } creator && !ReferenceEquals(creator, thread) && ReferenceEquals(creator.Execution, Execution)
            && thread.Known.Current.Clock[creator.Id] < location.CreatorEpoch)
        {
            Execution.Report($"{thread.Name} uses a word whose creation by {creator.Name} was not published to it: no release and acquire in between.");
        }
    }

    private void CheckOrdered(ModelThread thread, int[] accesses, string now, string before)
    {
        for (int other = 0; other < accesses.Length; other++)
        {
            if (other != thread.Id && accesses[other] > thread.Known.Current.Clock[other])
            {
                Execution.Report($"Data race: {thread.Name} would {now} plain data that {Execution.NameOf(other)} has {before}, and nothing orders the two.");
            }
        }
    }
}
