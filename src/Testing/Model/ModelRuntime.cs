namespace SwmrKit.Testing;

/// <summary>What the stand-ins for shared words, locks and barriers do: announce the operation, wait for the turn, do it in the modelled memory.</summary>
/// <remarks>Outside every scenario a word is an ordinary variable, and its value the initial one of each execution.</remarks>
internal static class ModelRuntime
{
    public static Word Read(Location location, Ordering ordering, Site site)
    {
        if (ModelThread.Running is not { } thread)
        {
            return location.Outside;
        }

        Execution execution = thread.Execution;
        execution.Before(thread, new Operation(OperationKind.Read, location, null, site));
        Word value = execution.Memory.Read(thread, location, ordering);
        execution.After(thread, ordering == Ordering.Acquire ? "reads" : "reads relaxed", value);
        return value;
    }

    public static void Write(Location location, Word value, Ordering ordering, Site site)
    {
        if (ModelThread.Running is not { } thread)
        {
            location.Outside = value;
            return;
        }

        Execution execution = thread.Execution;
        execution.Before(thread, new Operation(OperationKind.Write, location, null, site));
        execution.Memory.Write(thread, location, value, ordering);
        execution.After(thread, ordering == Ordering.Release ? "writes" : "writes relaxed", value);
    }

    public static void Announce(Location location, Word value, Site site)
    {
        if (ModelThread.Running is not { } thread)
        {
            location.Outside = value;
            return;
        }

        Execution execution = thread.Execution;
        execution.Before(thread, new Operation(OperationKind.Write, location, null, site) { IsAnnouncement = true });
        execution.Memory.Write(thread, location, value, Ordering.Release);
        execution.Memory.Light(thread);
        execution.After(thread, "announces", value);
    }

    public static Word ReadModifyWrite(Location location, Update update, Site site)
    {
        if (ModelThread.Running is not { } thread)
        {
            Word found = location.Outside;
            location.Outside = update(found) ?? found;
            return found;
        }

        Execution execution = thread.Execution;
        execution.Before(thread, new Operation(OperationKind.ReadModifyWrite, location, null, site));
        Word value = execution.Memory.ReadModifyWrite(thread, location, update);
        execution.After(thread, update(value) is { } written ? $"updates to {written} from" : "leaves", value);
        return value;
    }

    public static Word ReadPlain(Location location, Site site)
    {
        if (ModelThread.Running is not { } thread)
        {
            return location.Outside;
        }

        Execution execution = thread.Execution;
        execution.BeforePlain(thread, new Operation(OperationKind.Read, location, null, site));
        Word value = execution.Memory.ReadPlain(thread, location);
        return value;
    }

    public static void WritePlain(Location location, Word value, Site site)
    {
        if (ModelThread.Running is not { } thread)
        {
            location.Outside = value;
            return;
        }

        Execution execution = thread.Execution;
        execution.BeforePlain(thread, new Operation(OperationKind.Write, location, null, site));
        execution.Memory.WritePlain(thread, location, value);
    }

    public static void FullFence(Site site)
    {
        if (ModelThread.Running is { } thread)
        {
            thread.Execution.Before(thread, new Operation(OperationKind.FullFence, null, null, site));
            thread.Execution.Memory.FullFence(thread);
            thread.Execution.After(thread, "fences");
        }
    }

    public static void Light(Site site)
    {
        if (ModelThread.Running is { } thread)
        {
            thread.Execution.Before(thread, new Operation(OperationKind.Light, null, null, site));
            thread.Execution.Memory.Light(thread);
            thread.Execution.After(thread, "light barrier");
        }
    }

    /// <summary>As membarrier does it: this thread, then each of the others at a moment of its own, in any order, then this thread again.</summary>
    public static void Heavy(Site site)
    {
        if (ModelThread.Running is not { } thread)
        {
            return;
        }

        FullFence(site);
        Execution execution = thread.Execution;
        var fenced = new HashSet<ModelThread> { thread };
        var steppedAtRest = new List<ModelThread>();
        while (true)
        {
            // Threads started meanwhile too: they begin behind a fence of the system's.
            ModelThread[] left = [.. execution.Threads.Where(other => !fenced.Contains(other))];
            if (left.Length == 0)
            {
                break;
            }

            // One that has ended comes last: its step brings what it has done to the others, and sooner would only order more.
            ModelThread[] running = [.. left.Where(static other => !other.IsFinished)];
            ModelThread? resting = Array.Find(running, other => execution.Disputes.Rests(thread, other));
            ModelThread target = resting ?? (running.Length == 0 ? left[0] : running[execution.Choose(running.Length)]);
            if (resting is not null)
            {
                resting.StepsAtRest++;
                steppedAtRest.Add(resting);
            }

            execution.Before(thread, new Operation(OperationKind.HeavyStep, null, target, site));
            execution.Memory.HeavyStep(target);
            execution.After(thread, "fences for");
            fenced.Add(target);
        }

        FullFence(site);
        steppedAtRest.ForEach(static resting => resting.StepsAtRest--);
    }

    public static void Enter(ModelLock entered, Site site)
    {
        if (ModelThread.Running is { } thread)
        {
            thread.Execution.Before(thread, new Operation(OperationKind.EnterLock, entered.Location, null, site) { Gate = entered });
            Take(thread, entered);
        }
    }

    public static bool TryEnter(ModelLock entered, Site site)
    {
        if (ModelThread.Running is not { } thread)
        {
            return true;
        }

        thread.Execution.Before(thread, new Operation(OperationKind.EnterLock, entered.Location, null, site));
        if (!entered.IsOpenFor(thread))
        {
            thread.Execution.Memory.FindLocked(thread, entered);
            thread.Execution.After(thread, "does not get the lock");
            return false;
        }

        Take(thread, entered);
        return true;
    }

    public static void Exit(ModelLock exited)
    {
        // An execution that is being unwound leaves its locks as they are.
        if (ModelThread.Running is { Execution.IsAborting: false } thread)
        {
            if (!exited.IsHeldBy(thread))
            {
                throw new SynchronizationLockException("The thread that leaves the lock does not hold it.");
            }

            thread.Execution.Before(thread, new Operation(OperationKind.ExitLock, exited.Location, null, default));
            if (exited.Leave())
            {
                thread.Execution.Memory.ExitLock(thread, exited);
            }

            thread.Execution.After(thread, "leaves the lock");
        }
    }

    /// <summary>Waits in a loop. The first time it only notes where the loop begins, so that what was read before counts no more.</summary>
    public static void Spin(bool isFirst, Site site)
    {
        if (ModelThread.Running is not { } thread)
        {
            return;
        }

        if (isFirst)
        {
            thread.Execution.Memory.ForgetReads(thread);
            return;
        }

        thread.Execution.Before(thread, new Operation(OperationKind.Spin, null, null, site));
        thread.Execution.Memory.TakeNews(thread);
        thread.Execution.After(thread, "goes on waiting");
    }

    private static void Take(ModelThread thread, ModelLock entered)
    {
        entered.Take(thread);
        if (entered.Depth == 1)
        {
            thread.Execution.Memory.EnterLock(thread, entered);
        }

        thread.Execution.After(thread, "takes the lock");
    }
}
