namespace SwmrKit;

/// <summary>
/// Which reservations have been made and not yet used or given back. Each has a place and a serial number that never returns, so
/// that a second use, through a copy, is recognised and takes no room that another made.
/// </summary>
/// <remarks>Guarded by the clock's gate. Places are reused: at steady state nothing is allocated.</remarks>
internal sealed class ReservedRooms
{
    private readonly Stack<int> _free = new(capacity: 4);
    private long[] _serials = new long[4]; // 0 where the place is free.
    private long _last;
    private int _places;

    /// <summary>How many there are.</summary>
    public int Count => _places - _free.Count;

    /// <summary>Enters a reservation.</summary>
    public (int Place, long Serial) Add()
    {
        if (!_free.TryPop(out int place))
        {
            if (_places == _serials.Length)
            {
                Array.Resize(ref _serials, _places * 2);
            }

            _free.EnsureCapacity(_places + 1); // So that removing never allocates.
            place = _places++;
        }

        _serials[place] = ++_last;
        return (place, _last);
    }

    /// <summary>Strikes a reservation out.</summary>
    /// <returns>False, having changed nothing, when it has been used or given back before.</returns>
    public bool Remove(int place, long serial)
    {
        if (_serials[place] != serial)
        {
            return false;
        }

        _serials[place] = 0;
        _free.Push(place);
        return true;
    }
}
