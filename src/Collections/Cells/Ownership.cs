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

    private readonly EraClock _clock;

    // The state in the lowest two bits, above it how often the object has been published.
    private SharedInt64 _state = new(Detached);

    private Ownership(EraClock clock)
    {
        _clock = clock;
        Birth = clock.Now;
    }

    /// <summary>The era read before the object was first published (O9).</summary>
    public long Birth { get; }

    /// <summary>Claims the object for one container, before it is published there.</summary>
    /// <exception cref="InvalidOperationException">It is published elsewhere, has been retired, or was published under another domain.</exception>
    public static Ownership Claim(object value, EraClock clock)
    {
        Ownership record = s_records.GetValue(value, _ => new Ownership(clock));
        if (!ReferenceEquals(record._clock, clock))
        {
            throw new InvalidOperationException(
                "The object was published under another retirement domain, whose readers may still hold it. Publish it where it was, or publish a new one.");
        }

        long state = record._state.Read();
        if ((state & StateMask) == Detached && record._state.CompareExchange(state + OnePublication + Published, state) == state)
        {
            return record;
        }

        return (record._state.Read() & StateMask) switch
        {
            Retired => throw new InvalidOperationException(
                "The object has been replaced and retired: it is disposed, or will be. Publish a new one."),
            _ => throw new InvalidOperationException(
                "The object is already published by a container that will dispose it. Publish each object in one place."),
        };
    }

    /// <summary>The object has been given to a callback that may reuse it: its next life is a new one.</summary>
    public static void Forget(object value) => s_records.Remove(value);

    /// <summary>Leaves the object to whoever exchanged it out.</summary>
    /// <returns>Which publication that ended: a later one is not this caller's to retire.</returns>
    public long Detach()
    {
        long publication = _state.Read() & ~StateMask;
        _state.Write(publication + Detached);
        return publication;
    }

    /// <summary>Ends the life of an object that the calling container has unpublished.</summary>
    public void Retire() => _state.Write((_state.Read() & ~StateMask) + Retired);

    /// <summary>Ends the life of a detached object.</summary>
    /// <param name="publication">Which publication the caller detached it from.</param>
    /// <returns>False, having changed nothing, when it has been published again or retired.</returns>
    public bool TryRetireDetached(long publication) => _state.CompareExchange(publication + Retired, publication + Detached) == publication + Detached;
}
