using System.Runtime.CompilerServices;

namespace SwmrKit;

/// <summary>
/// What is known of an object that an owning container has published: since when it has been reachable, and who disposes it.
/// </summary>
/// <remarks>
/// The birth belongs to the object, not to a publication (O9): an object exchanged out and published again may still be held by
/// a reader from before, whose reservation a newer birth would miss. And an object in two containers, or published after it was
/// retired, would be disposed under a reader: hence one record an object, found by identity, for as long as the object lives.
/// </remarks>
internal sealed class Ownership
{
    private const int Detached = 0;
    private const int Published = 1;
    private const int Retired = 2;
    private const long StateMask = 3;
    private const long OnePublication = 4;

    private static readonly ConditionalWeakTable<object, Ownership> s_records = [];

    // The state in the lowest two bits, above it how often the object has been published.
    private SharedInt64 _state = new(Detached);
    private SharedInt32 _leaked;

    private Ownership(EraClock clock, HazardRegistry hazards)
    {
        Hazards = hazards;
        Id = hazards.NextId();
        Birth = clock.Now;
    }

    /// <summary>The hazards of the object's domain: one registry a domain, and so its identity too.</summary>
    public HazardRegistry Hazards { get; }

    /// <summary>What leases name the object by: greater than 0 and never used again, not even for the next life of a pooled object (O7).</summary>
    public long Id { get; }

    /// <summary>The era read before the object was first published (O9).</summary>
    public long Birth { get; }

    /// <summary>Which publication the current one is, or the last one was.</summary>
    public long Publication => _state.Read() & ~StateMask;

    /// <summary>
    /// Whether a lease of the object was dropped: nobody knows when it will no longer be used, and so it is never disposed. To be read after the
    /// hazards; see <see cref="MarkLeaked"/>.
    /// </summary>
    public bool IsLeaked => _leaked.Read() != 0;

    /// <summary>The record of an object that is about to be published.</summary>
    /// <exception cref="InvalidOperationException">The object was published under another domain.</exception>
    public static Ownership Of(object value, EraClock clock, HazardRegistry hazards)
    {
        Ownership record = s_records.GetValue(value, _ => new Ownership(clock, hazards));
        return ReferenceEquals(record.Hazards, hazards)
            ? record
            : throw new InvalidOperationException(
                "The object was published under another retirement domain, whose readers may still hold it. Publish it where it was, or publish a new one.");
    }

    /// <summary>The record of an object that a container has published; null for one that none has. Takes no lock.</summary>
    public static Ownership? Find(object value) => s_records.TryGetValue(value, out Ownership? record) ? record : null;

    /// <summary>Claims the object for one container: the last before it is published there, when nothing can fail any more.</summary>
    /// <exception cref="InvalidOperationException">It is published elsewhere, or has been retired.</exception>
    public void Claim()
    {
        long state = _state.Read();
        if ((state & StateMask) == Detached && _state.CompareExchange(state + OnePublication + Published, state) == state)
        {
            return;
        }

        throw (_state.Read() & StateMask) switch
        {
            Retired => new InvalidOperationException(
                "The object has been replaced and retired: it is disposed, or will be. Publish a new one."),
            _ => new InvalidOperationException(
                "The object is in a cell or a dictionary already, which will dispose it. Publish each object in one place; take it out first, or, to move it within a dictionary, remove and set it in one Update."),
        };
    }

    /// <summary>Takes back a claim that has come to nothing: nobody can have found the object by it. Whoever has it detached may go on with it as before.</summary>
    public void Disclaim() => _state.Write(Publication - OnePublication + Detached);

    /// <summary>The object has been given to a callback that may reuse it: its next life is a new one.</summary>
    /// <remarks>An interrupt of the thread, which the table's lock lets through, is kept for its next wait: the callback is still to come.</remarks>
    public static void Forget(object value)
    {
        if (Find(value) is null)
        {
            return;
        }

        bool interrupted = false;
        while (true)
        {
            try
            {
                s_records.Remove(value);
                break;
            }
            catch (ThreadInterruptedException)
            {
                interrupted = true;
            }
        }

        if (interrupted)
        {
            Thread.CurrentThread.Interrupt();
        }
    }

    /// <summary>A lease of the object was dropped. To be called before its hazard is cleared: both are releases, and a scan reads them in the other order.</summary>
    public void MarkLeaked() => _leaked.Write(1);

    /// <summary>Leaves the object to whoever exchanged it out.</summary>
    public void Detach() => _state.Write(Publication + Detached);

    /// <summary>Ends the life of an object that the calling container has unpublished.</summary>
    public void Retire() => _state.Write(Publication + Retired);

    /// <summary>Ends the life of a detached object.</summary>
    /// <param name="publication">Which publication the caller detached it from.</param>
    /// <returns>False, having changed nothing, when it has been published again or retired.</returns>
    public bool TryRetireDetached(long publication) => _state.CompareExchange(publication + Retired, publication + Detached) == publication + Detached;

    /// <summary>Ends the life of a detached object that is handed over without its <see cref="Detached{T}"/>: one caller alone succeeds.</summary>
    /// <param name="hazards">Those of the domain that is to dispose it.</param>
    /// <exception cref="InvalidOperationException">It was published under another domain, is still published, or has been retired; nothing has been changed.</exception>
    public void RetireDetached(HazardRegistry hazards)
    {
        if (!ReferenceEquals(Hazards, hazards))
        {
            throw new InvalidOperationException(
                "The object was published under another retirement domain, whose readers and leases may still hold it. Retire it there.");
        }

        if (!TryRetireDetached(Publication))
        {
            throw new InvalidOperationException((_state.Read() & StateMask) == Retired
                ? "The object has been retired already: it is disposed, or will be."
                : "The object is published by a container, which will dispose it. Replace it there, or exchange it out first.");
        }
    }
}
