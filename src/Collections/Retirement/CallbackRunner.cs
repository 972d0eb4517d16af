using System.Diagnostics.CodeAnalysis;

namespace SwmrKit;

/// <summary>
/// Runs the callbacks of what a pass found ready, outside every lock, and accounts for each: an item counts as reclaimed when its
/// callback has ended, asynchronous disposals included.
/// </summary>
/// <remarks>
/// A callback that throws, or whose disposal fails later, is counted and reported; the others run. An asynchronous disposal that
/// does not complete at once delays nothing but the end of its batch, for which only Synchronize waits. Callbacks run without a
/// <see cref="SynchronizationContext"/>, whichever thread they fall on.
/// The domain is held weakly, and only to report to.
/// </remarks>
internal sealed class CallbackRunner(RetirementDomain domain, TimeProvider time)
{
    private readonly WeakReference<RetirementDomain> _domain = new(domain);
    private SharedInt64 _reclaimed;
    private SharedInt64 _abandoned;
    private SharedInt64 _pendingBytes;
    private SharedInt64 _failures;

    /// <summary>The domain's name.</summary>
    public string DomainName { get; } = domain.Name;

    /// <summary>How many items have been reclaimed.</summary>
    public long Reclaimed => _reclaimed.Read();

    /// <summary>How many items have been left to their own finalizers.</summary>
    public long Abandoned => _abandoned.Read();

    /// <summary>The bytes of what has been retired and not yet reclaimed.</summary>
    public long PendingBytes => _pendingBytes.Read();

    /// <summary>How many callbacks failed.</summary>
    public long Failures => _failures.Read();

    /// <summary>Counts the bytes of something retired.</summary>
    public void AddPending(long bytes)
    {
        if (bytes != 0)
        {
            _pendingBytes.Add(bytes);
        }
    }

    /// <summary>Accounts for an item whose callback is never to run.</summary>
    public void Abandon(RetiredItem item)
    {
        AddPending(-item.Bytes);
        _abandoned.Add(1);
    }

    /// <summary>Runs the callbacks of a batch that has begun, and empties it.</summary>
    /// <returns>How many items have been reclaimed; fewer than there were when disposals go on.</returns>
    public int Run(ReadyBatch ready)
    {
        int reclaimed = 0;
        SynchronizationContext? context = SynchronizationContext.Current;
        CallbackScope.Enter();
        try
        {
            // A disposal that went on in the retiring thread's own context could not end while that thread waits for it in Synchronize.
            SynchronizationContext.SetSynchronizationContext(null);
            if (ready.HeavyDuration is { } heavyDuration)
            {
                RetirementMetrics.RecordHeavy(heavyDuration, DomainName);
            }

            foreach (RetiredItem item in ready.Items)
            {
                reclaimed += Run(item, ready) ? 1 : 0;
            }
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
            CallbackScope.Exit();
        }

        ready.Items.Clear(); // Nothing is kept alive by a batch that waits to be used again, or for a disposal.
        return reclaimed;
    }

    /// <summary>Runs one callback.</summary>
    /// <returns>Whether the item has been reclaimed; false while its disposal goes on.</returns>
    [SuppressMessage("Design", "CA1031", Justification = "A callback's failure is reported and must not stop the others.")]
    private bool Run(RetiredItem item, ReadyBatch ready)
    {
        try
        {
            if (item.RetiredAt != 0)
            {
                RetirementMetrics.RecordDelay(time, item.RetiredAt, DomainName);
            }

            ValueTask disposal = item.Reclaim();
            if (!disposal.IsCompleted)
            {
                _ = AccountForAsync(disposal, item.Bytes, ready);
                return false;
            }

            disposal.GetAwaiter().GetResult();
        }
        catch (Exception exception)
        {
            Fail(exception);
        }

        Account(item.Bytes);
        return true;
    }

    /// <summary>Reports something to the domain's handlers, if it is still known to anybody.</summary>
    public void Report(Exception exception, bool isCallback)
    {
        if (_domain.TryGetTarget(out RetirementDomain? target))
        {
            target.OnFailed(exception, isCallback);
        }
    }

    /// <summary>Tells the domain's handlers that too much is pending.</summary>
    public void ReportOverflow(long pending, long pendingBytes)
    {
        if (_domain.TryGetTarget(out RetirementDomain? target))
        {
            target.OnOverflow(pending, pendingBytes);
        }
    }

    /// <summary>Awaits the end of a disposal, on whatever thread it comes. Never fails: nobody awaits it.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "A disposal's failure is reported; nobody awaits this.")]
    private async Task AccountForAsync(ValueTask disposal, long bytes, ReadyBatch batch)
    {
        batch.BeginDisposal();
        try
        {
            await disposal.ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            CallbackScope.Enter(); // A handler that waited for this disposal would wait for itself.
            Fail(exception);
            CallbackScope.Exit();
        }

        Account(bytes);
        batch.End();
    }

    private void Fail(Exception exception)
    {
        _failures.Add(1);
        Report(exception, isCallback: true);
    }

    private void Account(long bytes)
    {
        AddPending(-bytes);
        _reclaimed.Add(1);
    }
}
