using System.Diagnostics;

namespace SwmrKit;

/// <summary>
/// Holds the value of a <see cref="SwmrCell{T}"/>, or one of an <see cref="OwningDictionary{TKey, TValue}"/>, for as long as need be: across <c>await</c>, on any thread, in a field. It is not disposed
/// before <see cref="Dispose"/>, whatever writers do.
/// </summary>
/// <typeparam name="T">The type of the value.</typeparam>
/// <remarks>
/// <para>It holds back that one object and nothing else. Taking and disposing one costs an allocation and two uncontended locks, about 85 ns; for short,
/// synchronous use a read (<see cref="SwmrCell{T}.Read()"/>) costs a twentieth.</para>
/// <para>Dispose it once nobody uses the value, on whatever thread. All members may be called from any thread at once; only that the value is no longer
/// used when the lease is disposed is the callers' business.</para>
/// <para><b>A lease that is dropped</b> instead tells nobody when the value is no longer used. So when it is collected, the object is left to its own finalizer:
/// its container will not dispose it. <see cref="RetirementDomain.LeaseLeaked"/> reports it.</para>
/// <para>It is a hazard pointer (Michael, IEEE TPDS 15(6), 2004) behind an asymmetric barrier; one made from a read needs not even
/// the barrier.</para>
/// </remarks>
[DebuggerDisplay("Version = {_held.Read()?.Version}, Value = {_held.Read()?.Value}")]
public sealed class Lease<T> : FinalizedObject, IDisposable
    where T : class
{
    // Null in a lease of what needs no disposal, which holds nothing back.
    private readonly HazardSlot? _slot;
    private readonly long _takenAt;
    private readonly StackTrace? _stack;

    // What is held. Whoever takes it away, Dispose or the finalizer, gives the slot back.
    private SharedReference<Published<T>> _held;

    /// <summary>A lease of what needs no disposal.</summary>
    private Lease(Published<T> node)
    {
        _held.Write(node);
        NeedsNoCollecting();
    }

    private Lease(HazardRegistry hazards)
    {
        _takenAt = hazards.Time.GetTimestamp();
        _stack = hazards.CapturesStacks ? new StackTrace(fNeedFileInfo: true) : null;
        _slot = hazards.Acquire();
    }

    /// <summary>The value that was current when the lease was taken.</summary>
    /// <exception cref="ObjectDisposedException">The lease has been disposed.</exception>
    public T Value => Held.Value;

    /// <summary>The number of this value among those the cell has held, from 1; for a dictionary's, its version with which the value came.</summary>
    /// <exception cref="ObjectDisposedException">The lease has been disposed.</exception>
    public long Version => Held.Version;

    private Published<T> Held => _held.Read() ?? throw new ObjectDisposedException(nameof(Lease<>));

    /// <summary>Takes a lease of what is published in one place; null when nothing is, or the cell has been disposed.</summary>
    /// <remarks>
    /// <para>O7. The lease names the object, then looks whether it is still there. If a scanner has missed the name, its heavy barrier
    /// came before the light one here, and so did the unlink: then the second look does not find the same publication. One never returns, and one
    /// that is held here cannot be mistaken for another.</para>
    /// <para>All that can fail is done before anything is named, but for a dictionary's comparer: then nothing stays named.</para>
    /// </remarks>
    internal static Lease<T>? Take<TRoot>(TRoot root)
        where TRoot : ILiveRoot<T>, allows ref struct
    {
        Lease<T>? lease = null;
        try
        {
            Published<T>? node = root.Current;
            while (node is { Ownership: { } record })
            {
                lease ??= new Lease<T>(record.Hazards);
                lease.Announce(node, record);
                Published<T>? again = root.Current; // O7: the live root.
                if (ReferenceEquals(again, node))
                {
                    return lease;
                }

                node = again;
            }

            lease?.Dispose(); // It came too late for all it named.
            return node is null or { IsDisposed: true } ? null : new Lease<T>(node);
        }
        catch
        {
            lease?.Dispose();
            throw;
        }
    }

    /// <summary>Takes a lease of what the caller holds until this has returned: by a guard, or because nobody else has it yet.</summary>
    /// <remarks>O10. Nothing is looked at again: a scanner that does not find the guard any more reads the hazards after it, and so sees this one. What is named before it is published
    /// is named before whoever unlinks it can have found it.</remarks>
    internal static Lease<T> Promote(Published<T> node)
    {
        if (node.Ownership is not { } record)
        {
            return new Lease<T>(node);
        }

        var lease = new Lease<T>(record.Hazards);
        lease._held.Write(node);
        lease._slot!.Promote(record.Id);
        return lease;
    }

    /// <summary>Ends the lease. Further calls, and calls at the same time, do nothing.</summary>
    public void Dispose()
    {
        if (_held.Exchange(null) is { Ownership: { } record })
        {
            record.Hazards.Release(_slot!);
            NeedsNoCollecting();
        }
    }

    /// <summary>Nobody knows whether the value is still in use: from now on it is not the container's to dispose. Leak rather than corrupt.</summary>
    protected override void OnCollected()
    {
        if (_held.Exchange(null) is { Ownership: { } record } node)
        {
            record.MarkLeaked(); // Before the hazard goes: a scanner that does not find it any more finds the mark.
            record.Hazards.Release(_slot!);
            record.Hazards.Report(node.Value, _takenAt, _stack);
        }
    }

    private void Announce(Published<T> node, Ownership record)
    {
        _held.Write(node);
        _slot!.Announce(record.Id);
    }
}
