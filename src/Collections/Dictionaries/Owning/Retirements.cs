namespace SwmrKit;

/// <summary>What one write takes out of a container: room for each is made before the unlink, so that afterwards nothing can fail.</summary>
/// <typeparam name="T">The type of the values.</typeparam>
/// <remarks>In this order: <see cref="Add"/> each and, instead of the rest, <see cref="Cancel"/> where something fails; the unlink; <see cref="Mark"/>; the release of the writer's lock; <see cref="Retire"/>.</remarks>
internal sealed class Retirements<T>(ValueDisposal<T> disposal)
    where T : class
{
    private readonly Reclaimer _reclaimer = disposal.Domain.Reclaimer;
    private readonly List<(T Value, Ownership Record, int Place, long Serial)> _items = [];

    /// <summary>Makes room for one.</summary>
    /// <exception cref="RetirementOverflowException">There is none by the domain's options, and it may be refused.</exception>
    public void Add(T value, Ownership record, bool mayRefuse)
    {
        _items.Add((value, record, Place: -1, Serial: 0)); // The room in this list first.
        (int place, long serial) = _reclaimer.Reserve(mayRefuse);
        _items[^1] = (value, record, place, serial);
    }

    /// <summary>Gives the rooms back.</summary>
    public void Cancel()
    {
        foreach ((_, _, int place, long serial) in _items)
        {
            if (serial != 0)
            {
                _reclaimer.CancelReservation(place, serial);
            }
        }

        _items.Clear();
    }

    /// <summary>Ends the lives of all of them, which have been unlinked: under the writer's lock, before somebody publishes one again.</summary>
    public void Mark()
    {
        foreach ((_, Ownership record, _, _) in _items)
        {
            record.Retire();
        }
    }

    /// <summary>Retires all of them, after the writer's lock has been released: callbacks may run, and may write to the container.</summary>
    public void Retire()
    {
        foreach ((T value, Ownership record, int place, long serial) in _items)
        {
            _reclaimer.RetireReserved(disposal.ItemOf(value, record), place, serial);
        }
    }
}
