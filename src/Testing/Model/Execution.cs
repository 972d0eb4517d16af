using System.Diagnostics.CodeAnalysis;

namespace SwmrKit.Testing;

/// <summary>
/// One run of a scenario under one sequence of decisions. Its threads are real, but only the one that holds the baton runs; it
/// hands it on where the strategy says so.
/// </summary>
/// <remarks>
/// Before each operation that others could notice a thread says what it is about to do, and waits to be chosen. So at every
/// decision the next operation of every thread is known.
/// </remarks>
internal sealed class Execution
{
    /// <summary>The most threads a scenario may have, the first included.</summary>
    public const int MostThreads = 12;

    private readonly ModelOptions _options;
    private readonly Strategy _strategy;
    private readonly Worker.Crew _crew;
    private readonly List<ModelThread> _threads = [];
    private readonly List<ModelThread> _candidates = [];
    private readonly Races? _races;
    private int _asleep; // A bit for each thread whose next operation has been tried first elsewhere, with the same outcome.
    private int _preemptions;
    private bool _isAborting;
    private string? _reported; // A failure that stands unless a collected object is used once more.

    /// <param name="options">The memory and the bounds.</param>
    /// <param name="strategy">Who decides.</param>
    /// <param name="shared">The locations known to be in dispute; those found are added.</param>
    /// <param name="crew">Who runs its threads.</param>
    /// <param name="trace">Receives what happens, or null.</param>
    public Execution(ModelOptions options, Strategy strategy, HashSet<long> shared, Worker.Crew crew, Trace? trace)
    {
        _crew = crew;
        _options = options;
        _strategy = strategy;
        Trace = trace;
        Memory = options.Memory == ModelMemory.StoreBuffers ? new StoreBufferMemory(this) : new ViewMemory(this);
        Disputes = new Disputes(this, shared, options.IsUnreduced);
        if (options is { PreemptionBound: null, IsUnreduced: false } && !strategy.IsReplay)
        {
            _races = new Races(this, strategy);
            strategy.OnlyWhereAsked = true;
        }
        else if (!options.IsUnreduced && !strategy.IsReplay)
        {
            Past = new Past(this);
        }
    }

    public MemoryModel Memory { get; }

    public Disputes Disputes { get; }

    /// <summary>The state it is in; null where nobody asks for that.</summary>
    public Past? Past { get; }

    public IReadOnlyList<ModelThread> Threads => _threads;

    public Trace? Trace { get; }

    /// <summary>Stands for the one order of full fences: each writes it.</summary>
    public HashSet<Location> FenceOrder { get; } = [Location.CreateUnowned(default)];

    public Location Fences => FenceOrder.First();

    public int NextLocationId { get; set; }

    public int Steps { get; private set; }

    /// <summary>Whether it was cut short because every continuation has been tried in another order.</summary>
    public bool WasRedundant { get; private set; }

    /// <summary>Whether an abandoned object has been collected.</summary>
    public bool HasCollected { get; set; }

    public string? Failure { get; private set; }

    public Exception? Exception { get; private set; }

    /// <summary>Runs the scenario to its end.</summary>
    public void Run(Action body)
    {
        Fences.Enter(this, null);
        ModelThread main = Add("main", body, isDaemon: false, parent: null);
        _races?.Started(main);
        Past?.Started(main);
        main.IsStarting = false;
        main.Epoch = 1;
        main.Forks[0] = 1;
        main.Worker.HandBaton();
        _crew.Ended.Await();
        foreach (ModelThread thread in _threads)
        {
            thread.Worker.Return();
        }
    }

    public string NameOf(int thread) => _threads[thread].Name;

    /// <summary>Decides between outcomes.</summary>
    public int Choose(int alternatives)
    {
        if (alternatives == 1 || WasRedundant)
        {
            return 0;
        }

        if (Past is not null && _strategy.HasBeenAt(Past.AtChoice(ModelThread.Running!), _preemptions))
        {
            WasRedundant = true;
            return 0;
        }

        int pick = _strategy.Pick(alternatives);
        Past?.Chose(pick);
        Trace?.NotePick(pick);
        return pick;
    }

