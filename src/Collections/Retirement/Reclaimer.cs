using System.Diagnostics.CodeAnalysis;

namespace SwmrKit;

/// <summary>
/// The list of what was retired, and the pass that reclaims what no reader and no lease can hold any more.
/// </summary>
/// <remarks>
/// <para><b>A pass.</b> Under the gate: take what is incoming and advance the era (O3). Then one heavy barrier for all of it (O1),
/// then read the registry and its slots (O5), then the hazards (O7, O10), then split: what no reservation intersects and no hazard
/// names is ready, the rest is held for the next pass. One pass runs at a time, and another thread may wait for that; callbacks run
/// after it, outside every lock, so a slow one delays nobody else's (<see cref="CallbackRunner"/>).</para>
/// <para><b>When.</b> The thread that fills a batch runs one pass; the timer runs the others, and those that would fall into a callback
/// or under a container's writer lock. While readers hold back much, a pass comes
/// only when half as much has come in: looking again at what is held stays a constant part of each retirement's cost.</para>
/// <para><b>The domain is not held</b>: the timer holds this, so that what is pending when a domain is
/// collected is reclaimed all the same, when its last readers have left.</para>
/// <para><b>Nothing is lost.</b> Room is made before an item is moved; an item whose heavy barrier failed is still held.</para>
/// </remarks>
internal sealed class Reclaimer
{
    /// <summary>The era advances this many times a batch, so that a stalled reader holds back a part of a batch, not all of it.</summary>
    private const int AdvancesPerBatch = 4;

    /// <summary>The most passes of one flush; what callbacks go on retiring then waits for the next.</summary>
    private const int PassesPerFlush = 1_024;

    private readonly ReaderRegistry _registry;
    private readonly HazardRegistry _hazards;
    private readonly EraClock _clock;
    private readonly Action _heavy;
    private readonly int _batchSize;
    private readonly int _advanceEvery;
    private readonly CallbackRunner _callbacks;
    private readonly FlushTimer _timer;

    // Guarded by the clock's gate.
    private RetiredItem[] _incoming;
    private PlainData<int> _incomingCount;
    private readonly ReservedRooms _reserved = new();
    private SharedInt64 _retired;
    private SharedInt64 _taken;

    // Guarded by the pass.
    private readonly ExclusiveLock _pass = new();
    private readonly Reservations _reservations = new();
    private readonly HazardIds _leased = new();
    private readonly List<RetiredItem> _held = [];
    private readonly List<ReadyBatch> _running = [];

    private SharedInt32 _threshold; // How much must have come in before a retiring thread runs a pass.
    private SharedInt32 _heldCount; // As of the last pass, for those who arm the timer after it.
    private SharedReference<ReadyBatch> _spare;
    private SharedInt64 _heavyBarriers;
    private SharedInt64 _reclaimFailures;

    public Reclaimer(RetirementDomain domain, Action heavy, RetirementOptions options)
    {
        _registry = domain.Readers;
        _hazards = domain.Hazards;
        _clock = _registry.Clock;
        _heavy = heavy;
        _callbacks = new CallbackRunner(domain);
        _batchSize = options.BatchSize;
        _advanceEvery = Math.Max(1, options.BatchSize / AdvancesPerBatch);
        _incoming = new RetiredItem[options.BatchSize];
        _threshold.Write(options.BatchSize);
        _timer = new FlushTimer(this, options.FlushDelay, options.TimeProvider);
    }

    /// <summary>Whether the calling thread may run callbacks: it is neither in one nor under a container's writer lock.</summary>
    public static bool MayRunCallbacks => !CallbackScope.IsActive && !WriterScope.IsActive;

    public EraClock Clock => _clock;

    public RetirementStatistics Statistics
    {
        get
        {
            long reclaimed = _callbacks.Reclaimed; // These before the count of retired: pending is never negative.
            long abandoned = _callbacks.Abandoned;
            return new RetirementStatistics
            {
                Retired = _retired.Read(),
                Reclaimed = reclaimed,
                Abandoned = abandoned,
                PendingBytes = _callbacks.PendingBytes,
                HeavyBarriers = _heavyBarriers.Read(),
                LeakedLeases = _hazards.Leaked,
                CallbackFailures = _callbacks.Failures,
                ReclaimFailures = _reclaimFailures.Read(),
            };
        }
    }

    /// <summary>Makes room for one item, so that retiring it after the unlink cannot fail.</summary>
    /// <returns>What tells this reservation from every other.</returns>
    public (int Place, long Serial) Reserve()
    {
        using ExclusiveLock.Scope held = _clock.Gate.Enter();
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
        bool full;
        using (_clock.Gate.Enter())
        {
            MakeRoomUnderGate();
            full = AcceptUnderGate(item);
        }

        ReclaimOrArm(full);
    }

