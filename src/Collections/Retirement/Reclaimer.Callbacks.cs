using System.Diagnostics.CodeAnalysis;

namespace SwmrKit;

// What goes out: the callbacks of what a pass has found ready, here or on a scheduler.
internal sealed partial class Reclaimer
{
    /// <summary>Runs the callbacks of what a pass found ready. What it did not is looked at again in time, however long they take.</summary>
    /// <returns>How many items have been reclaimed.</returns>
    private int RunCallbacks(ReadyBatch? ready)
    {
        int reclaimed = 0;
        try
        {
            ArmIfPending(progress: ready is { Items.Count: > 0 });
        }
        finally
        {
            if (ready is not null)
            {
                reclaimed = _callbackScheduler is null || ready.Items.Count == 0 ? RunAndEnd(ready) : RunElsewhere(ready, _callbackScheduler);
            }
        }

        return reclaimed;
    }

    private int RunAndEnd(ReadyBatch ready)
    {
        int reclaimed = _callbacks.Run(ready);
        if (ready.End())
        {
            _spare.Write(ready);
        }
        else
        {
            ready.Items.Capacity = 0; // Disposals go on, and it is not used again: it need not keep room for all that was held.
        }

        return reclaimed;
    }

    /// <summary>Leaves the callbacks to the scheduler; what it refuses, or there is no memory to give it, runs here.</summary>
    /// <returns>How many items have been reclaimed here.</returns>
    [SuppressMessage("Design", "CA1031", Justification = "What has been detached is run, whatever fails.")]
    private int RunElsewhere(ReadyBatch ready, TaskScheduler scheduler)
    {
        ScheduledBatch? batch = null;
        Task? task = null;
        try
        {
            using AsyncFlowControl noFlow = ExecutionContext.IsFlowSuppressed() ? default : ExecutionContext.SuppressFlow();
            batch = new ScheduledBatch(this, ready);
            task = new Task(static batch => ((ScheduledBatch)batch!).Run(), batch, CancellationToken.None, TaskCreationOptions.DenyChildAttach);
            task.Start(scheduler);
            return 0;
        }
        catch (Exception exception)
        {
            _ = task?.Exception; // Observed.
            int reclaimed = batch is null ? RunAndEnd(ready) : batch.Run();
            ReportFailure(exception);
            return reclaimed;
        }
    }

    /// <summary>A batch that a scheduler was asked to run. One that throws may have run it all the same, or be running it: whoever comes first does.</summary>
    private sealed class ScheduledBatch(Reclaimer reclaimer, ReadyBatch ready)
    {
        private SharedInt32 _taken;

        public int Run() => _taken.Exchange(1) == 0 ? reclaimer.RunAndEnd(ready) : 0;
    }
}
