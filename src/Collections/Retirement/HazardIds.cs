namespace SwmrKit;

/// <summary>What leases held at one scan: the ids their hazards named, sorted, so that one item is decided in O(log leases).</summary>
/// <remarks>Reused from scan to scan; not thread-safe.</remarks>
internal sealed class HazardIds
{
    private long[] _ids = [];
    private int _count;

    /// <summary>Reads every slot. To be called after the heavy barrier and the guards' slots, with slots read after them (O7, O10).</summary>
    public void Read(HazardSlot[] slots)
    {
        if (_ids.Length < slots.Length)
        {
            _ids = new long[slots.Length];
        }

        _count = 0;
        foreach (HazardSlot slot in slots)
        {
            long id = slot.Id; // O4: acquire; what was done under a lease before its release comes before what follows here.
            if (id != 0)
            {
                _ids[_count++] = id;
            }
        }

        _ids.AsSpan(0, _count).Sort();
    }

    /// <summary>Whether some lease may hold the object of that record.</summary>
    public bool Hold(Ownership? record) => _count > 0 && record is not null && _ids.AsSpan(0, _count).BinarySearch(record.Id) >= 0;
}
