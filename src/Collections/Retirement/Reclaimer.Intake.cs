using System.Diagnostics.CodeAnalysis;

namespace SwmrKit;

// What comes in: the room for it, its tag, and what it makes due.
internal sealed partial class Reclaimer
{
    /// <summary>Makes room for one item, so that retiring it after the unlink cannot fail.</summary>
    /// <param name="mayRefuse">Whether nothing has been unlinked yet, so that there may be none by the domain's options.</param>
    /// <returns>What tells this reservation from every other.</returns>
    /// <exception cref="RetirementOverflowException">There is none by the domain's options.</exception>
    public (int Place, long Serial) Reserve(bool mayRefuse)
    {
        using ExclusiveLock.Scope held = _clock.Gate.Enter();
        if (mayRefuse)
        {
            _limits?.ThrowIfFull(PendingUnderGate + _reserved.Count, _callbacks.PendingBytes);
        }

        MakeRoomUnderGate();
        return _reserved.Add(); // Counted apart from what is incoming: taking that leaves the room.
    }

    /// <summary>Gives back a reservation that will not be used; one that has been used or given back changes nothing.</summary>
    public void CancelReservation(int place, long serial)
    {
        using ExclusiveLock.Scope held = _clock.Gate.Enter();
        _reserved.Remove(place, serial);
    }

    /// <summary>Takes over something the calling thread has unlinked. Never waits for readers.</summary>
    public void Retire(RetiredItem item)
    {
        Due due;
        item = Timed(item);
        using (_clock.Gate.Enter())
        {
            MakeRoomUnderGate();
            due = AcceptUnderGate(item);
        }

        DoWhatIsDue(due);
    }

    /// <summary>As <see cref="Retire"/>, in the room of a reservation, which is used up.</summary>
    /// <returns>False, having accepted nothing, when the reservation has been used or given back before.</returns>
    public bool RetireReserved(RetiredItem item, int place, long serial)
    {
        Due due;
        item = Timed(item);
        using (_clock.Gate.Enter())
        {
            if (!_reserved.Remove(place, serial))
            {
                return false;
            }

            due = AcceptUnderGate(item);
        }

        DoWhatIsDue(due);
        return true;
    }

    /// <summary>What one more retirement has made due.</summary>
    private readonly record struct Due(bool IsPass, bool IsReport);

    private long PendingUnderGate => _retired.ReadRelaxed() - _callbacks.Reclaimed - _callbacks.Abandoned;

    /// <summary>Notes the time, if somebody wants to know. Before the gate, and a clock that fails loses nothing: the item has been unlinked.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "See above.")]
    private RetiredItem Timed(RetiredItem item)
    {
        if (!RetirementMetrics.IsDelayWanted)
        {
            return item;
        }

        try
        {
            return item with { RetiredAt = _time.GetTimestamp() };
        }
        catch (Exception)
        {
            return item; // As if nobody wanted to know.
        }
    }

    /// <summary>Where there is room for it.</summary>
    private Due AcceptUnderGate(RetiredItem item)
    {
        int count = _incomingCount.Read() + 1;
        _incoming[count - 1] = item.Tagged(_clock.TagUnderGate()); // O2: after the unlink, under the lock of every advance.
        _incomingCount.Write(count);
        _retired.Write(_retired.ReadRelaxed() + 1);
        _callbacks.AddPending(item.Bytes);
        if (count % _advanceEvery == 0)
        {
            _clock.AdvanceUnderGate();
        }

        bool isPassDue = count >= _threshold.ReadRelaxed();
        bool isReportDue = _limits is not null
            && _limits.Accept(PendingUnderGate, _callbacks.PendingBytes, item.Bytes, isFairPart: count >= Math.Max(_batchSize, _heldCount.Read() / 8), ref isPassDue);
        if (isPassDue)
        {
            _isPassDue.Write(true);
        }

        return new Due(isPassDue, isReportDue);
    }

    private void DoWhatIsDue(Due due)
    {
        if (due.IsReport)
        {
            _overflowToTell.Write(1);
            if (MayRunCallbacks)
            {
                TellOverflow();
            }
        }

        if (due.IsPass && MayRunCallbacks && HeavyMayCome)
        {
            ReclaimReporting(onlyIfDue: true, passes: 1);
        }
        else
        {
            _timer.Arm();
        }
    }

    /// <summary>Tells that a limit has been passed, if it is still to be told. A handler runs as a callback does: where none may, this is left to the timer.</summary>
    private void TellOverflow()
    {
        if (_limits is not null && _overflowToTell.Exchange(0) != 0)
        {
            RetirementStatistics statistics = Statistics;
            _callbacks.ReportOverflow(statistics.Pending, statistics.PendingBytes);
        }
    }

    private void MakeRoomUnderGate()
    {
        int needed = _incomingCount.Read() + _reserved.Count + 1;
        if (_incoming.Length < needed)
        {
            Array.Resize(ref _incoming, Math.Max(needed, _incoming.Length * 2));
        }
    }
}
