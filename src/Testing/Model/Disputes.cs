namespace SwmrKit.Testing;

/// <summary>
/// Which locations more than one thread uses at the same time, one of them writing. Only at their uses is there anything to decide; what is found to be one
/// makes the exploration start anew.
/// </summary>
/// <param name="execution">The execution.</param>
/// <param name="known">The keys of the locations known to be in dispute; those found are added.</param>
/// <param name="isUnreduced">Whether every use counts as one in dispute.</param>
internal sealed class Disputes(Execution execution, HashSet<long> known, bool isUnreduced)
{
    private MemoryModel Memory => execution.Memory;

    /// <summary>Whether a location turned out to be in dispute that was not known to be: decisions before its uses are missing.</summary>
    public bool HaveGrown { get; private set; }

    /// <summary>Whether another thread may do something at the same time that this does not commute with.</summary>
    public bool MayConcern(ModelThread thread, in Operation operation) =>
        operation.Kind == OperationKind.Collect
        || (operation.IsTotallyOrdered && known.Contains(execution.Fences.Key))
        || (operation.Kind == OperationKind.HeavyStep && known.Contains(operation.Target!.Marks.Key))
        || (operation.Location is { } location && known.Contains(location.Key))
        || (operation.Marks && known.Contains(thread.Marks.Key))
        || (operation.MayTouchMore && Memory.FootprintOf(thread, operation).AlsoWritten is { } written && written.Any(location => known.Contains(location.Key)));

    /// <summary>
    /// Whether a heavy barrier may as well step over a thread at once: it waits for another's end, and there is nothing to settle. Any later step would
    /// bring it more, and them nothing, unless it goes on and marks meanwhile; should it ever do so, it is no longer counted on.
    /// </summary>
    public bool Rests(ModelThread caller, ModelThread target) =>
        target.Next.Kind == OperationKind.Join && !isUnreduced && !known.Contains(KeyOfRest(target)) && !Memory.WouldSettle(caller, target);

    /// <summary>Notes a use of a location, and whether another thread's use of it could have come in the other order.</summary>
    public void Note(ModelThread thread, in Operation operation)
    {
        if (operation.Location is { } location)
        {
            Note(thread, location, operation.Writes);
        }

        if (operation.IsTotallyOrdered && Memory.OrdersFences)
        {
            Note(thread, execution.Fences, isWrite: true);
        }

        if (operation.Marks)
        {
            HaveGrown |= thread.StepsAtRest > 0 && known.Add(KeyOfRest(thread));
            Note(thread, thread.Marks, isWrite: true);
        }

        if (operation.Kind == OperationKind.HeavyStep)
        {
            Note(thread, operation.Target!.Marks, isWrite: true);
        }
    }

    private void Note(ModelThread thread, Location location, bool isWrite)
    {
        int threads = execution.Threads.Count;
        for (int other = 0; other < threads; other++)
        {
            if (other != thread.Id
                && (location.ForkWrite[other] > thread.Forks[other] || (isWrite && location.ForkRead[other] > thread.Forks[other]))
                && !isUnreduced && known.Add(location.Key))
            {
                HaveGrown = true;
            }
        }

        (isWrite ? location.ForkWrite : location.ForkRead)[thread.Id] = thread.Forks[thread.Id];
    }

    private static long KeyOfRest(ModelThread thread) => ~thread.Marks.Key;
}
