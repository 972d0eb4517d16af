namespace SwmrKit;

/// <summary>
/// An object exchanged out of an owning container: its holder decides whether it is published again or retired. Readers that
/// found it before may still be using it, so it must never be disposed directly.
/// </summary>
/// <typeparam name="T">The type of the object.</typeparam>
/// <remarks>Dropping it without either leaves the object to its own finalizer. Members may be called from any thread.</remarks>
public sealed class Detached<T>
    where T : class
{
    private readonly ValueDisposal<T> _disposal;
    private readonly Ownership? _ownership;
    private readonly long _publication;

    internal Detached(ValueDisposal<T> disposal, T value, Ownership? ownership, long publication)
    {
        _disposal = disposal;
        _ownership = ownership;
        _publication = publication;
        Value = value;
    }

    /// <summary>The object. Publishing it, in the same domain, takes it back into a container's care.</summary>
    /// <remarks>To have it disposed call <see cref="Retire"/>. <see cref="RetirementDomain.Retire(IDisposable, long, long)"/> of the same domain waits for its leases too, but as a rule
    /// for more readers, and knows nothing of a container's own way to reclaim; retired with an action, as the state of
    /// <see cref="RetirementDomain.Retire{TState}(TState, Action{TState}, long, long)"/>, its leases are not waited for.</remarks>
    public T Value { get; }

    /// <summary>Has the object disposed as soon as no reader holds it; does nothing for one that need not be disposed.</summary>
    /// <exception cref="InvalidOperationException">It has been published again, or retired before.</exception>
    public void Retire()
    {
        if (_ownership is null)
        {
            return; // Nothing to dispose.
        }

        RetirementReservation room = _disposal.Domain.ReserveAlways();
        try
        {
            if (!_ownership.TryRetireDetached(_publication))
            {
                throw new InvalidOperationException("The object has been published again or retired already.");
            }

            _disposal.Retire(Value, _ownership, ref room);
        }
        finally
        {
            room.Dispose();
        }
    }
}
