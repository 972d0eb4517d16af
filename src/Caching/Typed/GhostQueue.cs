namespace SwmrKit;

/// <summary>
/// The hashes of the keys that have left last, in the order in which they left: whose key comes back soon was taken out too early. Two keys of one hash are one here. Guarded by the cache's lock.
/// </summary>
/// <remarks>A ring of hashes, and over its places a hash table with chains: 12 to 24 bytes a hash.</remarks>
internal sealed class GhostQueue
{
    private const int None = -1;

    private int[] _hashes = []; // The ring; its length is a power of two.
    private int[] _next = []; // The place that comes after this one in its chain.
    private int[] _heads = []; // The first place of each chain.
    private bool[] _isTaken = []; // Whether the hash of the place is still in its chain.
    private int _oldest;
    private int _length; // Places from the oldest on that are in use, those given back in their midst included.

    /// <summary>Adds a hash, and forgets the oldest so that there are at most so many.</summary>
    public void Add(int hash, int most)
    {
        while (_length > 0 && _length >= most)
        {
            Forget();
        }

        if (_length == _hashes.Length)
        {
            Grow();
        }

        int place = (_oldest + _length++) & (_hashes.Length - 1);
        _hashes[place] = hash;
        Link(place);
    }

    /// <summary>Takes out a hash; of equal ones that which came last.</summary>
    /// <returns>Whether it was there.</returns>
    public bool Remove(int hash)
    {
        if (_length == 0)
        {
            return false;
        }

        int place = _heads[hash & (_heads.Length - 1)];
        while (place != None && _hashes[place] != hash)
        {
            place = _next[place];
        }

        if (place == None)
        {
            return false;
        }

        Unlink(place);
        return true;
    }

    public void Clear()
    {
        _hashes = _next = _heads = [];
        _isTaken = [];
        _oldest = _length = 0;
    }

    private void Forget()
    {
        if (_isTaken[_oldest])
        {
            Unlink(_oldest);
        }

        _oldest = (_oldest + 1) & (_hashes.Length - 1);
        _length--;
    }

    private void Link(int place)
    {
        ref int head = ref _heads[_hashes[place] & (_heads.Length - 1)];
        _next[place] = head;
        head = place;
        _isTaken[place] = true;
    }

    private void Unlink(int place)
    {
        ref int link = ref _heads[_hashes[place] & (_heads.Length - 1)];
        while (link != place)
        {
            link = ref _next[link];
        }

        link = _next[place];
        _isTaken[place] = false;
    }

    private void Grow()
    {
        int length = Math.Max(4, 2 * _hashes.Length);
        (int[] hashes, bool[] isTaken, int oldest) = (_hashes, _isTaken, _oldest);
        (_hashes, _next, _heads, _isTaken, _oldest) = (new int[length], new int[length], new int[length], new bool[length], 0);
        Array.Fill(_heads, None);
        for (int i = 0; i < _length; i++)
        {
            int place = (oldest + i) & (hashes.Length - 1);
            _hashes[i] = hashes[place];
            if (isTaken[place])
            {
                Link(i);
            }
        }
    }
}
