namespace SwmrKit;

/// <summary>
/// The reclamation of everything retired before it began: a grace period, then passes until neither a callback nor an asynchronous
/// disposal nor a lease is left of it.
/// </summary>
/// <remarks>Taken in steps that never wait, so that a thread can spin on them and a task look from time to time. For one thread at a time.</remarks>
internal sealed class Synchronization(GracePeriod grace, Reclaimer reclaimer)
{
    private PassUnderWay? _pass;

    /// <summary>Does what can be done now, and looks whether that was all.</summary>
    /// <exception cref="AsymmetricBarrierException">The heavy barrier failed; everything is still pending.</exception>
    public bool IsOver()
    {
        while (grace.IsOver())
        {
            _pass ??= reclaimer.ReclaimAfter(grace.Era);
            if (!_pass.HasEnded || reclaimer.IsLeased(_pass.Leased))
            {
                return false;
            }

            if (_pass.Leased == 0)
            {
                return true;
            }

            _pass = null; // The lease that was in the way is gone; whether there are others, the next one says.
        }

        return false;
    }
}
