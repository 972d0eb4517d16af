using System.Runtime.InteropServices;

namespace SwmrKit;

/// <summary>Where one lease says which object it holds: the never-reused id of the object's record, or 0.</summary>
/// <remarks>
/// A hazard pointer (Michael, IEEE TPDS 15(6), 2004) that holds a number: an address could come back with another object, an id
/// never does. A slot never moves to another registry and is never freed while its registry lives; it is handed from lease to lease.
/// </remarks>
internal sealed class HazardSlot
{
    private PaddedWord _word;

    /// <summary>The id as a scanner or waiter reads it: acquire, so that what was done under the lease comes before what follows (O4).</summary>
    public long Id => _word.Id.Read();

    /// <summary>
    /// Names an object that the caller does not hold yet. It holds it only when it has found it in the live root once more: that must be
    /// its next shared access, and a copy of the root that no writer changes tells nothing.
    /// </summary>
    public void Announce(long id) => _word.Id.Announce(id); // O7: the light barrier; pairs with Heavy() in Reclaimer.Pass.

    /// <summary>Names an object that the caller holds by a guard, which is left afterwards.</summary>
    public void Promote(long id) => _word.Id.Write(id); // O10: before the release that clears the guard's slot.

    /// <summary>Names nothing any more.</summary>
    public void Clear() => _word.Id.Write(0); // O4: release, after all that was done under the lease.

    [StructLayout(LayoutKind.Sequential)]
    private struct PaddedWord
    {
        private readonly CacheLinePadding _before;
        public SharedInt64 Id;
        private readonly CacheLinePadding _after;
    }
}
