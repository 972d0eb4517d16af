using Microsoft.Extensions.Caching.Memory;

namespace SwmrKit;

/// <summary>Values made once though many miss them at the same time, in any <see cref="IMemoryCache"/>.</summary>
/// <remarks>
/// <para>Microsoft's <c>GetOrCreate</c> calls its factory once a caller. Here the first who misses a key makes the value, and those who miss it meanwhile, by either of these methods, get the same
/// value, or the same exception. What another puts under the key meanwhile does not count.</para>
/// <para>Thread-safe. A hit costs what <see cref="IMemoryCache.TryGetValue"/> does. A factory may ask for other keys; where that would end in a circle of factories that wait for each
/// other, the one that would close it gets an exception.</para>
/// </remarks>
public static class SwmrCacheExtensions
{
    /// <summary>Gets a value, or makes it, once for all who miss it.</summary>
    /// <typeparam name="TItem">The type of the value.</typeparam>
    /// <param name="cache">The cache.</param>
    /// <param name="key">The key.</param>
    /// <param name="factory">Makes the value and says in the entry how long it is kept. Runs on the caller's thread.</param>
    /// <returns>The value.</returns>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="InvalidOperationException">The factory that makes the value waits for the caller.</exception>
    /// <exception cref="InvalidCastException">The value under the key, or the one being made, is of another type.</exception>
    public static TItem? GetOrCreateOnce<TItem>(this IMemoryCache cache, object key, Func<ICacheEntry, TItem> factory)
    {
        ArgumentNullException.ThrowIfNull(cache);
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(factory);
        while (true)
        {
            if (cache.TryGetValue(key, out object? found))
            {
                return (TItem?)found;
            }

            var flight = CacheFlight.Join(cache, key, out bool isMine);
            try
            {
                if (!isMine)
                {
                    object? landed = flight.Landed.GetAwaiter().GetResult();
                    flight.PassOn();
                    return (TItem?)landed;
                }

                if (LookAgain(cache, key, out found, out SwmrCacheEntry? there))
                {
                    flight.Land(found, Linked(cache, there));
                    return (TItem?)found;
                }

                using ICacheEntry entry = cache.CreateEntry(key);
                TItem value = flight.Fly(() => factory(entry));
                entry.Value = value;
                entry.Dispose(); // Found from here on, so that who comes after the landing finds it.
                flight.Land(value, Linked(cache, entry));
                return value;
            }
            catch (Exception exception) when (isMine && Crashed(flight, exception))
            {
                throw;
            }
            catch (OperationCanceledException) when (!isMine && flight.Abandoned.IsCancellationRequested)
            {
                // All others had given up. Try again.
            }
            finally
            {
                flight.Leave();
            }
        }
    }

    /// <summary>As <see cref="GetOrCreateOnce{TItem}"/>, with a factory that takes its time.</summary>
    /// <typeparam name="TItem">The type of the value.</typeparam>
    /// <param name="cache">The cache.</param>
    /// <param name="key">The key.</param>
    /// <param name="factory">Makes the value and says in the entry how long it is kept. Its token is cancelled when everybody who waited for the value has given up.</param>
    /// <param name="cancellationToken">Ends this caller's waiting, and nobody else's.</param>
    /// <returns>The value.</returns>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="InvalidOperationException">The factory that makes the value waits for the caller.</exception>
    /// <exception cref="InvalidCastException">The value under the key, or the one being made, is of another type.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    public static ValueTask<TItem?> GetOrCreateOnceAsync<TItem>(
        this IMemoryCache cache, object key, Func<ICacheEntry, CancellationToken, Task<TItem>> factory, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(cache);
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(factory);
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<TItem?>(cancellationToken);
        }

        return cache.TryGetValue(key, out object? found) ? new ValueTask<TItem?>((TItem?)found) : WaitAsync(cache, key, factory, cancellationToken);
    }

    private static async ValueTask<TItem?> WaitAsync<TItem>(
        IMemoryCache cache, object key, Func<ICacheEntry, CancellationToken, Task<TItem>> factory, CancellationToken cancellationToken)
    {
        while (true)
        {
            var flight = CacheFlight.Join(cache, key, out bool isMine);
            try
            {
                if (isMine)
                {
                    _ = flight.Fly(() => MakeAsync(cache, key, factory, flight)); // Goes on when this caller gives up, as long as another waits.
                }

                object? landed = await flight.Landed.WaitAsync(cancellationToken).ConfigureAwait(false);
                if (!isMine)
                {
                    flight.PassOn();
                }

                return (TItem?)landed;
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

    private static async Task MakeAsync<TItem>(IMemoryCache cache, object key, Func<ICacheEntry, CancellationToken, Task<TItem>> factory, CacheFlight flight)
    {
        try
        {
            if (LookAgain(cache, key, out object? found, out SwmrCacheEntry? there))
            {
                flight.Land(found, Linked(cache, there));
                return;
            }

            using ICacheEntry entry = cache.CreateEntry(key);
            TItem value = await factory(entry, flight.Abandoned).ConfigureAwait(false);
            if (flight.TryKeep())
            {
                entry.Value = value;
                entry.Dispose();
            }

            flight.Land(value, Linked(cache, entry));
        }
        catch (Exception exception) when (Crashed(flight, exception))
        {
            // Those who wait have it.
        }
    }

    /// <summary>It may have been made between the look and the start. Where we can, this counts for nothing: the miss has been counted.</summary>
    private static bool LookAgain(IMemoryCache cache, object key, out object? value, out SwmrCacheEntry? entry)
    {
        entry = null;
        if (cache is not SwmrMemoryCache ours)
        {
            return cache.TryGetValue(key, out value);
        }

        entry = ours.Peek(key);
        value = entry?.Value;
        return entry is not null;
    }

    /// <summary>The entry, if its cache is one of ours that links entries.</summary>
    private static SwmrCacheEntry? Linked(IMemoryCache cache, ICacheEntry? entry) => cache is SwmrMemoryCache { TracksLinkedEntries: true } ? entry as SwmrCacheEntry : null;

    private static bool Crashed(CacheFlight flight, Exception exception)
    {
        flight.Crash(exception);
        return true;
    }
}
