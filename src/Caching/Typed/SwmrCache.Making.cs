namespace SwmrKit;

// Values made once though many miss them at the same time.
public sealed partial class SwmrCache<TKey, TValue>
{
    /// <summary>Gets a key's value, or makes it, once for all who miss it meanwhile.</summary>
    /// <param name="key">The key.</param>
    /// <param name="factory">Makes the value, on the caller's thread and outside all locks. It may use the cache and ask for other keys.</param>
    /// <returns>The value: one that was set while the factory ran, if there is one. It is returned though it weighs too much to be kept.</returns>
    /// <remarks>Who waits gets the same value, or the same exception; after an exception the next caller tries again. <see cref="TryRemove(TKey)"/> while the factory runs finds nothing to remove: what the factory then returns is
    /// kept. A miss allocates, a hit does not.</remarks>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="InvalidOperationException">The factory that makes the value waits for the caller; or as for <see cref="Set"/>.</exception>
    /// <exception cref="ObjectDisposedException">The cache is disposed.</exception>
    public TValue GetOrAdd(TKey key, Func<TKey, TValue> factory)
    {
        ArgumentNullException.ThrowIfNull(factory);
        return GetOrAdd(key, static (key, factory) => factory(key), factory);
    }

    /// <summary>As <see cref="GetOrAdd(TKey, Func{TKey, TValue})"/>, without a closure.</summary>
    /// <typeparam name="TArgument">The type of the argument.</typeparam>
    /// <param name="key">The key.</param>
    /// <param name="factory">Makes the value.</param>
    /// <param name="argument">Handed to the factory.</param>
    /// <returns>The value.</returns>
    /// <exception cref="ArgumentNullException">The key or the factory is null.</exception>
    /// <exception cref="InvalidOperationException">As for the other overload.</exception>
    /// <exception cref="ObjectDisposedException">The cache is disposed.</exception>
    public TValue GetOrAdd<TArgument>(TKey key, Func<TKey, TArgument, TValue> factory, TArgument argument)
    {
        ArgumentNullException.ThrowIfNull(factory);
        return TryGetValue(key, out TValue? value) ? value : Make(key, factory, argument);
    }

    /// <summary>As <see cref="GetOrAdd(TKey, Func{TKey, TValue})"/>, with a factory that takes its time. The two share what they make.</summary>
    /// <param name="key">The key.</param>
    /// <param name="factory">Makes the value. Its token is cancelled when everybody who waited for the value has given up; what it makes all the same is kept only if nobody has begun anew.</param>
    /// <param name="cancellationToken">Ends this caller's waiting, and nobody else's.</param>
    /// <returns>The value.</returns>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="InvalidOperationException">As for the other overload.</exception>
    /// <exception cref="ObjectDisposedException">The cache is disposed.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    public ValueTask<TValue> GetOrAddAsync(TKey key, Func<TKey, CancellationToken, Task<TValue>> factory, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(factory);
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<TValue>(cancellationToken);
        }

        return TryGetValue(key, out TValue? value) ? new ValueTask<TValue>(value) : WaitAsync(key, factory, cancellationToken);
    }

    private TValue Make<TArgument>(TKey key, Func<TKey, TArgument, TValue> factory, TArgument argument)
    {
        while (true)
        {
            var flight = CacheFlight.Join(_flights, key, out bool isMine);
            try
            {
                if (!isMine)
                {
                    return ((TypedEntry<TKey, TValue>)flight.Landed.GetAwaiter().GetResult()!).Value;
                }

                TypedEntry<TKey, TValue> entry = Peek(key) ?? flight.Fly(() => Keep(key, factory(key, argument))); // It may have come between the look and the start.
                flight.Land(entry, entry: null);
                return entry.Value;
            }
            catch (Exception exception) when (isMine)
            {
                flight.Crash(exception);
                throw;
            }
            catch (OperationCanceledException) when (flight.Abandoned.IsCancellationRequested)
            {
                // All others had given up. Try again.
            }
            finally
            {
                flight.Leave();
            }
        }
    }

    private async ValueTask<TValue> WaitAsync(TKey key, Func<TKey, CancellationToken, Task<TValue>> factory, CancellationToken cancellationToken)
    {
        while (true)
        {
            var flight = CacheFlight.Join(_flights, key, out bool isMine);
            try
            {
                if (isMine)
                {
                    _ = flight.Fly(() => MakeAsync(key, factory, flight)); // Goes on when this caller gives up, as long as another waits.
                }

                return ((TypedEntry<TKey, TValue>)(await flight.Landed.WaitAsync(cancellationToken).ConfigureAwait(false))!).Value;
            }
            catch (OperationCanceledException) when (!isMine && flight.Abandoned.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                // All others had given up. Try again.
            }
            finally
            {
                flight.Leave();
            }
        }
    }

    private async Task MakeAsync(TKey key, Func<TKey, CancellationToken, Task<TValue>> factory, CacheFlight flight)
    {
        try
        {
            TypedEntry<TKey, TValue>? entry = Peek(key);
            if (entry is null)
            {
                TValue value = await factory(key, flight.Abandoned).ConfigureAwait(false);
                entry = flight.TryKeep() ? Keep(key, value) : new TypedEntry<TKey, TValue>(key, value, hash: 0, weight: 0); // For nobody, as it is.
            }

            flight.Land(entry, entry: null);
        }
#pragma warning disable CA1031 // Those who wait have it.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            flight.Crash(exception);
        }
    }

    /// <summary>Adds what a factory has made, unless there is a value by now: then that is it.</summary>
    private TypedEntry<TKey, TValue> Keep(TKey key, TValue value)
    {
        Put(key, value, Condition.Absent, out TypedEntry<TKey, TValue> entry);
        return entry;
    }
}
