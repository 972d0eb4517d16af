namespace SwmrKit.Testing;

/// <summary>
/// The state an execution is in, as a fingerprint of what has been done in it: where two agree the same can follow, in whatever order they came there.
/// </summary>
/// <remarks>
/// <para>A thread is where its operations and what it found in them have brought it: so its fingerprint goes on with each of them. What it finds in a word is told
/// by the write, and that by its thread's fingerprint at that moment. To this come, for each word, the order of the writes in memory; and for
/// locks, timers, the order of fences, and what heavy barriers settle, which of the operations on one came before which.</para>
/// <para>So to read a word before it is written, and to read what was there before, are one.</para>
/// </remarks>
internal sealed class Past(Execution execution)
{
    // So that to start is no operation, and neither is what is found in one.
    private const ulong Start = 1UL << 62;
    private const ulong Operation = 1UL << 61;

    private readonly Location _births = Location.CreateUnowned(default); // Threads are numbered as they start, and a heavy barrier looks who is there.
    private Fingerprint _sum;
    private Fingerprint _choices; // Since the last operation began.

    /// <summary>The state in which the threads stand before their next operations.</summary>
    /// <param name="current">Whom it would count as an interruption not to let go on; null for nobody.</param>
    public Fingerprint At(ModelThread? current) => _sum.Then(current is null ? ulong.MaxValue : (uint)current.Id);

    /// <summary>The state in which a thread, in the midst of an operation, has something decided.</summary>
    public Fingerprint AtChoice(ModelThread thread) => _sum.Then(_choices).Then((uint)thread.Id);

    public void Chose(int pick) => _choices = _choices.Then((uint)pick);

    public void Started(ModelThread child) => GoOn(child, (child.Parent?.Past ?? default).Then(Start | (uint)child.Id));

    /// <summary>A thread has said what it will do. That may depend on what the others have said, so it counts from here on.</summary>
    public void Announced(ModelThread thread, in Operation operation)
    {
        uint target = operation.Target is { } other ? ((uint)other.StepsAtRest << 16) | ((uint)other.Id << 8) : 0;
        GoOn(thread, thread.Past.Then(Operation | target | (uint)operation.Kind));
    }

    /// <summary>A thread does what it has announced; what it finds in words, and writes there, is told by the memory.</summary>
    public void Does(ModelThread thread, in Operation operation)
    {
        _choices = new Fingerprint(1, 1);
        if (operation.Kind is OperationKind.EnterLock or OperationKind.ExitLock or OperationKind.SetTimer or OperationKind.AwaitTimer)
        {
            ComesNext(thread, operation.Location!);
        }

        if (operation.IsTotallyOrdered && execution.Memory.OrdersFences)
        {
            ComesNext(thread, execution.Fences);
        }

        if (operation.Marks)
        {
            ComesNext(thread, thread.Marks);
        }

        switch (operation.Kind)
        {
            case OperationKind.HeavyStep:
                ComesNext(thread, operation.Target!.Marks);
                ComesNext(thread, _births);
                break;
            case OperationKind.StartThread:
                ComesNext(thread, _births);
                break;
            case OperationKind.Join:
                Found(thread, operation.Target!.Past);
                break;
            case OperationKind.Collect:
                Found(thread, _sum); // It comes after everything,
                foreach (ModelThread other in execution.Threads)
                {
                    Found(other, thread.Past); // and before everything.
                }

                break;
            default:
                break;
        }
    }

    /// <summary>A thread has found something in a word.</summary>
    /// <param name="thread">The thread.</param>
    /// <param name="written">The writer's fingerprint when it wrote that.</param>
    public void Found(ModelThread thread, Fingerprint written) => GoOn(thread, thread.Past.Then(written));

    /// <summary>A write has come to memory between two others.</summary>
    public void Inserted(Fingerprint before, Fingerprint written, Fingerprint? after)
    {
        _sum += before.Then(written);
        if (after is { } next)
        {
            _sum += written.Then(next);
            _sum -= before.Then(next);
        }
    }

    /// <summary>A thread's operation is the next on something that has one order.</summary>
    private void ComesNext(ModelThread thread, Location location)
    {
        Found(thread, location.Past);
        location.Past = thread.Past;
    }

    private void GoOn(ModelThread thread, Fingerprint past)
    {
        thread.Past = past;
        _sum += past;
    }
}
