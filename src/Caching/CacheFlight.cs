using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Caching.Memory;

namespace SwmrKit;

/// <summary>The making of one value, which all who miss it meanwhile wait for.</summary>
internal sealed class CacheFlight : IDisposable
{
    private static readonly ConditionalWeakTable<IMemoryCache, ConcurrentDictionary<object, CacheFlight>> s_flights = [];
    private static readonly AsyncLocal<CacheFlight?> s_current = new();
    private static readonly Lock s_lock = new(); // Guards who waits for whom, and how many.

    private readonly TaskCompletionSource<object?> _landed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _abandoned = new();
    private readonly ConcurrentDictionary<object, CacheFlight> _flights;
    private readonly object _key;
    private readonly List<CacheFlight> _awaited = []; // By its factory.
    private SwmrCacheEntry? _entry; // What was made or found, if what is made of it depends on it too.
    private bool _isBegunAnew; // Guarded by the lock, as what follows.
    private int _passengers = 1; // Who wants the value; when nobody does any more its factory is told.

    private CacheFlight(ConcurrentDictionary<object, CacheFlight> flights, object key) => (_flights, _key) = (flights, key);

    public Task<object?> Landed => _landed.Task;

    /// <summary>Cancelled when nobody waits for the value any more.</summary>
    public CancellationToken Abandoned => _abandoned.Token;

    /// <summary>Takes part in the flight for a key.</summary>
    /// <param name="cache">The cache.</param>
    /// <param name="key">The key.</param>
    /// <param name="isMine">Whether there was none, and the caller is to make the value.</param>
    /// <exception cref="InvalidOperationException">To wait for it would be to wait for oneself.</exception>
    public static CacheFlight Join(IMemoryCache cache, object key, out bool isMine)
    {
        ConcurrentDictionary<object, CacheFlight> flights = s_flights.GetOrCreateValue(cache);
        while (true)
        {
            if (!flights.TryGetValue(key, out CacheFlight? flight))
            {
                flight = new CacheFlight(flights, key);
                if (flights.TryAdd(key, flight))
                {
                    lock (s_lock)
                    {
                        s_current.Value?._awaited.Add(flight);
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
    public bool TryKeep()
    {
        lock (s_lock)
        {
            if (_isBegunAnew)
            {
                return false;
            }

            _passengers++;
            return true;
        }
    }

    public void Crash(Exception exception) => End(() =>
    {
        _landed.TrySetException(exception);
        _ = _landed.Task.Exception; // Perhaps nobody else was on board.
    });

    /// <summary>One who waits has the value, or gives up.</summary>
    public void Leave()
    {
        bool isLast;
        lock (s_lock)
        {
            s_current.Value?._awaited.Remove(this);
            isLast = --_passengers == 0;
        }

        if (isLast && !_landed.Task.IsCompleted)
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
        lock (s_lock)
        {
            CacheFlight? mine = s_current.Value;
            if (mine is not null && Awaits(this, mine))
            {
                throw new InvalidOperationException($"The value for '{_key}' is being made, and that waits for what this would make: a circle.");
            }

            if (_passengers == 0)
            {
                _isBegunAnew = true;
                return false;
            }

            _passengers++;
            mine?._awaited.Add(this);
            return true;
        }
    }

    private static bool Awaits(CacheFlight flight, CacheFlight target) =>
        ReferenceEquals(flight, target) || flight._awaited.Exists(awaited => Awaits(awaited, target));
}
