using System.Collections.Concurrent;

namespace SwmrKit.Testing;

/// <summary>
/// An operating-system thread that runs model threads, one after another, and waits for the baton between their steps: only
/// its holder runs.
/// </summary>
internal sealed class Worker
{
    private static readonly ConcurrentBag<Worker> s_idle = [];

    private readonly Baton _baton = new();
    private Action? _job;

    private Worker()
    {
        var thread = new Thread(Loop, maxStackSize: 1024 * 1024) { IsBackground = true, Name = "model" };
        thread.Start();
    }

    public static Worker Rent() => s_idle.TryTake(out Worker? idle) ? idle : new Worker();

    /// <summary>Gives the worker a job, which begins when the baton is handed to it.</summary>
    public void Assign(Action job) => _job = job;

    public void HandBaton() => _baton.Hand();

    public void AwaitBaton() => _baton.Await();

    /// <summary>Puts the worker back among the idle: its job is done.</summary>
    public void Return() => s_idle.Add(this);

    private void Loop()
    {
        while (true)
        {
            AwaitBaton();
            Action job = _job!;
            _job = null;
            job(); // Its last act hands the baton on.
        }
    }
}
