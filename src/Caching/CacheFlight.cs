using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Caching.Memory;

namespace SwmrKit;

/// <summary>The making of one value, which all who miss it meanwhile wait for.</summary>
internal sealed class CacheFlight : IDisposable
{
    private const int BegunAnew = -1;

    private static readonly ConditionalWeakTable<IMemoryCache, ConcurrentDictionary<object, CacheFlight>> s_flights = [];
    private static readonly AsyncLocal<CacheFlight?> s_current = new();

    private readonly TaskCompletionSource<object?> _landed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _abandoned = new();
    private readonly ConcurrentDictionary<object, CacheFlight> _flights;
    private readonly object _key;
    private readonly List<CacheFlight> _awaited = []; // By its factory. Guarded by the lock of all who wait so.
    private SwmrCacheEntry? _entry; // What was made or found, if what is made of it depends on it too.
    private int _passengers = 1; // Who wants the value. When nobody does any more its factory is told, and whoever comes then begins anew. Changed by interlocked instructions.

    private CacheFlight(ConcurrentDictionary<object, CacheFlight> flights, object key) => (_flights, _key) = (flights, key);

    /// <summary>Guards which factories wait for which flights, of all caches, for a circle may lead through several. Whoever does not ask from inside a factory closes no circle and leaves it alone.</summary>
    internal static Lock Waits { get; } = new();

    public Task<object?> Landed => _landed.Task;

    /// <summary>Cancelled when nobody waits for the value any more.</summary>
    public CancellationToken Abandoned => _abandoned.Token;

    /// <summary>Takes part in the flight for a key.</summary>
    /// <param name="cache">The cache.</param>
    /// <param name="key">The key.</param>
    /// <param name="isMine">Whether there was none, and the caller is to make the value.</param>
    /// <exception cref="InvalidOperationException">To wait for it would be to wait for oneself.</exception>
    public static CacheFlight Join(IMemoryCache cache, object key, out bool isMine) => Join(s_flights.GetOrCreateValue(cache), key, out isMine);

    /// <summary>As the other, of a cache that keeps its flights itself.</summary>
    public static CacheFlight Join(ConcurrentDictionary<object, CacheFlight> flights, object key, out bool isMine)
    {
        while (true)
        {
            if (!flights.TryGetValue(key, out CacheFlight? flight))
            {
                flight = new CacheFlight(flights, key);
                if (flights.TryAdd(key, flight))
                {
                    if (s_current.Value is { } asking)
                    {
                        lock (Waits)
                        {
                            asking._awaited.Add(flight);
                        }
                    }

                    isMine = true;
                    return flight;
                }

                flight.Dispose();
            }
            else if (flight.TryBoard())
            {
                isMine = false;
                return flight;
            }
            else
            {
                _ = flights.TryRemove(KeyValuePair.Create(key, flight)); // Given up by all: what it makes is nobody's from here on.
            }
        }
    }

    /// <summary>Runs what makes the value as this flight's own, so that what it waits for is known.</summary>
    public T Fly<T>(Func<T> make)
    {
        CacheFlight? outer = s_current.Value;
        s_current.Value = this;
        try
        {
            return make();
        }
        finally
        {
            s_current.Value = outer;
        }
    }

    /// <summary>The value is there.</summary>
    /// <param name="value">The value.</param>
    /// <param name="entry">Its entry, if the cache is ours and links entries.</param>
    public void Land(object? value, SwmrCacheEntry? entry) => End(() =>
    {
        _entry = entry;
        _landed.TrySetResult(value);
    });

    /// <summary>Of one who waited and has the value: the entry that is made of it depends on what the value depends on, as if it had been read.</summary>
    public void PassOn() => _entry?.PropagateTo(SwmrCacheEntry.Current);

    /// <summary>Whether what was made may be put into the cache: not if all had given up and another has begun anew. From here on nobody does.</summary>
    public bool TryKeep() => TryCount(beginsAnew: false);

    public void Crash(Exception exception) => End(() =>
    {
        _landed.TrySetException(exception);
        _ = _landed.Task.Exception; // Perhaps nobody else was on board.
    });

    /// <summary>One who waits has the value, or gives up.</summary>
    public void Leave()
    {
        if (s_current.Value is { } asking)
        {
            lock (Waits)
            {
                asking._awaited.Remove(this);
            }
        }

        if (Interlocked.Decrement(ref _passengers) == 0 && !_landed.Task.IsCompleted)
        {
            try
            {
                _abandoned.Cancel();
            }
            catch (AggregateException)
            {
                // What the factory does when it is told is its own; whoever gives up has no part in it.
            }
        }
    }

    public void Dispose() => _abandoned.Dispose();

    private void End(Action end)
    {
        _ = _flights.TryRemove(KeyValuePair.Create(_key, this));
        end();
    }

    private bool TryBoard()
    {
        if (s_current.Value is not { } asking)
        {
            return TryCount(beginsAnew: true);
        }

        var circle = new List<CacheFlight>();
        lock (Waits)
        {
            if (!FindWay(this, asking, circle, []))
            {
                if (!TryCount(beginsAnew: true))
                {
                    return false;
                }

                asking._awaited.Add(this);
                return true;
            }
        }

        // Out here, for keys say themselves what they are called.
        throw new InvalidOperationException(
            $"A cache would wait for ever: the factory for '{asking._key}' asks for '{_key}'{string.Concat(circle.Skip(1).Select(static flight => $", whose factory waits for '{flight._key}'"))}. " +
            "A value cannot be made of itself: let one of these factories make what it needs without asking for it by its key.");
    }

    /// <summary>Counts one more, unless another has begun anew.</summary>
    /// <param name="beginsAnew">Whether the caller does, if nobody is counted.</param>
    private bool TryCount(bool beginsAnew)
    {
        int seen = Volatile.Read(ref _passengers);
        while (seen != BegunAnew)
        {
            int next = seen == 0 && beginsAnew ? BegunAnew : seen + 1;
            int found = Interlocked.CompareExchange(ref _passengers, next, seen);
            if (found == seen)
            {
                return next != BegunAnew;
            }

            seen = found;
        }

        return false;
    }

    /// <summary>Finds how a flight waits, through others, for another.</summary>
    /// <param name="flight">Who waits.</param>
    /// <param name="target">For whom.</param>
    /// <param name="way">The flights from the one to the other, both included.</param>
    /// <param name="seen">Those looked at: each is once, however many ways lead to it.</param>
    private static bool FindWay(CacheFlight flight, CacheFlight target, List<CacheFlight> way, HashSet<CacheFlight> seen)
    {
        if (!seen.Add(flight))
        {
            return false;
        }

        way.Add(flight);
        if (ReferenceEquals(flight, target) || flight._awaited.Exists(awaited => FindWay(awaited, target, way, seen)))
        {
            return true;
        }

        way.RemoveAt(way.Count - 1);
        return false;
    }
}
