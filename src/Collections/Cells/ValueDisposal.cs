namespace SwmrKit;

/// <summary>How one container disposes of the values it owns: which of them need it, where, and by what.</summary>
/// <typeparam name="T">The type of the values.</typeparam>
internal sealed class ValueDisposal<T>
    where T : class
{
    private readonly EraClock _clock;
    private readonly Action<T>? _reclaim;

    /// <param name="domain">Who disposes what was unlinked.</param>
    /// <param name="reclaim">What to do with it instead of disposing it.</param>
    /// <exception cref="ArgumentNullException"><paramref name="domain"/> is null.</exception>
    /// <exception cref="ObjectDisposedException">The domain has been disposed.</exception>
    public ValueDisposal(RetirementDomain domain, Action<T>? reclaim)
    {
        ArgumentNullException.ThrowIfNull(domain);
        domain.ThrowIfDisposed();
        Domain = domain;
        _clock = domain.Readers.Clock;
        _reclaim = reclaim is null ? null : value =>
        {
            Ownership.Forget(value); // From here on it is the callback's: a pool may hand it out to be published again.
            reclaim(value);
        };
    }

    public RetirementDomain Domain { get; }

    /// <summary>The record of an object that will have to be disposed, and with it the era of its birth: before its publication (O9).</summary>
    /// <exception cref="InvalidOperationException">The object was published under another domain.</exception>
    public Ownership? OwnershipOf(T value) =>
        _reclaim is not null || value is IDisposable or IAsyncDisposable ? Ownership.Of(value, _clock, Domain.Hazards) : null;

    /// <summary>Retires a value that has been unlinked, or gives the room back for one that needs no disposal.</summary>
    public void Retire(T value, Ownership? record, ref RetirementReservation room)
    {
        if (record is null)
        {
            room.Dispose();
            return;
        }

        room.Use(ItemOf(value, record));
    }

    /// <summary>What the domain gets of a value that has been unlinked.</summary>
    public RetiredItem ItemOf(T value, Ownership record)
    {
        RetiredItem item = (_reclaim, value) switch
        {
            ({ } reclaim, _) => RetiredItem.Calling(value, reclaim, bytes: 0, record.Birth, _clock),
            (_, IDisposable disposable) => RetiredItem.Disposing(disposable, bytes: 0, record.Birth, _clock),
            _ => RetiredItem.DisposingAsync((IAsyncDisposable)value, bytes: 0, record.Birth, _clock),
        };
        return item.OwnedBy(record);
    }
}
