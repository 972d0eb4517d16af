namespace SwmrKit.Testing;

/// <summary>
/// Dynamic partial-order reduction (Flanagan and Godefroid, POPL 2005): where two operations of different threads depend on each
/// other and nothing orders them, their other order is worth an execution. No other order is.
/// </summary>
/// <remarks>
/// It follows, in this execution, which operation comes before which by program order and by dependence. For each thread's next operation
/// it looks for the last one done that races with it, and asks that at the decision before that one this thread, or one that leads to
/// it, be tried.
/// </remarks>
internal sealed class Races(Execution execution, Strategy strategy)
{
    private readonly List<Done> _done = [];
    private readonly int[][] _clocks = new int[Execution.MostThreads][];

    /// <summary>An operation that was done: the decision before it, and how many operations of each thread come before it, itself included.</summary>
    private readonly record struct Done(ModelThread Thread, Operation Operation, Footprint Footprint, int Decision, int[] Clock);

    /// <summary>A thread begins: after its parent's operations so far.</summary>
    public void Started(ModelThread child) => _clocks[child.Id] = child.Parent is { } parent ? [.. _clocks[parent.Id]] : new int[Execution.MostThreads];

    public void Joined(ModelThread thread, ModelThread ended)
    {
        int[] clock = [.. _clocks[thread.Id]]; // The old one belongs to the thread's last operation, which did not come behind the other's end.
        Join(clock, _clocks[ended.Id]);
        _clocks[thread.Id] = clock;
    }

    /// <summary>A thread has said what it will do next: the last operation done that races with it could have come after it.</summary>
    public void Announced(ModelThread thread)
    {
        Footprint footprint = execution.Memory.FootprintOf(thread, thread.Next);
        for (int i = _done.Count - 1; i >= 0; i--)
        {
            if (RacesWith(_done[i], i, thread, footprint))
            {
                Ask(i, thread);
                return;
            }
        }
    }

    /// <summary>An operation is about to be done.</summary>
    /// <param name="thread">By this thread, its next.</param>
    /// <param name="decision">The decision that chose it, or -1 where there was no choice.</param>
    public void Does(ModelThread thread, int decision)
    {
        Footprint footprint = execution.Memory.FootprintOf(thread, thread.Next);
        int[] clock = [.. _clocks[thread.Id]];
        foreach (Done earlier in _done)
        {
            if (!ReferenceEquals(earlier.Thread, thread) && Depend(earlier, thread, footprint))
            {
                Join(clock, earlier.Clock);
            }
        }

        var done = new Done(thread, thread.Next, footprint, decision, clock);
        _done.Add(done);
        clock[thread.Id] = _done.Count;
        _clocks[thread.Id] = clock;
        foreach (ModelThread other in execution.Threads)
        {
            if (!ReferenceEquals(other, thread) && !other.IsFinished && !other.IsStarting
                && RacesWith(done, _done.Count - 1, other, execution.Memory.FootprintOf(other, other.Next)))
            {
                Ask(_done.Count - 1, other);
            }
        }
    }

    private static void Join(int[] clock, int[] other)
    {
        for (int i = 0; i < clock.Length; i++)
        {
            clock[i] = Math.Max(clock[i], other[i]);
        }
    }

    private static bool Depend(in Done earlier, ModelThread thread, in Footprint footprint) =>
        earlier.Footprint.Meets(footprint) || Operation.MayMeet(earlier.Thread, earlier.Operation, thread, thread.Next);

    private bool RacesWith(in Done earlier, int index, ModelThread thread, in Footprint footprint) =>
        earlier.Decision >= 0
        && !ReferenceEquals(earlier.Thread, thread)
        && !IsBefore(index, thread)
        && !(earlier.Operation.Kind == OperationKind.ExitLock && ReferenceEquals(earlier.Operation.Location, thread.Next.Location) && thread.Next.Gate is not null) // Never both possible.
        && Depend(earlier, thread, footprint);

    /// <summary>Whether an operation done comes before whatever the thread does next.</summary>
    private bool IsBefore(int index, ModelThread thread) => index < _clocks[thread.Id][_done[index].Thread.Id];

    private void Ask(int index, ModelThread thread)
    {
        int decision = _done[index].Decision;
        int candidates = strategy.CandidatesAt(decision);
        int own = 1 << thread.Id;
        if ((candidates & own) != 0)
        {
            strategy.Ask(decision, own);
            return;
        }

        // The thread was not there yet, or could not go on: any that did something after this which leads to it will do.
        for (int j = index + 1; j < _done.Count; j++)
        {
            int leading = 1 << _done[j].Thread.Id;
            if ((candidates & leading) != 0 && IsBefore(j, thread))
            {
                strategy.Ask(decision, leading);
                return;
            }
        }

        strategy.Ask(decision, candidates);
    }
}
