namespace SwmrKit;

/// <summary>A grace period: over when every read section that was open when it began has been left.</summary>
/// <remarks>For one thread at a time.</remarks>
internal sealed class GracePeriod
{
    /// <summary>How often it is looked before ended threads are searched for, which looks at every slot.</summary>
    private const int LooksPerSearch = 8;

    private readonly ReaderRegistry _readers;
    private readonly ReaderSlot[] _slots;
    private int _left;
    private int _looks;

    /// <summary>Begins one.</summary>
    /// <param name="readers">Whose sections.</param>
    /// <param name="heavy">The heavy barrier.</param>
    /// <exception cref="AsymmetricBarrierException">The heavy barrier failed; nothing may be concluded.</exception>
    public GracePeriod(ReaderRegistry readers, Action heavy)
    {
        _readers = readers;
        Era = readers.Advance();
        heavy(); // O1: pairs with ReaderSlot.Enter, RaiseUpper and TryReenter. O5: the registry and its slots are read after it.
        _slots = readers.Slots;
    }

    /// <summary>The era that began with it: what was tagged before, no reader holds when it is over, not even one that announces an older era later.</summary>
    public long Era { get; }

    /// <summary>The slot of a reader that it waits for, when it has been looked and was not over.</summary>
    public ReaderSlot Awaited => _slots[_left];

    /// <summary>Looks whether it is over; never waits.</summary>
    public bool IsOver()
    {
        for (; _left < _slots.Length; _left++)
        {
            if (IsInsideSinceBefore(_slots[_left]))
            {
                if (++_looks % LooksPerSearch == 0)
                {
                    _readers.TakeBackAbandoned(); // Its thread may have ended inside.
                }

                return false;
            }
        }

        return true;
    }

    /// <summary>Looks once more, behind a search for ended threads, when there is no time left: those whose time is short would never come to one.</summary>
    public bool IsOverAtLast()
    {
        _readers.TakeBackAbandoned();
        return IsOver();
    }

    private bool IsInsideSinceBefore(ReaderSlot slot) => slot.Lower is > 0 and long lower && lower < Era; // O4: acquire.
}
