namespace SwmrKit;

/// <summary>
/// The resource built from the options in force: a certificate, a handler, a pooled buffer, native memory. It is replaced when they change, and disposed when its last
/// reader has left.
/// </summary>
/// <typeparam name="T">The type of the resource.</typeparam>
/// <remarks>
/// <para>A singleton of the service container, for named options under their name as the key: see <c>AddSnapshot</c>. Do not dispose the resource, and do not keep it
/// beyond the read or the lease.</para>
/// <para>All members may be called from any thread; a read belongs to the thread that made it. It is a <see cref="SwmrCell{T}"/> underneath, and costs what that
/// costs: a read neither a fence nor a lock nor an allocation.</para>
/// </remarks>
public interface ISnapshot<T>
    where T : class
{
    /// <summary>The number of the current resource among those there have been, from 1.</summary>
    long Version { get; }

    /// <summary>The domain that disposes what was replaced: that of the container, if one is registered, or <see cref="RetirementDomain.Shared"/>.</summary>
    RetirementDomain Domain { get; }

    /// <summary>Reads the current resource as the calling thread's implicit reader. O(1).</summary>
    /// <returns>The read; dispose it on this thread.</returns>
    /// <exception cref="ObjectDisposedException">The service container or the domain has been disposed.</exception>
    CellRead<T> Read();

    /// <summary>Reads the current resource through a handle of <see cref="Domain"/>: the fastest way. O(1).</summary>
    /// <param name="reader">A handle, registered by the calling thread.</param>
    /// <returns>The read; dispose it on this thread.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="reader"/> is null.</exception>
    /// <exception cref="InvalidOperationException">The handle belongs to another domain.</exception>
    /// <exception cref="ObjectDisposedException">The service container, the domain or the handle has been disposed.</exception>
    CellRead<T> Read(ReaderHandle reader);

    /// <summary>Takes a lease of the current resource: it is held until the lease is disposed, across <c>await</c> and on any thread. O(1) amortised; it allocates.</summary>
    /// <returns>The lease; dispose it.</returns>
    /// <exception cref="ObjectDisposedException">The service container or the domain has been disposed.</exception>
    Lease<T> Lease();

    /// <summary>Completes when there is a resource newer than the given version.</summary>
    /// <param name="version">The version already seen.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The newer version; at once if there is one already. Versions between may be skipped.</returns>
    /// <exception cref="ObjectDisposedException">The service container has been disposed, now or while waiting.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    Task<long> WaitForChangeAsync(long version, CancellationToken cancellationToken = default);
}