    /// <summary>To be called by a thread before each operation; returns when it is this thread's turn to do it.</summary>
    public void Before(ModelThread thread, in Operation operation)
    {
        ThrowIfAborting();
        operation.Location?.Enter(this, thread);
        thread.Next = operation;
        Past?.Announced(thread, operation);
        bool isShared = _options.IsUnreduced || (!WasRedundant && Disputes.MayConcern(thread, operation));
        if (isShared)
        {
            _races?.Announced(thread);
        }

        if (thread.IsStarting)
        {
            thread.IsStarting = false;
            thread.Parent!.Worker.HandBaton();
            Await(thread);
        }
        else if (IsBlocking(operation.Kind) || _strategy.DecidesAt(isShared))
        {
            GiveWay(thread);
        }

        if (++Steps > _options.MaxSteps)
        {
            Fail($"The execution has not ended after {_options.MaxSteps:N0} operations: a loop that waits without the Spinner, or a livelock.");
        }

        isShared = isShared || (!WasRedundant && Disputes.MayConcern(thread, operation)); // What a join brings to memory may have been stored meanwhile.
        _strategy.Performs(thread);
        Trace?.NoteTurn(thread);
        Disputes.Note(thread, operation);
        if (isShared)
        {
            _races?.Does(thread, _strategy.LastDecision);
        }

        Past?.Does(thread, operation);
        if (_asleep != 0)
        {
            Wake(thread, operation);
        }
    }

    /// <summary>As <see cref="Before"/>, for plain data: where races are found, no decision is needed, for they show in any order.</summary>
    public void BeforePlain(ModelThread thread, in Operation operation)
    {
        if (Memory.FindsRaces)
        {
            ThrowIfAborting();
            operation.Location!.Enter(this, thread);
            thread.Next = operation;
        }
        else
        {
            Before(thread, operation);
        }
    }

    /// <summary>To be called after the operation, for the trace.</summary>
    public void After(ModelThread thread, string verb, Word? value = null) => Trace?.Add(thread, verb, value, Memory.Remark);

    public ModelThread Start(ModelThread parent, string name, Action body, bool isDaemon)
    {
        Before(parent, new Operation(OperationKind.StartThread, null, null, default));
        if (_threads.Count == MostThreads)
        {
            throw new InvalidOperationException($"A scenario has at most {MostThreads} threads.");
        }

        ModelThread child = Add(name, body, isDaemon, parent);
        Memory.Started(parent, child);
        parent.Forks.CopyTo(child.Forks, 0);
        child.Forks[child.Id] = 1;
        parent.Forks[parent.Id]++;
        _races?.Started(child);
        Past?.Started(child);
        After(parent, "starts a thread");

        // On to its first operation, so that at every decision the next one of each thread is known.
        child.Worker.HandBaton();
        Await(parent);
        return child;
    }

    public void Join(ModelThread caller, ModelThread ended)
    {
        Before(caller, new Operation(OperationKind.Join, null, ended, default));
        Memory.Joined(caller, ended);
        for (int i = 0; i < MostThreads; i++)
        {
            caller.Forks[i] = Math.Max(caller.Forks[i], ended.Forks[i]);
        }

        _races?.Joined(caller, ended);
        After(caller, "joins a thread");
    }

    public void End(ModelThread thread)
    {
        Before(thread, new Operation(OperationKind.EndThread, thread.Life, null, default));
        Memory.Ended(thread);
        After(thread, "ends");
    }

    /// <summary>The thread's last act: hands the baton on, or ends the execution.</summary>
    public void Finish(ModelThread thread)
    {
        thread.IsFinished = true;

        if (!_isAborting)
        {
            try
            {
                Hand(PickNext(null));
                return;
            }
            catch (ExecutionAbortedException)
            {
                // The end, or a deadlock: unwind the others.
            }
            catch (InvalidOperationException exception)
            {
                RecordFailure(exception.Message, exception); // The scenario is not deterministic, or does not fit the schedule.
            }
        }

        if (_threads.Find(static t => !t.IsFinished) is { } other)
        {
            other.Worker.HandBaton();
        }
        else
        {
            _crew.Ended.Hand();
        }
    }

    /// <summary>
    /// Fails the execution. Where an object has been collected it first runs on: should the object be used once more, it was collected too
    /// soon, and the execution cannot happen.
    /// </summary>
    public void Report(string message)
    {
        if (!HasCollected)
        {
            Fail(message);
        }

        _reported ??= message;
    }

    /// <summary>Fails the execution, from any of its threads, and unwinds it.</summary>
    [DoesNotReturn]
    public void Fail(string message)
    {
        RecordFailure(message, null);
        throw new ExecutionAbortedException();
    }

    public void RecordFailure(string message, Exception? exception)
    {
        if (!_isAborting)
        {
            Failure = message;
            Exception = exception;
            _isAborting = true;
        }
    }

    /// <summary>Ends an execution that cannot happen, or adds nothing.</summary>
    [DoesNotReturn]
    public void Discard()
    {
        WasRedundant = true;
        _isAborting = true;
        throw new ExecutionAbortedException();
    }

    public bool IsAborting => _isAborting;

