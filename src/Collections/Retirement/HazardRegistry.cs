using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace SwmrKit;

/// <summary>The hazard slots of a domain, and the ids they name objects by.</summary>
/// <remarks>
/// <para>As with the readers' slots, the table doubles when it is full, never shrinks, and slots are reused and never freed: taking one is
/// O(1) amortised. But they belong to no thread: whoever has a lease gives its slot back, from anywhere.</para>
/// <para><b>The domain is held weakly</b>, and only to report to: records and leases hold this, and may outlive it.</para>
/// </remarks>
internal sealed class HazardRegistry(RetirementDomain domain, RetirementOptions options)
{
    private const int InitialCapacity = 8;

    private readonly WeakReference<RetirementDomain> _domain = new(domain);
    private readonly ExclusiveLock _lock = new();
    private readonly Stack<HazardSlot> _free = new();

    // Every entry of a published array is a slot; arrays are replaced, never changed.
    private SharedReference<HazardSlot[]> _slots = new([]);
    private SharedInt64 _lastId;
    private SharedInt64 _leaked;

    /// <summary>Measures the age of leases.</summary>
    public TimeProvider Time { get; } = options.TimeProvider;

    /// <summary>Whether each lease notes where it was taken.</summary>
    public bool CapturesStacks { get; } = options.CaptureLeaseStacks;

    /// <summary>The slots as they are now: to be read after the heavy barrier and after the guards' slots, never kept from before (O7, O10).</summary>
    public HazardSlot[] Slots => _slots.Read()!;

    /// <summary>How many leases were dropped without being disposed.</summary>
    public long Leaked => _leaked.Read();

    /// <summary>How many slots are in use. O(1).</summary>
    public int Held
    {
        get
        {
            using ExclusiveLock.Scope held = _lock.Enter();
            return Slots.Length - _free.Count;
        }
    }

    /// <summary>A number for one object's record, never given again (O7).</summary>
    public long NextId() => _lastId.Add(1);

    /// <summary>Takes a slot, which names nothing yet.</summary>
    public HazardSlot Acquire()
    {
        using ExclusiveLock.Scope held = _lock.Enter();
        if (_free.Count == 0)
        {
            Grow();
        }

        return _free.Pop();
    }

    /// <summary>Clears a slot and takes it back; to be called once by whoever took it.</summary>
    public void Release(HazardSlot slot)
    {
        using ExclusiveLock.Scope held = _lock.Enter();
        slot.Clear();
        _free.Push(slot); // Room was made when the slot was: this never allocates, not even in a finalizer.
    }

    /// <summary>Whether some hazard names that object now.</summary>
    public bool Names(long id)
    {
        foreach (HazardSlot slot in Slots)
        {
            if (slot.Id == id)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Counts a lease that was dropped and tells the domain's handlers. Never fails: a finalizer calls it.</summary>
    /// <param name="value">What it held.</param>
    /// <param name="takenAt">When it was taken, as <see cref="Time"/> counts.</param>
    /// <param name="stack">Where, if that was noted.</param>
    [SuppressMessage("Design", "CA1031", Justification = "What a finalizer throws ends the process; there may be no memory to report with.")]
    public void Report(object value, long takenAt, StackTrace? stack)
    {
        _leaked.Add(1);
        try
        {
            if (_domain.TryGetTarget(out RetirementDomain? target))
            {
                target.OnLeaseLeaked(new LeaseLeakedEventArgs(Time.GetElapsedTime(takenAt), value.GetType(), stack?.ToString()));
            }
        }
        catch (Exception)
        {
            // It has been counted.
        }
    }

    private void Grow()
    {
        HazardSlot[] old = Slots;
        var grown = new HazardSlot[Math.Max(InitialCapacity, old.Length * 2)];
        old.CopyTo(grown, 0);
        for (int i = old.Length; i < grown.Length; i++)
        {
            grown[i] = new HazardSlot();
        }

        _free.EnsureCapacity(grown.Length);
        _slots.Write(grown); // O7, O10: every slot is in the table before anybody can get it.
        for (int i = grown.Length - 1; i >= old.Length; i--)
        {
            _free.Push(grown[i]);
        }
    }
}