    /// <summary>As <see cref="Retire"/>, in the room of a reservation, which is used up.</summary>
    /// <returns>False, having accepted nothing, when the reservation has been used or given back before.</returns>
    public bool RetireReserved(RetiredItem item, int place, long serial)
    {
        bool full;
        using (_clock.Gate.Enter())
        {
            if (!_reserved.Remove(place, serial))
            {
                return false;
            }

            full = AcceptUnderGate(item);
        }

        ReclaimOrArm(full);
        return true;
    }

    /// <summary>Where there is room for it.</summary>
    /// <returns>Whether a batch has come in.</returns>
    private bool AcceptUnderGate(RetiredItem item)
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

        return count >= _threshold.ReadRelaxed();
    }

    private void ReclaimOrArm(bool full)
    {
        if (full && MayRunCallbacks)
        {
            ReclaimReporting(onlyFullBatch: true, passes: 1);
        }
        else
        {
            _timer.Arm();
        }
    }

    /// <summary>The timer's part: what ended readers left, what a batch was too small to flush, what readers held back.</summary>
    public void Flush()
    {
        _registry.TakeBackAbandoned();
        ReclaimReporting(onlyFullBatch: false, PassesPerFlush);
    }

    /// <summary>How often what had come in was taken by a pass.</summary>
    public long Taken => _taken.Read();

    /// <summary>The timer's part when a pass has done it meanwhile: what came in since has its own delay.</summary>
    public void PutFlushOff()
    {
        _registry.TakeBackAbandoned();
        ArmIfPending(progress: false);
    }

    /// <summary>Runs a pass, and the callbacks of what it found ready.</summary>
    /// <returns>How many items were reclaimed.</returns>
    /// <exception cref="AsymmetricBarrierException">The heavy barrier failed; everything is still pending.</exception>
    public int Reclaim() => Reclaim(onlyFullBatch: false, passes: 1);

    /// <summary>
    /// Reclaims what no reader holds, waits for what was being reclaimed when this was called, and for disposals that this
    /// began, and does so again until no lease holds anything either: with it, and after a grace period, everything retired before has
    /// been reclaimed.
    /// </summary>
    /// <param name="graceEra">The era of that grace period: every section from before it has been left.</param>
    /// <param name="timeIsUp">Whether to wait no longer.</param>
    /// <returns>False when the time ran out first.</returns>
    public bool ReclaimAndWait(long graceEra, Func<bool> timeIsUp)
    {
        while (true)
        {
            if (!ReclaimAndWait(graceEra, timeIsUp, out long leased))
            {
                return false;
            }

            if (leased == 0)
            {
                return true;
            }

            var spinner = default(Spinner);
            while (_hazards.Names(leased)) // Without a barrier: the pass that follows has its own.
            {
                if (timeIsUp())
                {
                    return false;
                }

                spinner.Spin();
            }
        }
    }

    /// <param name="graceEra">The era of the grace period.</param>
    /// <param name="timeIsUp">Whether to wait no longer.</param>
    /// <param name="leased">The id of one object retired before that a lease still holds, or 0.</param>
    private bool ReclaimAndWait(long graceEra, Func<bool> timeIsUp, out long leased)
    {
        // In one: what was retired before is reclaimed by this pass, or has been detached by one whose batch is among the running.
        ReadyBatch? ready;
        List<(ReadyBatch Batch, long Completed)> running;
        using (_pass.Enter())
        {
            // The count first: a batch that still runs after it was read will change it.
            running = [.. _running.Select(static batch => (batch, batch.Completed)).Where(static pair => pair.batch.IsRunning)];
            ready = RunPass(graceEra);
            leased = _held.Find(item => item.Tag < graceEra).Record?.Id ?? 0; // Such as no reader holds: they are here for a lease.
            if (ready is not null)
            {
                running.Add((ready, ready.Completed));
            }
        }

        RunCallbacks(ready);
        foreach ((ReadyBatch batch, long completed) in running)
        {
            var spinner = default(Spinner);
            while (batch.Completed == completed)
            {
                if (timeIsUp())
                {
                    return false;
                }

                spinner.Spin();
            }
        }

        return true;
    }

    /// <summary>As <see cref="Reclaim()"/>, for callers who must not see it fail: the failure is counted and reported, the items stay pending.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "Retiring and the timer never throw; every failure is reported.")]
    private void ReclaimReporting(bool onlyFullBatch, int passes)
    {
        try
        {
            Reclaim(onlyFullBatch, passes);
        }
        catch (Exception exception)
        {
            _callbacks.Report(exception, isCallback: false); // The pass has counted it.
            _timer.ArmForRescan();
        }
    }

    /// <summary>Counts and reports what failed outside a pass, on a thread that must not see it fail: the timer could not be set.</summary>
    public void ReportFailure(Exception exception)
    {
        _reclaimFailures.Add(1);
        _callbacks.Report(exception, isCallback: false);
    }

    private int Reclaim(bool onlyFullBatch, int passes)
    {
        int reclaimed = 0;
        do
        {
            ReadyBatch? ready = null;
            using (_pass.Enter())
            {
                if (!onlyFullBatch || IsBatchIncoming())
                {
                    ready = RunPass();
                }
            }

            reclaimed += RunCallbacks(ready);
        }
        while (--passes > 0 && IsBatchIncoming());

        return reclaimed;
    }

    /// <summary>A pass, counted if it fails. The caller holds the lock of the passes.</summary>
    /// <param name="graceEra">The era of a grace period that is over, or 0: what was tagged before it no reader holds, whatever the slots say.</param>
    private ReadyBatch? RunPass(long graceEra = 0)
    {
        try
        {
            return Pass(graceEra);
        }
        catch
        {
            _reclaimFailures.Add(1);
            throw;
        }
    }

    private ReadyBatch? Pass(long graceEra)
    {
        TakeIncoming();
        _heldCount.Write(_held.Count);
        if (_held.Count == 0)
        {
            return null;
        }

        _heavy(); // O1: pairs with ReaderSlot.Enter, RaiseUpper and TryReenter.
        _heavyBarriers.Add(1);
        _reservations.Read(_registry.Slots); // O5: the registry and its slots, only now.
        _leased.Read(_hazards.Slots); // O7: after Heavy. O10: the hazards and their registry only after the guards, which leases are made from.

        _running.RemoveAll(static batch => !batch.IsRunning);
        ReadyBatch ready = _spare.Exchange(null) ?? new ReadyBatch();
        ready.Items.EnsureCapacity(_held.Count);
        _running.EnsureCapacity(_running.Count + 1); // From here on nothing is allocated: what has been detached is run.
        int kept = 0;
        for (int i = 0; i < _held.Count; i++)
        {
            RetiredItem item = _held[i];

            // O1, O2: the sections that could have found what was tagged before the grace period's era have been left. A reader may still announce
            // an era it loaded earlier, and then seems to hold it; but it announces after that period's Heavy, and so sees the unlink.
            if ((item.Tag >= graceEra && _reservations.Hold(item.Birth, item.Tag)) || _leased.Hold(item.Record))
            {
                _held[kept++] = item;
            }
            else if (item.Record is { IsLeaked: true }) // After the hazards: a dropped lease leaves its mark before its hazard goes.
            {
                _callbacks.Abandon(item);
            }
            else
            {
                ready.Items.Add(item);
            }
        }

        _held.RemoveRange(kept, _held.Count - kept);
        _heldCount.Write(kept);
        _threshold.Write(Math.Max(_batchSize, kept / 2));
        ready.Begin();
        _running.Add(ready);
        return ready;
    }

    private void TakeIncoming()
    {
        using ExclusiveLock.Scope held = _clock.Gate.Enter();
        Span<RetiredItem> incoming = _incoming.AsSpan(0, _incomingCount.Read());
        _held.EnsureCapacity(_held.Count + incoming.Length);
        _held.AddRange(incoming);
        incoming.Clear();
        _incomingCount.Write(0);
        _taken.Write(_taken.ReadRelaxed() + 1);
        _clock.AdvanceUnderGate(); // O3: after the unlinks of everything taken, before Heavy.
    }

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
                reclaimed = _callbacks.Run(ready);
                if (ready.End())
                {
                    _spare.Write(ready);
                }
            }
        }

        return reclaimed;
    }

    private bool IsBatchIncoming()
    {
        using ExclusiveLock.Scope held = _clock.Gate.Enter();
        return _incomingCount.Read() >= _threshold.ReadRelaxed();
    }

    private void ArmIfPending(bool progress)
    {
        if (progress)
        {
            _timer.ResetBackOff();
        }

        bool incoming;
        using (_clock.Gate.Enter())
        {
            incoming = _incomingCount.Read() > 0;
        }

        if (incoming)
        {
            _timer.Arm();
        }
        else if (_heldCount.Read() > 0)
        {
            _timer.ArmForRescan();
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
