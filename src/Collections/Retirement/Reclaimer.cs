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
internal sealed partial class Reclaimer
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
    private readonly TimeProvider _time;
    private readonly TimeSpan _minHeavyInterval;
    private readonly TaskScheduler? _callbackScheduler;

    // Guarded by the clock's gate.
    private RetiredItem[] _incoming;
    private PlainData<int> _incomingCount;
    private PlainData<bool> _isPassDue;
    private readonly ReservedRooms _reserved = new();
    private readonly PendingLimits? _limits;
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
    private SharedInt32 _overflowToTell;
    private SharedInt64 _heavyBarriers;
    private SharedInt64 _lastHeavy; // When, by the domain's clock; 0 for never.
    private SharedInt64 _reclaimFailures;

    public Reclaimer(RetirementDomain domain, Action heavy, RetirementOptions options)
    {
        _registry = domain.Readers;
        _hazards = domain.Hazards;
        _clock = _registry.Clock;
        _heavy = heavy;
        _callbacks = new CallbackRunner(domain, options.TimeProvider);
        _batchSize = options.BatchSize;
        _advanceEvery = Math.Max(1, options.BatchSize / AdvancesPerBatch);
        _incoming = new RetiredItem[options.BatchSize];
        _threshold.Write(options.BatchSize);
        _time = options.TimeProvider;
        _minHeavyInterval = options.MinHeavyInterval;
        _callbackScheduler = options.CallbackScheduler;
        _limits = PendingLimits.Of(options, domain.Name);
        _timer = new FlushTimer(this, options.FlushDelay, options.TimeProvider);
    }

    /// <summary>Whether the calling thread may run callbacks: it is neither in one nor under a container's writer lock.</summary>
    public static bool MayRunCallbacks => !CallbackScope.IsActive && !WriterScope.IsActive;

    public EraClock Clock => _clock;

    public HazardRegistry Hazards => _hazards;

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

    /// <summary>The timer's part: what ended readers left, what a batch was too small to flush, what readers held back.</summary>
    public void Flush()
    {
        TellOverflow();
        _registry.TakeBackAbandoned();
        ReclaimReporting(onlyIfDue: false, PassesPerFlush);
    }

    /// <summary>How often what had come in was taken by a pass.</summary>
    public long Taken => _taken.Read();

    /// <summary>The timer's part when a pass has done it meanwhile, or been asked for just now: what came in since has its own delay.</summary>
    public void PutFlushOff()
    {
        TellOverflow();
        _registry.TakeBackAbandoned();
        ArmIfPending(progress: false);
    }

    /// <summary>Runs a pass, and the callbacks of what it found ready.</summary>
    /// <returns>How many items were reclaimed.</returns>
    /// <exception cref="AsymmetricBarrierException">The heavy barrier failed; everything is still pending.</exception>
    public int Reclaim() => Reclaim(onlyIfDue: false, passes: 1);

    /// <summary>A pass after a grace period: what was retired before it is reclaimed, is being reclaimed, or is held by a lease.</summary>
    /// <param name="graceEra">The era of that grace period: every section from before it has been left.</param>
    /// <returns>What must end before everything retired before has been reclaimed.</returns>
    /// <exception cref="AsymmetricBarrierException">The heavy barrier failed; everything is still pending.</exception>
    public PassUnderWay ReclaimAfter(long graceEra)
    {
        // In one: what was retired before is reclaimed by this pass, or has been detached by one whose batch is among the running.
        ReadyBatch? ready = null;
        try
        {
            using ExclusiveLock.Scope held = _pass.Enter();

            // The count first: a batch that still runs after it was read will change it.
            List<(ReadyBatch, long)> running = [.. _running.Select(static batch => (batch, batch.Completed)).Where(static pair => pair.batch.IsRunning)];
            ready = RunPass(graceEra);
            if (ready is not null)
            {
                running.Add((ready, ready.Completed));
            }

            return new PassUnderWay(running, _held.Find(item => item.Tag < graceEra).Record?.Id ?? 0); // Such as no reader holds: it is here for a lease.
        }
        finally
        {
            RunCallbacks(ready); // Even if there was no memory to say what is under way: what has been detached is run.
        }
    }

    /// <summary>Whether a lease names that object now. Without a barrier: the pass that follows has its own.</summary>
    public bool IsLeased(long id) => id != 0 && _hazards.Names(id);

    /// <summary>The readers that have been inside one section for at least that long, as far as has been seen.</summary>
    public List<StalledReader> StalledReaders(TimeSpan age)
    {
        var stalled = new List<StalledReader>();
        using ExclusiveLock.Scope held = _pass.Enter();
        _registry.Advance(); // A section entered from now on does not look like one that was seen before.
        ReaderSlot[] slots = _registry.Slots;
        long now = _time.GetTimestamp();
        _reservations.Read(slots, now);
        for (int i = 0; i < slots.Length; i++)
        {
            if (_reservations.InsideSince(i) is { } since && _time.GetElapsedTime(since, now) is var inside && inside >= age
                && _registry.NameOf(slots[i]) is { } name)
            {
                stalled.Add(new StalledReader(name, inside));
            }
        }

        return stalled;
    }

    /// <summary>As <see cref="Reclaim()"/>, for callers who must not see it fail: the failure is counted and reported, the items stay pending.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "Retiring and the timer never throw; every failure is reported.")]
    private void ReclaimReporting(bool onlyIfDue, int passes)
    {
        try
        {
            Reclaim(onlyIfDue, passes);
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

    private int Reclaim(bool onlyIfDue, int passes)
    {
        int reclaimed = 0;
        do
        {
            ReadyBatch? ready = null;
            using (_pass.Enter())
            {
                if (!onlyIfDue || (IsPassDue() && HeavyMayCome))
                {
                    ready = RunPass();
                }
            }

            reclaimed += RunCallbacks(ready);
            onlyIfDue = true; // Nobody has asked for another.
        }
        while (--passes > 0 && IsPassDue() && HeavyMayCome);

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

        long start = _time.GetTimestamp();
        _heavy(); // O1: pairs with ReaderSlot.Enter, RaiseUpper and TryReenter.
        _heavyBarriers.Add(1);
        TimeSpan? heavyDuration = HeavyCame(start);
        _reservations.Read(_registry.Slots, start); // O5: the registry and its slots, only now.
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
        ready.HeavyDuration = heavyDuration;
        ready.Begin();
        _running.Add(ready);
        return ready;
    }

    /// <returns>How long it took, if somebody wants to know: told with the callbacks, outside the lock, for listeners are somebody's code.</returns>
    private TimeSpan? HeavyCame(long start)
    {
        if (_minHeavyInterval > TimeSpan.Zero)
        {
            _lastHeavy.Write(start);
        }

        return RetirementMetrics.IsHeavyDurationWanted ? _time.GetElapsedTime(start) : null;
    }

    private void TakeIncoming()
    {
        using ExclusiveLock.Scope held = _clock.Gate.Enter();
        Span<RetiredItem> incoming = _incoming.AsSpan(0, _incomingCount.Read());
        _held.EnsureCapacity(_held.Count + incoming.Length);
        _held.AddRange(incoming);
        incoming.Clear();
        _incomingCount.Write(0);
        _isPassDue.Write(false);
        _limits?.Taken();
        _taken.Write(_taken.ReadRelaxed() + 1);
        _clock.AdvanceUnderGate(); // O3: after the unlinks of everything taken, before Heavy.
    }

    /// <summary>How long until a pass that nobody asked for may issue a heavy barrier. Never fails: a clock that does delays nothing.</summary>
    public TimeSpan UntilHeavyMayCome
    {
        [SuppressMessage("Design", "CA1031", Justification = "Retiring and the timer never throw.")]
        get
        {
            if (_minHeavyInterval == TimeSpan.Zero)
            {
                return TimeSpan.Zero;
            }

            try
            {
                long last = _lastHeavy.Read();
                TimeSpan left = last == 0 ? TimeSpan.Zero : _minHeavyInterval - _time.GetElapsedTime(last);
                return left > TimeSpan.Zero ? left : TimeSpan.Zero;
            }
            catch (Exception)
            {
                return TimeSpan.Zero;
            }
        }
    }

    private bool HeavyMayCome => UntilHeavyMayCome == TimeSpan.Zero;

    private bool IsPassDue()
    {
        using ExclusiveLock.Scope held = _clock.Gate.Enter();
        return _isPassDue.Read();
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
}