    /// <summary>
    /// Ends the execution, for nobody can go on. Timers and finalizers go on behind the last of the other threads: only so does one that could have
    /// come earlier, and was never picked, come to do what others race with.
    /// </summary>
    [DoesNotReturn]
    private void End()
    {
        foreach (ModelThread stuck in _threads.Where(static t => !t.IsFinished))
        {
            Disputes.Note(stuck, stuck.Next); // In another order it might have been possible.
        }

        if (!_threads.TrueForAll(static t => t.IsFinished || t.IsDaemon))
        {
            Fail(DescribeDeadlock());
        }

        Failure = _reported;
        _isAborting = true;
        throw new ExecutionAbortedException();
    }

    private static bool IsBlocking(OperationKind kind) =>
        kind is OperationKind.EnterLock or OperationKind.Join or OperationKind.Spin or OperationKind.AwaitTimer;

    private ModelThread Add(string name, Action body, bool isDaemon, ModelThread? parent)
    {
        var thread = new ModelThread(this, _threads.Count, name, body, isDaemon, _crew.RentWorker()) { Parent = parent };
        _threads.Add(thread);
        thread.Life.Enter(this, thread);
        thread.Marks.Enter(this, thread);
        return thread;
    }

    private void ThrowIfAborting()
    {
        if (_isAborting)
        {
            throw new ExecutionAbortedException();
        }
    }

    private void Await(ModelThread thread)
    {
        thread.Worker.AwaitBaton();
        ThrowIfAborting();
    }

    private void GiveWay(ModelThread current)
    {
        ModelThread next = PickNext(current);
        if (!ReferenceEquals(next, current))
        {
            Hand(next);
            Await(current);
        }
    }

    private static void Hand(ModelThread next) => next.Worker.HandBaton();

    private bool CanGoOn(ModelThread thread) => !thread.IsFinished && !thread.IsStarting && thread.Next.Kind switch
    {
        OperationKind.Join => thread.Next.Target!.IsFinished,
        OperationKind.Spin => Memory.HasNews(thread),
        _ => thread.Next.Gate?.IsOpenFor(thread) ?? true,
    };

    /// <summary>Decides who goes on.</summary>
    /// <param name="current">The thread that asks; null when it has ended.</param>
    private ModelThread PickNext(ModelThread? current)
    {
        _candidates.Clear();
        bool isPreemptible = current is not null && CanGoOn(current);
        if (isPreemptible)
        {
            _candidates.Add(current!);
        }

        // A thread that waits of its own will yields to the others; it goes on when something has come.
        bool yields = current?.Next.Kind == OperationKind.Spin;
        if (!isPreemptible || yields || _strategy.IsReplay || _options.PreemptionBound is not { } bound || _preemptions < bound)
        {
            foreach (ModelThread thread in _threads)
            {
                if (!ReferenceEquals(thread, current) && CanGoOn(thread))
                {
                    _candidates.Add(thread);
                }
            }
        }

        if (_candidates.Count == 0)
        {
            End();
        }

        if (WasRedundant)
        {
            return _candidates[0];
        }

        if (_races is not null)
        {
            ModelThread first = _candidates[0];
            _candidates.RemoveAll(thread => (_asleep & (1 << thread.Id)) != 0);
            if (_candidates.Count == 0)
            {
                // All that can follow has been tried in another order. Running on undecided is cheaper than unwinding.
                WasRedundant = true;
                return first;
            }
        }

        if (Past is not null && _candidates.Count > 1 && _strategy.HasBeenAt(Past.At(isPreemptible && !yields ? current : null), _preemptions))
        {
            WasRedundant = true;
            return _candidates[0];
        }

        ModelThread next = _candidates[_strategy.PickThread(_candidates)];
        _asleep |= _races is null ? 0 : _strategy.TriedBefore;
        if (isPreemptible && !yields && !ReferenceEquals(next, current))
        {
            _preemptions++;
        }

        return next;
    }

    /// <summary>Whoever sleeps and depends on this operation must be tried again behind it.</summary>
    private void Wake(ModelThread thread, in Operation operation)
    {
        Footprint footprint = Memory.FootprintOf(thread, operation);
        foreach (ModelThread sleeper in _threads)
        {
            if ((_asleep & (1 << sleeper.Id)) != 0
                && (footprint.Meets(Memory.FootprintOf(sleeper, sleeper.Next)) || Operation.MayMeet(thread, operation, sleeper, sleeper.Next)))
            {
                _asleep &= ~(1 << sleeper.Id);
            }
        }
    }

    private string DescribeDeadlock()
    {
        IEnumerable<string> waiting = _threads.Where(static t => !t.IsFinished && !t.IsDaemon).Select(static t => $"{t.Name} {t.Next.Kind switch
        {
            OperationKind.EnterLock => $"waits for a lock ({t.Next.Site})",
            OperationKind.Join => $"joins {t.Next.Target!.Name}",
            OperationKind.Spin => $"waits in a loop for a change that will not come ({t.Next.Site})",
            _ => "waits",
        }}");
        return "Deadlock: " + string.Join("; ", waiting) + ".";
    }
}
