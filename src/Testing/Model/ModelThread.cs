using System.Diagnostics.CodeAnalysis;

namespace SwmrKit.Testing;

/// <summary>A thread of a checked scenario. Between two of its steps the checker decides who goes on.</summary>
/// <remarks>Create threads only by <see cref="Start"/>, inside the scenario, and join them before it asserts what they left.</remarks>
public sealed class ModelThread
{
    [ThreadStatic]
    private static ModelThread? t_running;

    private readonly Action _body;

    internal ModelThread(Execution execution, int id, string name, Action body, bool isDaemon, Worker worker)
    {
        Execution = execution;
        Id = id;
        Name = name;
        IsDaemon = isDaemon;
        _body = body;
        Worker = worker;
        Worker.Assign(Run);
    }

    /// <summary>The name, for traces.</summary>
    public string Name { get; }

    /// <summary>The model thread that calls, or null outside every scenario.</summary>
    internal static ModelThread? Running => t_running;

    internal Execution Execution { get; }

    internal int Id { get; }

    /// <summary>Whether the scenario may end without it: a timer's or the finalizer's thread.</summary>
    internal bool IsDaemon { get; }

    internal Worker Worker { get; }

    internal ViewMemory.Knowledge Known { get; } = new();

    internal StoreBufferMemory.Buffer Buffer { get; } = new();

    /// <summary>1 while it runs, then 0: written as its last step.</summary>
    internal Location Life { get; } = Location.CreateUnowned(Word.Of(1));

    /// <summary>Stands for what heavy barriers and its own light barriers share.</summary>
    internal Location Marks { get; } = Location.CreateUnowned(default);

    /// <summary>How many heavy barriers under way have counted on its being at rest.</summary>
    internal int StepsAtRest { get; set; }

    /// <summary>What it will do next, once it is chosen.</summary>
    internal Operation Next { get; set; }

    internal bool IsStarting { get; set; } = true;

    internal bool IsFinished { get; set; }

    /// <summary>Who waits for its first step.</summary>
    internal ModelThread? Parent { get; set; }

    internal int Creations { get; set; }

    internal int FirstTouches { get; set; }

    /// <summary>How many of its releases have happened; accesses in one epoch are ordered alike.</summary>
    internal int Epoch
    {
        get => Known.Current.Clock[Id];
        set => Known.Current.Clock[Id] = value;
    }

    /// <summary>What has happened before by starts and joins alone.</summary>
    internal int[] Forks { get; } = new int[Execution.MostThreads];

    /// <summary>What it has done, and what came before that.</summary>
    internal Fingerprint Past { get; set; }

    /// <summary>Its thread-local variables.</summary>
    internal Dictionary<Type, object> Variables { get; } = [];

    /// <summary>Starts a thread in the running scenario.</summary>
    /// <param name="name">Its name, for traces.</param>
    /// <param name="body">What it does. An exception that leaves it fails the scenario.</param>
    /// <returns>The thread.</returns>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="InvalidOperationException">No scenario is running on this thread, or it has too many threads.</exception>
    public static ModelThread Start(string name, Action body)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(body);
        ModelThread parent = t_running ?? throw new InvalidOperationException("A model thread is started inside a scenario that a ModelChecker runs.");
        return parent.Execution.Start(parent, name, body, isDaemon: false);
    }

    /// <summary>Waits until the thread has ended. What it did then comes before what follows.</summary>
    public void Join()
    {
        ModelThread caller = t_running ?? throw new InvalidOperationException("A model thread is joined inside the scenario that started it.");
        caller.Execution.Join(caller, this);
    }

    /// <inheritdoc/>
    public override string ToString() => Name;

    /// <summary>Where an object has been collected, too soon perhaps, an exception is a failure only if the execution can happen.</summary>
    private void RunBody()
    {
        try
        {
            _body();
        }
        catch (Exception exception) when (exception is not ExecutionAbortedException && Execution is { HasCollected: true, IsAborting: false })
        {
            Execution.Report(Describe(exception));
        }
    }

    private string Describe(Exception exception) => $"{Name} threw {exception.GetType().Name}: {exception.Message}";

    [SuppressMessage("Design", "CA1031", Justification = "Whatever leaves the scenario is its failure, reported with the schedule.")]
    private void Run()
    {
        t_running = this;
        try
        {
            RunBody();
            Execution.End(this);
        }
        catch (ExecutionAbortedException)
        {
            // The execution ends here; why is known to it.
        }
        catch (Exception exception)
        {
            Execution.RecordFailure(Describe(exception), exception);
        }

        t_running = null;
        Execution.Finish(this);
    }
}
